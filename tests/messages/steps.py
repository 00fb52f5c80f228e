"""What the contact does, and how a test looks at what came of it."""

import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Environment, Language
from certportal.messages import service
from certportal.messages.models import SecureMessage, TransferCodes
from certportal.refusals import Refusal
from certportal.registry.models import Organisation, Person, TechnicalContact
from certportal.settings import current_settings
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.far_ends.smtp import ReceivedMail

LINK = re.compile(r"http://localhost/messages/([A-Za-z0-9_-]{43})")
NUMBER = "2026-000417"
VISITOR = Actor(ActorKind.ANONYMOUS, None, "", "198.51.100.7")


@dataclass
class Post:
    """Codes that were mailed: whose they are, and the token of the link in the mail."""

    organisation: Organisation
    orderer: Person
    contact: TechnicalContact
    codes_id: int
    message_id: int
    mail: ReceivedMail
    token: str

    @property
    def codes(self) -> TransferCodes:
        db.session.rollback()
        return db.session.get_one(TransferCodes, self.codes_id, populate_existing=True)

    @property
    def message(self) -> SecureMessage:
        db.session.rollback()
        return db.session.get_one(SecureMessage, self.message_id, populate_existing=True)

    @property
    def path(self) -> str:
        return f"/messages/{self.token}"


def cover_of(organisation: Organisation, orderer: Person, number: str = NUMBER) -> dict[str, Any]:
    return {
        "organisation": organisation.name,
        "business_id": organisation.business_id,
        "ordered_by": orderer.name,
        "ordered_by_id": orderer.id,
        "order_number": number,
        "channel": {
            "fi": "Palkkatiedot – Web Service",
            "sv": "Löneuppgifter – Web Service",
            "en": "Earnings payment data – Web Service",
        },
        "environment": "PRODUCTION",
        "description": "Mallilön 6",
    }


def issued(organisation: Organisation, orderer: Person, contact: TechnicalContact, order_id: int = 1) -> TransferCodes:
    """New codes, their mail waiting in the outbox."""
    with transaction():
        return service.issue_codes(
            order_id=order_id,
            organisation_id=organisation.id,
            environment=Environment.PRODUCTION,
            contact=contact,
            cover=cover_of(organisation, orderer),
        )


def posted(deliver: Callable[[], int], smtp: SmtpFarEnd, language: Language = Language.EN, order_id: int = 1) -> Post:
    """An organisation, its signatory, a contact, and codes that the mail server has taken."""
    organisation = builders.organisation()
    orderer = builders.signatory(organisation)
    contact = builders.contact(organisation, language=language)
    codes = issued(organisation, orderer, contact, order_id)
    codes_id, message_id = codes.id, codes.message_id
    deliver()
    mail = smtp.messages[-1]
    return Post(organisation, orderer, contact, codes_id, message_id, mail, token_in(mail))


def token_in(mail: ReceivedMail) -> str:
    found = LINK.search(mail.text)
    assert found is not None, f"no link in {mail.text}"
    return found[1]


class Phone:
    """The contact's mobile: ``pin()`` is the code in the newest text message."""

    def __init__(self, deliver: Callable[[], int], gateway: SmsFarEnd) -> None:
        self.deliver, self.gateway = deliver, gateway

    @property
    def messages(self) -> list[str]:
        self.deliver()
        return [sms.text for sms in self.gateway.messages]

    def pin(self) -> str:
        found = re.search(r"\b(\d{6})\b", self.messages[-1])
        assert found is not None, f"no PIN in {self.messages[-1]!r}"
        return found[1]

    def other_than_pin(self) -> str:
        """Six digits that are not the PIN."""
        return f"{(int(self.pin()) + 1) % 1_000_000:06d}"


def open_with_pin(client: BrowsingClient, post: Post, phone: Phone) -> Page:
    """From the link to the opened message."""
    page = client.get(post.path, expect=200).submit("Send the PIN code to •• 03")
    assert page.h1 == "Enter the PIN code"
    return page.submit("Show the message", pin=phone.pin())


def password_on(page: Page) -> str:
    found = page.soup.find(id="transfer-password")
    assert found is not None, f"no password on {page.text}"
    return found.get_text()


def dump() -> str:
    """The whole database as SQL text."""
    db.session.rollback()
    path = current_settings().database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


def sent(post: Post, after: str | None = None) -> None:
    """Somebody presses the cover's button."""
    service.send_pin(post.token, VISITOR, after)


def refused(post: Post, pin: str) -> Refusal:
    """What is said to this PIN."""
    with pytest.raises(Refusal) as caught:
        service.enter_pin(post.token, pin, VISITOR)
    return caught.value


def count(table: type) -> int:
    """How many rows it has."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def together(app: Flask, many: int, act: Callable[[int], object]) -> list[Exception]:
    """Do it in ``many`` threads at the same moment; answers what was raised."""
    db.session.rollback()
    start, raised = threading.Barrier(many), []

    def one(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                act(number)
            except Refusal as refusal:
                raised.append(refusal)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
