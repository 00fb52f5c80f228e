"""How many certificates each contact looks after is counted within indexes

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PLACE, SUCCESSOR = "ix_certificate_place", "ix_certificate_successor_of_id"
HAS_ONE = sa.text("successor_of_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(PLACE, table_name="certificate")
    op.create_index(PLACE, "certificate", ["organisation_id", "state", "not_after", "contact_id"], unique=False)
    op.drop_index(SUCCESSOR, table_name="certificate")
    op.create_index(
        SUCCESSOR, "certificate", ["successor_of_id"], unique=False, sqlite_where=HAS_ONE, postgresql_where=HAS_ONE
    )


def downgrade() -> None:
    op.drop_index(SUCCESSOR, table_name="certificate")
    op.create_index(SUCCESSOR, "certificate", ["successor_of_id"], unique=False)
    op.drop_index(PLACE, table_name="certificate")
    op.create_index(PLACE, "certificate", ["organisation_id", "state", "not_after"], unique=False)
