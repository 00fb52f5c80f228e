"""When the reason of a revocation was raised to one that distrusts the key

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from certportal import extensions

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("certificate", sa.Column("reason_raised_at", extensions.UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("certificate", "reason_raised_at")
