"""A service in use: one of everything that a page can show, and a browser for each kind of reader."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from certportal import clock, runs
from certportal.access.models import ApplicationState, InterfaceApplication, InterfaceDraft
from certportal.certificates import authorities
from certportal.certificates import service as certificates
from certportal.extensions import transaction
from certportal.identifiers import Environment, Language
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.rules import ContactChoice, OrderAnswers
from certportal.registry.admission_models import Admission, AdmissionKind
from certportal.secrecy import Secret
from certportal.signin import service as signin
from certportal.signin.guard import Acting
from tests import builders
from tests.browsing import BrowsingClient
from tests.far_ends import SmsFarEnd, SmtpFarEnd

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
    acting = signatory()
    channel, terms = builders.channel(), builders.terms()
    builders.purpose()
    builders.access_right(acting.organisation, channel)
    contact = builders.contact(acting.organisation, language=Language.EN)
    answers = OrderAnswers(
        channel_id=channel.id,
        environment=Environment.PRODUCTION,
        description="Mallilön 6",
        contact=ContactChoice(contact.id, None),
        terms_id=terms.id,
    )
    collected = place(answers, acting)
    certificate = certificates.enrol_opened(messages.codes_of(collected.id)[0].id, signing_request(), acting.actor)
    number = place(answers, acting, description="Mallilön 7").number
    deliver()
    token = [found[1] for mail in smtp.messages if (found := TOKEN.search(mail.text))][-1]
    operator = builders.operator()
    parts = {
        "token": token,
        "number": number,
        "environment": "production",
        "certificate_id": certificate.id,
        "contact_id": contact.id,
        "organisation_id": acting.organisation.id,
        "person_id": acting.person.id,
        "operator_id": operator.id,
        "channel_id": channel.id,
        "terms_id": terms.id,
        "version": terms.version,
        "orders.draft_id": orders.begin_draft("draft", {}, acting).id,
    } | waiting(acting, terms.id, channel.code)
    readers = {
        "visitor": BrowsingClient(app),
        "signatory": signed_in(app, lambda: signin.open_for_person(acting.person.id, client=None,
                                                                   organisation_id=acting.organisation.id)),
        "operator": signed_in(app, lambda: signin.open_for_operator(operator, client=None, second_factor=True)),
        "contact": opened(app, token, deliver, sms),
    }  # fmt: skip
    return World(parts, readers)


def signatory() -> Acting:
    """A person who may sign for two organisations, at work for the first."""
    organisation = builders.organisation()
    person = builders.signatory(organisation)
    builders.right_to_sign(person, builders.organisation("Exempelholm Oy", "9900002-6"))
    return Acting(builders.acting(person), person, organisation)


def place(answers: OrderAnswers, acting: Acting, **changes: Any) -> Any:
    draft = orders.begin_draft(changes.get("description", "first"), {}, acting)
    return orders.place_order(draft.id, draft.version, replace(answers, **changes), acting)


def waiting(acting: Acting, terms_id: int, channel_code: str) -> dict[str, int]:
    """An interface application to decide, a draft of another, and a request to be let in."""
    now = clock.now()
    choices = {"purposes": ["own-earnings"], "channels": [channel_code]}
    mine = {"organisation_id": acting.organisation.id, "person_id": acting.person.id}
    sent = InterfaceApplication(
        **mine, terms_id=terms_id, state=ApplicationState.SENT, choices=choices, sent_at=now
    )  # fmt: skip
    draft = InterfaceDraft(**mine, answers=choices, created_at=now, saved_at=now)
    admission = Admission(
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
    return {
        "application_id": builders.kept(sent).id,
        "access.draft_id": builders.kept(draft).id,
        "admission_id": builders.kept(admission).id,
    }


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


def opened(app: Flask, token: str, deliver: Callable[[], int], sms: SmsFarEnd) -> BrowsingClient:
    """The contact's browser, behind the PIN."""
    browser = BrowsingClient(app)
    asked = browser.get(f"/messages/{token}", expect=200).submit("Send the PIN code to •• 03")
    deliver()
    pin = re.findall(r"\b\d{6}\b", sms.messages[-1].text)[0]
    asked.submit("Show the message", pin=pin)
    return browser
