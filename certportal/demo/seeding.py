"""Filling a demo: its story is played into an empty place beside the demo's own, which then takes its place.

So a demo that is stopped halfway is empty, never half full, and one that begins anew goes on answering meanwhile.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy import event, select

from certportal import create_app, schema
from certportal.demo.inbox import Inbox
from certportal.demo.loopback import start_far_ends
from certportal.demo.stage import PastClock, Stage
from certportal.demo.story import Story
from certportal.extensions import db
from certportal.registry.models import Organisation
from certportal.settings import Settings

BESIDE = "being-made"
DATABASE = "certportal.sqlite3"

Progress = Callable[[int, int], None]
"""Told how many moments of the story have been played, of how many."""


def is_empty() -> bool:
    """Whether nobody is in the registry yet."""
    return db.session.scalar(select(Organisation.id).limit(1)) is None


def fill(settings: Settings, progress: Progress) -> None:
    """Make database, authorities and inbox of a demo anew; what it held is gone."""
    place = settings.data_dir / BESIDE
    shutil.rmtree(place, ignore_errors=True)
    far_ends = start_far_ends(place)
    try:
        beside = replace(
            settings,
            data_dir=place,
            database_url=database_in(place),
            mail_port=far_ends.mail_port,
            sms_url=far_ends.sms_url,
        )
        seed(create_app(beside, PastClock()), progress)
    finally:
        far_ends.stop()
    _take_place(place, settings)


def seed(app: Flask, progress: Progress) -> None:
    """Play the story. ``app`` was made with a PastClock, and its far ends write into the inbox of its directory."""
    with app.app_context():
        in_a_hurry()
        schema.upgrade(app)
        past: PastClock = app.extensions["certportal.clock"]
        stage = Stage(past, Inbox.of(app.extensions["certportal.settings"].data_dir))
        moments = Story(stage).moments()
        for count, (moment, happens) in enumerate(moments):
            progress(count, len(moments))
            stage.at(moment)
            happens()
            stage.deliver()
        stage.at(past.machine())
        stage.work()
        progress(len(moments), len(moments))
        let_go()


def database_in(directory: Path) -> str:
    """The address of a demo's database."""
    return f"sqlite:///{directory / DATABASE}"


def in_a_hurry() -> None:
    """A demo need not outlive a power cut: its connections do not wait for the disk at every commit."""

    @event.listens_for(db.engine, "connect")
    def relax(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")


def let_go() -> None:
    """Close every connection of the app at work: SQLite's must not be carried over a fork, nor to files that go."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def _take_place(place: Path, settings: Settings) -> None:
    """The database last, and in one transaction: whoever reads meanwhile sees the old one or the new one."""
    for directory in (settings.ca_dir, settings.crl_dir):
        shutil.rmtree(directory, ignore_errors=True)
        shutil.move(place / directory.name, directory)
    Inbox.of(settings.data_dir).become(Inbox.of(place))
    with (
        closing(sqlite3.connect(place / DATABASE, timeout=20)) as new,
        closing(sqlite3.connect(settings.data_dir / DATABASE, timeout=20)) as old,
    ):
        new.backup(old)
    shutil.rmtree(place)
