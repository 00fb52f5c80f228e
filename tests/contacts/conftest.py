"""An organisation with certificates, its signatory at a browser, its contacts' mailboxes and mobiles."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certportal.identifiers import Language
from certportal.registry.models import TechnicalContact
from certportal.settings import Settings
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.messages.steps import Phone
from tests.orders.steps import House, browsing, housed
from tests.signin.steps import Mailbox


@pytest.fixture
def settings(settings: Settings, made_authorities: Path) -> Settings:
    shutil.copytree(made_authorities, settings.ca_dir)
    return settings


@pytest.fixture
def house(app: Flask) -> House:
    return housed()


@pytest.fixture
def kit(house: House, sami: TechnicalContact, tmp_path: Path) -> Kit:
    """Orders and certificates, all of them Sami's."""
    return Kit(house, tmp_path)


@pytest.fixture
def browser(app: Flask, house: House) -> BrowsingClient:
    """The signatory, who reads English."""
    return browsing(app, house.person, house.organisation)


@pytest.fixture
def sami(house: House) -> TechnicalContact:
    """The contact of everything that is ordered, who reads English."""
    return builders.contact(house.organisation, language=Language.EN)


@pytest.fixture
def mailbox(smtp: SmtpFarEnd, deliver: Callable[[], int]) -> Mailbox:
    return Mailbox(smtp, deliver)


@pytest.fixture
def phone(deliver: Callable[[], int], sms: SmsFarEnd) -> Phone:
    """Whichever mobile got the newest text message."""
    return Phone(deliver, sms)
