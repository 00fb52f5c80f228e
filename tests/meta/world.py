"""A service in use: one of everything that a page can show, and a browser for each kind of reader."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from certportal import clock, runs
from certportal.access import service as access
from certportal.certificates import authorities
from certportal.certificates import service as certificates
from certportal.extensions import transaction
from certportal.identifiers import EmailAddress, Environment, Language
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.registry import service as registry
from certportal.registry.admission_models import Admission, AdmissionKind
from certportal.secrecy import Secret
from certportal.signin import desk
from certportal.signin import service as signin
from certportal.signin.guard import Acting
from tests import builders
from tests.access import steps as applying
from tests.browsing import BrowsingClient
from tests.certificates.steps import row_of
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.orders import steps as ordering

TOKEN = re.compile(r"/messages/([A-Za-z0-9_-]{43})")


@dataclass
class World:
    """Values for the addresses' parts by name, and the readers: visitor, signatory, operator, contact."""

    parts: dict[str, Any]
    readers: dict[str, BrowsingClient]


def world(app: Flask, deliver: Callable[[], int], smtp: SmtpFarEnd, sms: SmsFarEnd) -> World:
    """Made by the service's own use cases, so that every row is as it would be."""
    authorities.initialise(Environment.TEST)
    authorities.initialise(Environment.PRODUCTION)
    runs.run("crl", certificates.publish_crls)
    house = applying.housed()
    acting, channel, terms = house.acting, house.earnings, house.terms
    builders.right_to_sign(house.person, builders.organisation("Exempelholm Oy", "9900002-6"))
    access_right = builders.access_right(acting.organisation, channel)
    contact = builders.contact(acting.organisation, language=Language.EN)
    answers = OrderAnswers(
        channel_id=channel.id,
        environment=Environment.PRODUCTION,
        description="Mallilön 6",
        contact=ContactChoice(contact.id, None),
        terms_id=terms.id,
    )
    post = Post(deliver, smtp)
    collected = place(answers, acting)
    post.arrives()
    certificate = row_of(
        certificates.enrol_opened(messages.codes_of(collected.id)[0].id, signing_request(), acting.actor)
    )
    page_token = post.arrives()
    number = place(answers, acting, description="Mallilön 7").number
    token = post.arrives()
    operator = builders.operator()
    parts = {
        "token": token,
        "certificates.contact_page.token": page_token,
        "certificates.contact_file.token": page_token,
        "certificates.contact_revoke.token": page_token,
        "signin.operator_link.token": desk.make_sign_in_link(EmailAddress.parse(operator.email), builders.COMMAND)[
            -43:
        ],
        "name": "certificate.pem",
        "pkiws.schema.name": "certificateservices",
        "est.label": "test",
        "revocation_status.crl.name": "production",
        "revocation_status.certificate.name": "production-intermediate",
        "encoded": base64.b64encode(b"no question").decode(),
        "number": number,
        "environment": "production",
        "certificate_id": certificate.id,
        "retrieval_id": certificate.retrieval_id,
        "serial": certificate.serial,
        "contact_id": contact.id,
        "organisation_id": acting.organisation.id,
        "person_id": acting.person.id,
        "operator_id": operator.id,
        "channel_id": channel.id,
        "purpose_id": house.purpose.id,
        "version": terms.version,
        "right_id": registry.signing_rights(house.organisation.id)[0].id,
        "console.end_access_right.right_id": access_right.id,
        "row_id": 1,
        "orders.draft_id": orders.begin_draft("draft", order_form(channel.id, terms.version), acting).id,
        "access.draft_id": access.save_draft(None, 1, applying.answers(house, channel), acting, "draft").id,
        "application_id": applying.sent(house, channel, house.sftp).id,
        "admission_id": admission().id,
    }
    readers = {
        "visitor": BrowsingClient(app),
        "signatory": signed_in(
            app,
            lambda: signin.open_for_person(acting.person.id, client=None, organisation_id=acting.organisation.id),
        ),
        "operator": signed_in(app, lambda: signin.open_for_operator(operator, client=None, second_factor=True)),
        "contact": with_open_messages(app, (token, page_token), deliver, sms),
    }
    return World(parts, readers)


@dataclass
class Post:
    """What the mail server takes; ``arrives()`` is the token of the newest message link."""

    deliver: Callable[[], int]
    smtp: SmtpFarEnd
    seen: int = 0

    def arrives(self) -> str:
        self.deliver()
        fresh, self.seen = self.smtp.messages[self.seen :], len(self.smtp.messages)
        return [found[1] for mail in fresh if (found := TOKEN.search(mail.text))][-1]


def place(answers: OrderAnswers, acting: Acting, **changes: Any) -> Any:
    draft = orders.begin_draft(changes.get("description", "first"), {}, acting)
    return orders.place_order(draft.id, draft.version, replace(answers, **changes), acting)


def order_form(channel_id: int, terms_version: int) -> dict[str, str]:
    """A certificate application as it was typed, ready to be checked."""
    where = {"channel": str(channel_id), "environment": "PRODUCTION", "description": "Mallilön 8"}
    return where | ordering.NEW | {"reason": "additional", "terms_version": str(terms_version)}


def admission() -> Admission:
    """A request to be let in, which the operator has not decided."""
    now = clock.now()
    return builders.kept(
        Admission(
            kind=AdmissionKind.NEW_ORGANISATION,
            organisation_name="Mallila Oy",
            business_id="9900003-4",
            country="FI",
            name="Maija Mallila",
            email="maija@mallila.example",
            email_key="maija@mallila.example",
            phone="+358457000009",
            role="CEO",
            language=Language.FI,
            asked_at=now,
            machine_at=now,
        )
    )


def signing_request() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def signed_in(app: Flask, step: Callable[[], Secret]) -> BrowsingClient:
    """A browser that brings a sign-in's token, as signin.guard.enter leaves it there."""
    with transaction():
        token = step()
    browser = BrowsingClient(app)
    with browser.http.session_transaction() as cookie:
        cookie["token"], cookie["seen"] = token.reveal(), int(clock.machine().timestamp())
    return browser


def with_open_messages(
    app: Flask, tokens: tuple[str, ...], deliver: Callable[[], int], sms: SmsFarEnd
) -> BrowsingClient:
    """The contact's browser, behind the PIN of each message."""
    browser = BrowsingClient(app)
    for token in tokens:
        asked = browser.get(f"/messages/{token}", expect=200).submit("Send the PIN code to •• 03")
        deliver()
        pin = re.findall(r"\b\d{6}\b", sms.messages[-1].text)[0]
        asked.submit("Show the message", pin=pin)
    return browser
