"""Which answer about a certificate lapses first is told by an index

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_ocsp_answer_next_update"), "ocsp_answer", ["next_update"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_ocsp_answer_next_update"), table_name="ocsp_answer")
