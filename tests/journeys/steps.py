"""Chapters that several stories share."""

import csv
import io
from pathlib import Path

from sqlalchemy import select

from certportal.extensions import db
from certportal.registry.models import Channel
from tests.browsing import Page
from tests.journeys.people import Contact, Operator, Signatory, World
from tests.journeys.verifying import Stranger

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def named(kind: str, code: str, column: str, world: World) -> str:
    """The name of a channel or purpose of the examples in the story's language."""
    with (EXAMPLES / f"{kind}.csv").open(encoding="utf-8") as source:
        [found] = [row for row in csv.DictReader(source) if code in row.values()]
    return found[f"{column}_{world.words.language}"]


def channel_of(code: str) -> Channel:
    return db.session.execute(select(Channel).where(Channel.code == code)).scalar_one()


def admitted(signatory: Signatory, operator: Operator) -> None:
    words = signatory.words
    assert signatory.ask_to_be_let_in().path == "/sign-in/not-here-yet/sent"
    operator.sign_in()
    page = operator.next_in_queue()
    assert signatory.organisation in page.text
    page.submit(words("Let in", context="verb"))
    mail = signatory.newest_mail(words("You may now sign in for %(organisation)s", organisation=signatory.organisation))
    assert mail.parsed["Content-Language"] == words.language


def granted(signatory: Signatory, operator: Operator, channel: str) -> None:
    words, world = signatory.words, signatory.world
    checking = signatory.apply_for_interface(named("purposes", "earnings-own", "text", world), channel)
    assert checking.h1 == words("Check your answers")
    page = checking.submit(words("Send the application"))
    assert words("Waits for a decision") in page.text
    world.run_jobs()
    decided = operator.next_in_queue().submit(words("Approve"))
    assert decided.status == 200
    subject = words(
        "Decision on access to the technical interface: %(organisation)s", organisation=signatory.organisation
    )
    assert channel in signatory.newest_mail(subject).text


def collected(contact: Contact) -> Stranger:
    """From the secure e-mail to a certificate on the contact's disk, through the form behind the message."""
    words, world = contact.words, contact.world
    message = contact.open_message()
    assert message.h1 == words("Here are your transfer codes")
    key, request = contact.make_request(message)
    ready = message.submit(
        words("Get the certificate"), request_file=(io.BytesIO(request.read_bytes()), request.name), request_text=""
    )
    return ready_for(contact, ready, key.stem, world)


def ready_for(contact: Contact, ready: Page, name: str, world: World) -> Stranger:
    assert ready.h1 == contact.words("The certificate is ready")
    folder = world.folder / f"given-{name}"
    folder.mkdir()
    pem = contact.download(ready, "Download the certificate (.pem)")
    return Stranger.given(folder, pem, contact.download(ready, "Certificate chain (.pem)"))


def is_good(stranger: Stranger, world: World) -> bool:
    stranger.fetch_list(world.app.test_client())
    return stranger.verdict(world.clock.at) == "/certificate.pem: OK"
