"""Pages of a signatory, over HTTP from the server as people run it."""

import atexit
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from flask import Flask
from sqlalchemy import insert

from certportal import create_app, tables
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.orders.models import Order, OrderReason, OrderState
from certportal.registry.contacts import contacts_of
from certportal.registry.models import Organisation, Person
from certportal.serving import Server
from certportal.settings import Settings
from certportal.signin import service as signin
from tests import builders
from tests.bench.measuring import Row, in_turns, of_rounds
from tests.bench.servers import Hello, Running
from tests.running import free_port

FEW, MANY = 10, 10_000
FORM, LIST = "/orders/application", "/certificates"
CHANNELS, CONTACTS = 4, 16
PAGES, HELLOS = 120, 800


def settings() -> Settings:
    folder = Path(tempfile.mkdtemp(prefix="certportal-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    port = free_port()
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'certportal.sqlite3'}",
        base_url=f"http://localhost:{port}",
        secret_key=b"only for the bench, made up here!",
        ca_passphrase=b"only for the bench",
        mail_sender="no-reply@service.example",
        scheduler=False,
        bind=f"127.0.0.1:{port}",
        workers=1,
        threads=4,
    )


class Portal:
    """The portal with two organisations, one with few certificates and one with many, each with its signatory."""

    def __init__(self) -> None:
        self.settings = settings()
        app = create_app(self.settings)
        with app.app_context():
            assert tables.ROOMS
            db.create_all()
            terms = builders.terms()
            channels = [builders.channel(f"channel-{number}") for number in range(CHANNELS)]
            self.few = self._signatory(app, "9900001-8", "anna@few.example", channels, terms.id, FEW)
            self.many = self._signatory(app, "9900002-6", "mats@many.example", channels, terms.id, MANY)
            db.session.remove()
            db.engine.dispose()
        self.server = Running(Server, self.settings)

    def _signatory(
        self, app: Flask, business_id: str, email: str, channels: list[Any], terms_id: int, certificates: int
    ) -> dict[str, str]:
        """Headers with the cookie of somebody signed in for a new organisation, whose browser has been here before."""
        organisation = builders.organisation(f"Organisation {business_id}", business_id)
        who = builders.signatory(organisation, email)
        for channel in channels:
            builders.access_right(organisation, channel)
        for number in range(CONTACTS):
            builders.contact(organisation, f"Sami Salminen {number}", f"sami{number}@{business_id}.example")
        fill(organisation, who, channels[0].id, terms_id, certificates)
        token = signin.begin(person_id=who.id, organisation_id=organisation.id)
        cookie = app.session_interface.get_signing_serializer(app).dumps(  # pyright: ignore[reportAttributeAccessIssue]
            {"token": token.reveal(), "seen": int(datetime.now(UTC).timestamp()), "csrf_token": token_hex(20)}
        )
        return {"Cookie": f"certportal={cookie}", "Accept-Language": "en"}


def fill(organisation: Organisation, who: Person, channel_id: int, terms_id: int, count: int) -> None:
    """Issued certificates that end one after the other over two years, four years back and two ahead."""
    contacts = [contact.id for contact in contacts_of(organisation.id)]
    now = datetime.now(UTC)
    with transaction() as session:
        order = Order(
            number=f"2026-{organisation.id:06}",
            organisation_id=organisation.id,
            channel_id=channel_id,
            environment=Environment.PRODUCTION,
            contact_id=contacts[0],
            placed_by=who.id,
            reason=OrderReason.ADDITIONAL,
            terms_id=terms_id,
            state=OrderState.COLLECTED,
            placed_at=now,
        )
        session.add(order)
        session.flush()
        session.execute(insert(Certificate), [certificate(order, contacts, n, count, now) for n in range(count)])


def certificate(order: Order, contacts: list[int], number: int, count: int, now: datetime) -> dict[str, Any]:
    ends = now + timedelta(days=730 * (2 * number + 1) / count - 730)
    name = f"{order.organisation_id}-{number}"
    return {
        "order_id": order.id,
        "organisation_id": order.organisation_id,
        "channel_id": order.channel_id,
        "environment": order.environment,
        "description": f"Payroll program {number}",
        "contact_id": contacts[number % len(contacts)],
        "state": CertificateState.ISSUED,
        "serial": name.rjust(40, "0"),
        "retrieval_id": name,
        "public_key_hash": name,
        "key_description": "EC P-256",
        "to_be_signed": b"",
        "sha256": name,
        "not_before": ends - timedelta(days=730),
        "not_after": ends,
        "prepared_at": ends - timedelta(days=730),
        "issued_at": ends - timedelta(days=730),
    }


@cache
def portal() -> Portal:
    made = Portal()
    for who in (made.few, made.many):
        for path in (FORM, LIST):
            made.server.cost(40, path, who)  # templates and statements are compiled, as in a service that runs
    return made


def g2() -> Row:
    """The order form beside hello."""
    ours, hello = portal(), Running(Hello, settings())
    hello.cost(200, "/", {})
    found = in_turns(lambda n: ours.server.cost(n, FORM, ours.few), PAGES, lambda n: hello.cost(n, "/", {}), HELLOS)
    hello.stop()
    text = (
        f"Order form page with {CHANNELS + CONTACTS} rows ({CHANNELS} channels, {CONTACTS} earlier contacts), CPU of the "
        "server’s processes / Flask hello on the same server (gunicorn, gthread)"
    )
    return of_rounds("G2", found, 8, 4, text)


def growth(path: str) -> list[float]:
    """What a page of the organisation with many certificates costs over that of the one with few."""
    ours = portal()
    many, few = (lambda n, who=who: ours.server.cost(n, path, who) for who in (ours.many, ours.few))
    return in_turns(many, PAGES, few, PAGES)


def g10() -> Row:
    """The list of an organisation with many certificates."""
    text = f"List page of an organisation with {MANY:,} certificates, CPU of the server’s processes / with {FEW}"
    return of_rounds("G10", growth(LIST), 1.5, 1.1, text)


def g10f() -> Row:
    """The order form of the same organisation."""
    text = f"Order form page of an organisation with {MANY:,} certificates, CPU of the server’s processes / with {FEW}"
    return of_rounds("G10f", growth(FORM), 1.5, 1.1, text)


ROWS = {"G2": g2, "G10": g10, "G10f": g10f}
