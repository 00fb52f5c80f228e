"""A portal as it stands after its first day: authorities, an operator, and the channels, purposes and terms of the guide's
examples, imported as an operator imports them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certportal.certificates import service as certificates
from certportal.identifiers import EmailAddress, Environment, Language
from certportal.registry import importing
from certportal.settings import Settings
from certportal.signin import desk
from tests import builders
from tests.browsing import Page
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.journeys.people import Contact, Operator, Signatory, World
from tests.journeys.steps import EXAMPLES, channel_of, named
from tests.journeys.words import Words


@pytest.fixture
def settings(settings: Settings, made_authorities: Path) -> Settings:
    shutil.copytree(made_authorities, settings.ca_dir)
    return settings


@pytest.fixture(params=["fi", "sv", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def world(
    app: Flask,
    clock: FakeClock,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
    sms: SmsFarEnd,
    tmp_path: Path,
    language: str,
) -> World:
    for environment in Environment:
        certificates.publish(environment)
    for kind in ("channels", "purposes", "terms"):
        importing.import_file(EXAMPLES / f"{kind}.csv", builders.COMMAND, dry_run=False)
    desk.add_operator(EmailAddress.parse("olli@service.example"), "Olli", Language(language), builders.COMMAND)
    return World(app, clock, deliver, smtp, sms, tmp_path, Words(language))


@pytest.fixture
def signatory(world: World) -> Signatory:
    return Signatory(world, "aino@exempelholm.example", "Aino Aaltonen")


@pytest.fixture
def operator(world: World) -> Operator:
    return Operator(world, "olli@service.example", "Olli")


@pytest.fixture
def contact(world: World) -> Contact:
    return Contact(world, "sami@ohjelmisto.example", "Sami Salminen")


@pytest.fixture
def ordering(world: World) -> Signatory:
    """Signed in, for an organisation that has the right to one channel."""
    made = Signatory(world, "aino@exempelholm.example", "Aino Aaltonen")
    organisation = builders.organisation(made.organisation, made.business_id)
    builders.signatory(organisation, made.email, made.name, language=Language(world.words.language))
    builders.access_right(organisation, channel_of("earnings-ws"))
    made.sign_in()
    return made


@pytest.fixture
def order(world: World, ordering: Signatory, contact: Contact) -> Page:
    """An order that the signatory has just sent; its page."""
    page = ordering.browser.get("/interface").follow(world.words("Apply for a certificate"))
    return ordering.order(page, named("channels", "earnings-ws", "name", world), contact)
