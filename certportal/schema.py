"""The database's schema: brought up to date by migrations, never by guesswork."""

from pathlib import Path

from flask import Flask

from certportal.extensions import db

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(app: Flask) -> None:
    """Bring the database to the newest revision; safe to run again."""
    import flask_migrate

    _migrate(app)
    flask_migrate.upgrade(directory=str(MIGRATIONS))


def revision(app: Flask, message: str) -> None:
    """For developers: write the migration that brings the schema to what the models say."""
    import flask_migrate

    _migrate(app)
    flask_migrate.revision(directory=str(MIGRATIONS), message=message, autogenerate=True)


def _migrate(app: Flask) -> None:
    import flask_migrate

    if "migrate" not in app.extensions:
        flask_migrate.Migrate(app, db, directory=str(MIGRATIONS))


class SchemaOutdated(Exception):
    """The database is not of this program's revision: ``certportal init`` brings it there."""


def require_newest() -> None:
    """Raises SchemaOutdated when the database has no tables or older ones."""
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present != newest:
        raise SchemaOutdated("the database is not up to date; run: certportal init")
