"""Which authority signs a certificate, which one a channel has for its own, a revocation list for each, and answers

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from certportal import extensions

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
    op.create_table(
        "ocsp_answer",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("hash_name", sa.String(length=10), nullable=False),
        sa.Column("cert_id", sa.LargeBinary(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("this_update", extensions.UtcDateTime(), nullable=False),
        sa.Column("next_update", extensions.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name="fk_ocsp_answer_certificate_id"),
        sa.PrimaryKeyConstraint("certificate_id", "hash_name", name="pk_ocsp_answer"),
        sa.UniqueConstraint("cert_id", name="uq_ocsp_answer_cert_id"),
    )
    with op.batch_alter_table("revocation_list") as batch_op:
        batch_op.alter_column(
            "signer",
            new_column_name="authority",
            existing_type=SIGNER,
            type_=sa.String(length=40),
            existing_nullable=False,
        )


def downgrade() -> None:
    op.drop_table("ocsp_answer")
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
