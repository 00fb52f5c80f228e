"""A revocation list may have a number of more than 31 bits

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _change(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    _change(sa.BigInteger(), sa.Integer())


def _change(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    with op.batch_alter_table("revocation_list") as table:
        for column in ("reserved", "number"):
            table.alter_column(column, existing_type=before, type_=after, existing_nullable=False)
