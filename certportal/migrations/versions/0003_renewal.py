"""Renewal: whether the contact may renew, and how often a certificate has been renewed

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("certificate", "certificate_order"):
        allowed = sa.Column("contact_may_renew", sa.Boolean(), server_default=sa.true(), nullable=False)
        op.add_column(table, allowed)
    op.add_column("certificate", sa.Column("renewals", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("certificate", "renewals")
    for table in ("certificate_order", "certificate"):
        op.drop_column(table, "contact_may_renew")
