"""A demo in the test's own process: the production factory in demo mode, its far ends the tests' own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from certportal import create_app
from certportal.demo.inbox import Inbox
from certportal.extensions import db
from certportal.settings import Settings
from tests.browsing import BrowsingClient


@pytest.fixture
def demo_settings(settings: Settings) -> Settings:
    return replace(settings, demo=True)


@pytest.fixture
def demo(demo_settings: Settings) -> Iterator[Flask]:
    made = create_app(demo_settings)
    with made.app_context():
        yield made
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def visitor(demo: Flask) -> BrowsingClient:
    return BrowsingClient(demo)


@pytest.fixture
def inbox(demo_settings: Settings) -> Inbox:
    return Inbox.of(demo_settings.data_dir)
