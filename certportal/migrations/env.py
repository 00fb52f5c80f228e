"""Alembic's way into the house: the app's own engine, every table, batch mode for SQLite."""

from alembic import context
from flask import current_app

from certportal import tables
from certportal.extensions import db


def include_object(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return not (kind == "table" and name == "sqlite_sequence")


def run() -> None:
    """Run the migrations in one write transaction."""
    with current_app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata if tables.ROOMS else None,
            render_as_batch=connection.dialect.name == "sqlite",
            include_object=include_object,
            compare_type=True,
            user_module_prefix="extensions.",
        )
        with context.begin_transaction():
            context.run_migrations()


run()
