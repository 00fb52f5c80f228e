"""Revocations on a date, and links to a certificate's page that are asked for

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from certportal import extensions

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PLANNED = sa.text("planned_revocation_at IS NOT NULL")
ACTORS = ("person", "operator", "contact", "program", "job", "anonymous", "command")


def upgrade() -> None:
    actor = sa.Enum(*ACTORS, name="actorkind", native_enum=False, length=30)
    op.add_column("certificate", sa.Column("planned_revocation_at", extensions.UtcDateTime(), nullable=True))
    op.add_column("certificate", sa.Column("planned_reason", sa.String(length=40), nullable=True))
    op.add_column("certificate", sa.Column("planned_by", actor, nullable=True))
    op.create_index(
        "ix_certificate_planned",
        "certificate",
        ["planned_revocation_at"],
        unique=False,
        sqlite_where=PLANNED,
        postgresql_where=PLANNED,
    )
    op.create_table(
        "page_ask",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_address", sa.String(length=45), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", extensions.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name=op.f("fk_page_ask_certificate_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_ask")),
    )
    op.create_index(op.f("ix_page_ask_asked_at"), "page_ask", ["asked_at"], unique=False)
    op.create_index("ix_page_ask_certificate", "page_ask", ["certificate_id", "asked_at"], unique=False)
    op.create_index("ix_page_ask_client", "page_ask", ["client_address", "asked_at"], unique=False)


def downgrade() -> None:
    op.drop_table("page_ask")
    op.drop_index("ix_certificate_planned", table_name="certificate", sqlite_where=PLANNED, postgresql_where=PLANNED)
    for name in ("planned_by", "planned_reason", "planned_revocation_at"):
        op.drop_column("certificate", name)
