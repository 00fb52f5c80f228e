"""Migrations make what the models say, on SQLite and on PostgreSQL; the record is append-only there too."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from certportal import audit, create_app, schema
from certportal.extensions import db, transaction
from certportal.settings import Settings
from tests.builders import COMMAND
from tests.conftest import FakeClock, settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path, smtp: SmtpFarEnd, sms: SmsFarEnd) -> Flask:
    """An app whose empty database was made by the migrations."""
    settings: Settings = settings_in(tmp_path, smtp, sms)
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        settings = replace(settings, database_url=server.fresh_database())
    app = create_app(settings, FakeClock())
    with app.app_context():
        schema.upgrade(app)
    return app


def test_migrations_make_what_the_models_say(migrated: Flask) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with migrated.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_record_is_append_only(migrated: Flask) -> None:
    with migrated.app_context():
        with transaction():
            audit.record("clock_accepted", "clock", by=COMMAND)
        for statement in ("UPDATE audit_entry SET verb = 'nothing'", "DELETE FROM audit_entry"):
            with pytest.raises(sa.exc.DatabaseError, match="append-only"), transaction() as session:
                session.execute(sa.text(statement))
        assert db.session.scalar(sa.select(sa.func.count(audit.AuditEntry.id))) == 1


@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE"])
def test_a_row_of_the_record_cannot_be_written_over_in_sqlite(app: Flask, verb: str) -> None:
    with transaction():
        audit.record("clock_accepted", "clock", by=COMMAND)
    columns = [column.name for column in sa.inspect(audit.AuditEntry).columns]
    values = ["'nothing'" if name == "verb" else name for name in columns]
    statement = f"{verb} INTO audit_entry ({', '.join(columns)}) SELECT {', '.join(values)} FROM audit_entry"
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), transaction() as session:
        session.execute(sa.text(statement))
    assert db.session.scalars(sa.select(audit.AuditEntry.verb)).all() == ["clock_accepted"]


def test_upgrading_twice_changes_nothing(migrated: Flask) -> None:
    with migrated.app_context():
        schema.upgrade(migrated)
        schema.require_newest()


def test_an_empty_database_is_not_served(app: Flask) -> None:
    with transaction() as session:
        session.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    with pytest.raises(schema.SchemaOutdated):
        schema.require_newest()
