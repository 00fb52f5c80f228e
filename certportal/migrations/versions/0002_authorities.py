"""Which authority signs a certificate, which one a channel has for its own, and a revocation list for each

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SIGNER = sa.Enum("issuing", "root", name="signer", native_enum=False, length=30)


def upgrade() -> None:
    # Added with a default and not by copying the table: others point to its rows.
    op.add_column("certificate", sa.Column("issuer", sa.String(length=40), nullable=False, server_default="issuing"))
    op.drop_index("ix_certificate_issuer", table_name="certificate")
    op.create_index("ix_certificate_issuer", "certificate", ["environment", "issuer", "revoked_at"])
    op.add_column("channel", sa.Column("issuer", sa.String(length=40), nullable=False, server_default="issuing"))
    with op.batch_alter_table("revocation_list") as batch_op:
        batch_op.alter_column(
            "signer",
            new_column_name="authority",
            existing_type=SIGNER,
            type_=sa.String(length=40),
            existing_nullable=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("revocation_list") as batch_op:
        batch_op.alter_column(
            "authority",
            new_column_name="signer",
            existing_type=sa.String(length=40),
            type_=SIGNER,
            existing_nullable=False,
        )
    op.drop_column("channel", "issuer")
    op.drop_index("ix_certificate_issuer", table_name="certificate")
    op.create_index("ix_certificate_issuer", "certificate", ["environment", "revoked_at"])
    op.drop_column("certificate", "issuer")
