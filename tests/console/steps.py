"""Short ways for the tests of the desk: an operator at the browser, and a service with something of everything."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select

from certportal import scheduler
from certportal.audit import AuditEntry
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.messages import service as messages
from certportal.orders.models import Order
from certportal.registry.models import Operator, Organisation
from certportal.signin import service as signin
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import row_of
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, order_placed


@dataclass
class Post:
    """What has come by mail."""

    smtp: SmtpFarEnd
    deliver: Callable[[], int]

    def to(self, address: str) -> list[str]:
        """The texts of all mails to the address, after delivery, oldest first."""
        self.deliver()
        return [mail.text for mail in self.smtp.messages if mail.recipient == address]


def at_desk(app: Flask, operator: Operator, language: str = "en") -> BrowsingClient:
    """A browser in which the operator is signed in with both factors."""
    browser = BrowsingClient(app)
    with transaction():
        token = signin.open_for_operator(operator, client="192.0.2.1", second_factor=True)
    with browser.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["token"], cookie["language"] = token.reveal(), language
        cookie["seen"] = int(app.extensions["certportal.clock"].machine().timestamp())
    return browser


def make_authorities() -> None:
    for environment in Environment:
        certificates.initialise(environment)


def signing_request() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def issued(house: House, **others: str) -> tuple[Order, Certificate]:
    """A certificate, ordered and collected."""
    order = order_placed(house, **others)
    codes = messages.codes_of(order.id)[0]
    return order, row_of(certificates.enrol_opened(codes.id, signing_request(), house.actor))


def run_jobs(app: Flask) -> None:
    """Every job of the house once, but for looking from outside at a server that is not there."""
    for job in scheduler.jobs(app.extensions["certportal.settings"]):
        if job.name != "look-at-crl":
            scheduler.run_now(job)


def recorded(verb: str) -> list[AuditEntry]:
    """The record's entries of a verb, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.verb == verb).order_by(AuditEntry.id)))


def another_organisation(name: str = "Exempelholm Bygg Ab", business_id: str = "9900002-6") -> Organisation:
    return builders.organisation(name, business_id, contact_email="kalle@exempelholm.example", contact_name="Kalle")
