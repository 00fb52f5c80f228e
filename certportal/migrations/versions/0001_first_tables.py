"""First tables

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from certportal import audit, extensions

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("medium", sa.Enum("mail", "sms", name="medium", native_enum=False, length=30), nullable=False),
        sa.Column("outbox_row_id", sa.Integer(), nullable=False),
        sa.Column("reply", sa.String(length=500), nullable=False),
        sa.Column("marked_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("ended_at", extensions.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_mark")),
    )
    with op.batch_alter_table("address_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_mark_address"), ["address"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", extensions.UtcDateTime(), nullable=False),
        sa.Column("machine_at", extensions.UtcDateTime(), nullable=False),
        sa.Column(
            "actor_kind",
            sa.Enum(
                "person",
                "operator",
                "contact",
                "program",
                "job",
                "anonymous",
                "command",
                name="actorkind",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("client_address", sa.String(length=45), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_machine_at"), ["machine_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject"), ["subject"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_verb"), ["verb"], unique=False)

    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_fi", sa.String(length=200), nullable=False),
        sa.Column("name_sv", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("use_fi", sa.Text(), nullable=False),
        sa.Column("use_sv", sa.Text(), nullable=False),
        sa.Column("use_en", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("production", sa.Boolean(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("operator_decides", sa.Boolean(), nullable=False),
        sa.Column("right_days", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("code", name=op.f("uq_channel_code")),
    )
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_offset")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("lease_until", extensions.UtcDateTime(), nullable=False),
        sa.Column("started_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("finished_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("good_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_run")),
    )
    op.create_table(
        "operator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("totp_enrolled_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("disabled_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("email", name=op.f("uq_operator_email")),
    )
    op.create_table(
        "operator_reminder",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("told_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("told_of", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_reminder")),
    )
    op.create_table(
        "order_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_order_counter")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_id", sa.String(length=30), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False),
        sa.Column("contact_name", sa.String(length=200), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column(
            "contact_language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False
        ),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("business_id", name=op.f("uq_organisation_business_id")),
    )
    op.create_table(
        "outbox_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("medium", sa.Enum("mail", "sms", name="medium", native_enum=False, length=30), nullable=False),
        sa.Column("reference", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "claimed",
                "sending",
                "accepted",
                "refused",
                "unknown",
                "lapsed",
                "silenced",
                name="rowstate",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("had_secret", sa.Boolean(), nullable=False),
        sa.Column("send_before", extensions.UtcDateTime(), nullable=True),
        sa.Column("machine_deadline", sa.Boolean(), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("not_before", extensions.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("sending_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("settled_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("reply", sa.String(length=500), nullable=False),
        sa.Column("fault", sa.String(length=10), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_row")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_row_message_id")),
    )
    with op.batch_alter_table("outbox_row", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_row_budget", ["medium", "organisation_id", "created_at"], unique=False)
        batch_op.create_index("ix_outbox_row_due", ["state", "not_before"], unique=False)
        batch_op.create_index("ix_outbox_row_subject", ["subject"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "purpose",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("text_fi", sa.Text(), nullable=False),
        sa.Column("text_sv", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose")),
        sa.UniqueConstraint("code", name=op.f("uq_purpose_code")),
    )
    op.create_table(
        "retrieval_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_address", sa.String(length=45), nullable=False),
        sa.Column("tried_at", extensions.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retrieval_try")),
    )
    with op.batch_alter_table("retrieval_try", schema=None) as batch_op:
        batch_op.create_index("ix_retrieval_try_client", ["client_address", "tried_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_retrieval_try_tried_at"), ["tried_at"], unique=False)

    op.create_table(
        "revocation_list",
        sa.Column(
            "environment",
            sa.Enum("PRODUCTION", "TEST", name="environment", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("signer", sa.Enum("issuing", "root", name="signer", native_enum=False, length=30), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("this_update", extensions.UtcDateTime(), nullable=False),
        sa.Column("next_update", extensions.UtcDateTime(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "signer", name=op.f("pk_revocation_list")),
    )
    op.create_table(
        "sign_in_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk", sa.Enum("signatory", "operator", name="desk", native_enum=False, length=30), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_address", sa.String(length=45), nullable=False),
        sa.Column("asked_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("expires_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("spent_at", extensions.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_code")),
        sa.UniqueConstraint("browser_hash", name=op.f("uq_sign_in_code_browser_hash")),
    )
    with op.batch_alter_table("sign_in_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_code_client_address"), ["client_address"], unique=False)
        batch_op.create_index("ix_sign_in_code_limits", ["email_key", "asked_at"], unique=False)

    op.create_table(
        "terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("text_fi", sa.Text(), nullable=False),
        sa.Column("text_sv", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("version", name=op.f("uq_terms_version")),
    )
    op.create_table(
        "access_right",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "applied", "valid", "refused", "withdrawn", "ended", name="rightstate", native_enum=False, length=30
            ),
            nullable=False,
        ),
        sa.Column("applied_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("decided_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("ended_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_access_right_channel_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_access_right_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_right")),
    )
    with op.batch_alter_table("access_right", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_right_application_id"), ["application_id"], unique=False)
        batch_op.create_index("ix_access_right_place", ["organisation_id", "channel_id", "state"], unique=False)

    op.create_table(
        "admission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("new_organisation", "changed_signatory", name="admissionkind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("waiting", "admitted", "refused", name="admissionstate", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("organisation_name", sa.String(length=200), nullable=False),
        sa.Column("business_id", sa.String(length=30), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False),
        sa.Column("from_contact", sa.Boolean(), nullable=False),
        sa.Column("client_address", sa.String(length=45), nullable=False),
        sa.Column("asked_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("machine_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("decided_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by"], ["operator.id"], name=op.f("fk_admission_decided_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_admission_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission")),
    )
    with op.batch_alter_table("admission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admission_business_id"), ["business_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_admission_email_key"), ["email_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_admission_machine_at"), ["machine_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_admission_state"), ["state"], unique=False)

    op.create_table(
        "interface_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("terms_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("sent", "decided", "withdrawn", "replaced", name="applicationstate", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("sent_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("decided_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_interface_application_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_interface_application_person_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["interface_application.id"], name=op.f("fk_interface_application_replaces_id")
        ),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_interface_application_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interface_application")),
    )
    with op.batch_alter_table("interface_application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interface_application_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "operator_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("spent_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_operator_link_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_operator_link_token_hash")),
    )
    op.create_table(
        "signed_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("client_address", sa.String(length=45), nullable=False),
        sa.Column("second_factor_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("second_factor_tries", sa.Integer(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("began_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("ends_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("ended_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_signed_in_operator_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_signed_in_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_signed_in_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signed_in_token_hash")),
    )
    with op.batch_alter_table("signed_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signed_in_operator_id"), ["operator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signed_in_person_id"), ["person_id"], unique=False)

    op.create_table(
        "signing_right",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_signing_right_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_signing_right_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_right")),
        sa.UniqueConstraint("organisation_id", "person_id", name=op.f("uq_signing_right_organisation_id_person_id")),
    )
    with op.batch_alter_table("signing_right", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_right_person_id"), ["person_id"], unique=False)

    op.create_table(
        "technical_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("second_email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("replaced_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("wrong_number_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_technical_contact_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technical_contact")),
    )
    with op.batch_alter_table("technical_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_technical_contact_email_key"), ["email_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_technical_contact_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "certificate_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column(
            "environment",
            sa.Enum("PRODUCTION", "TEST", name="environment", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("description", sa.String(length=100), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("placed_by", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum("additional", "replaces", "retrieval_failed", name="orderreason", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("replaces_certificate_id", sa.Integer(), nullable=True),
        sa.Column("earlier_order_id", sa.Integer(), nullable=True),
        sa.Column("terms_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "collected", "cancelled", name="orderstate", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("placed_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("cancelled_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("collected_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_certificate_order_channel_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["technical_contact.id"], name=op.f("fk_certificate_order_contact_id")),
        sa.ForeignKeyConstraint(
            ["earlier_order_id"], ["certificate_order.id"], name=op.f("fk_certificate_order_earlier_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_certificate_order_organisation_id")
        ),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name=op.f("fk_certificate_order_placed_by")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_certificate_order_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_order")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_order_number")),
    )
    with op.batch_alter_table("certificate_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_order_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index("ix_certificate_order_place", ["organisation_id", "state", "placed_at"], unique=False)

    op.create_table(
        "interface_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("saved_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["interface_application.id"], name=op.f("fk_interface_draft_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_interface_draft_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_interface_draft_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interface_draft")),
        sa.UniqueConstraint("key", name=op.f("uq_interface_draft_key")),
    )
    with op.batch_alter_table("interface_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interface_draft_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "secure_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("transfer_codes", "certificate_page", name="messagekind", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("cover", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("language", sa.Enum("fi", "sv", "en", name="language", native_enum=False, length=30), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("usable_until", extensions.UtcDateTime(), nullable=False),
        sa.Column("ended_at", extensions.UtcDateTime(), nullable=True),
        sa.Column(
            "ended_because",
            sa.Enum(
                "used",
                "lapsed",
                "superseded",
                "cancelled",
                "locked",
                "certificate_ended",
                "contact_changed",
                "not_issued",
                name="messageend",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("pin_hash", sa.String(length=64), nullable=True),
        sa.Column("pin_sent_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("pin_expires_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("pin_row_id", sa.Integer(), nullable=True),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("first_opened_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("wrong_number_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("mail_row_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["technical_contact.id"], name=op.f("fk_secure_message_contact_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_secure_message_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secure_message")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_secure_message_token_hash")),
    )
    with op.batch_alter_table("secure_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_secure_message_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_secure_message_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_secure_message_subject"), ["subject"], unique=False)

    op.create_table(
        "opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("opened_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("expires_at", extensions.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["secure_message.id"], name=op.f("fk_opening_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_opening_token_hash")),
    )
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_message_id"), ["message_id"], unique=False)

    op.create_table(
        "order_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("saved_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("deleted_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["certificate_order.id"], name=op.f("fk_order_draft_order_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_order_draft_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_order_draft_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_draft")),
        sa.UniqueConstraint("key", name=op.f("uq_order_draft_key")),
    )
    with op.batch_alter_table("order_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_draft_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "pin_sent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", extensions.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["secure_message.id"], name=op.f("fk_pin_sent_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_sent")),
    )
    with op.batch_alter_table("pin_sent", schema=None) as batch_op:
        batch_op.create_index("ix_pin_sent_caps", ["message_id", "sent_at"], unique=False)

    op.create_table(
        "transfer_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.String(length=12), nullable=False),
        sa.Column("password_hash", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "environment",
            sa.Enum("PRODUCTION", "TEST", name="environment", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("live", "taken", "spent", "void", "locked", name="codesstate", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("issued_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("usable_until", extensions.UtcDateTime(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("public_key_hash", sa.String(length=64), nullable=True),
        sa.Column("ended_at", extensions.UtcDateTime(), nullable=True),
        sa.Column(
            "ended_because",
            sa.Enum(
                "used",
                "lapsed",
                "superseded",
                "cancelled",
                "locked",
                "certificate_ended",
                "contact_changed",
                "not_issued",
                name="messageend",
                native_enum=False,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("reminded_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("lapse_told_at", extensions.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["secure_message.id"], name=op.f("fk_transfer_codes_message_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_transfer_codes_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_codes")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_transfer_codes_transfer_id")),
    )
    with op.batch_alter_table("transfer_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transfer_codes_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_transfer_codes_usable_until"), ["usable_until"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("transfer_codes_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column(
            "environment",
            sa.Enum("PRODUCTION", "TEST", name="environment", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("description", sa.String(length=100), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("successor_of_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("prepared", "issued", "revoked", "given_up", name="certificatestate", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("retrieval_id", sa.String(length=32), nullable=False),
        sa.Column("public_key_hash", sa.String(length=64), nullable=False),
        sa.Column("key_description", sa.String(length=30), nullable=False),
        sa.Column("to_be_signed", sa.LargeBinary(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("not_before", extensions.UtcDateTime(), nullable=False),
        sa.Column("not_after", extensions.UtcDateTime(), nullable=False),
        sa.Column("prepared_at", extensions.UtcDateTime(), nullable=False),
        sa.Column("issued_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("revocation_reason", sa.String(length=40), nullable=False),
        sa.Column("will_not_be_renewed_at", extensions.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_certificate_channel_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["technical_contact.id"], name=op.f("fk_certificate_contact_id")),
        sa.ForeignKeyConstraint(["order_id"], ["certificate_order.id"], name=op.f("fk_certificate_order_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_certificate_organisation_id")),
        sa.ForeignKeyConstraint(["successor_of_id"], ["certificate.id"], name=op.f("fk_certificate_successor_of_id")),
        sa.ForeignKeyConstraint(
            ["transfer_codes_id"], ["transfer_codes.id"], name=op.f("fk_certificate_transfer_codes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("retrieval_id", name=op.f("uq_certificate_retrieval_id")),
        sa.UniqueConstraint("serial", name=op.f("uq_certificate_serial")),
        sa.UniqueConstraint("sha256", name=op.f("uq_certificate_sha256")),
        sa.UniqueConstraint("transfer_codes_id", name=op.f("uq_certificate_transfer_codes_id")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index("ix_certificate_due", ["state", "not_after"], unique=False)
        batch_op.create_index("ix_certificate_issuer", ["environment", "revoked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_order_id"), ["order_id"], unique=False)
        batch_op.create_index("ix_certificate_place", ["organisation_id", "state", "not_after"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_public_key_hash"), ["public_key_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_successor_of_id"), ["successor_of_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "contact",
                "second_address",
                "organisation_contact",
                "signatory",
                name="noticerole",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("owed", "queued", "superseded", "dropped", name="noticestate", native_enum=False, length=30),
            nullable=False,
        ),
        sa.Column("recipient_key", sa.String(length=280), nullable=False),
        sa.Column("outbox_row_id", sa.Integer(), nullable=True),
        sa.Column("send_before", extensions.UtcDateTime(), nullable=False),
        sa.Column("created_at", extensions.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name=op.f("fk_notice_certificate_id")),
        sa.ForeignKeyConstraint(["outbox_row_id"], ["outbox_row.id"], name=op.f("fk_notice_outbox_row_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "certificate_id", "rung", "role", "person_id", name=op.f("uq_notice_certificate_id_rung_role_person_id")
        ),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notice_dropped",
            ["send_before"],
            unique=False,
            sqlite_where=sa.text("state = 'dropped'"),
            postgresql_where=sa.text("state = 'dropped'"),
        )
        batch_op.create_index(
            "ix_notice_letter",
            ["outbox_row_id"],
            unique=False,
            sqlite_where=sa.text("outbox_row_id IS NOT NULL"),
            postgresql_where=sa.text("outbox_row_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notice_owed",
            ["recipient_key"],
            unique=False,
            sqlite_where=sa.text("state = 'owed'"),
            postgresql_where=sa.text("state = 'owed'"),
        )

    for statement in audit.append_only_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notice_owed", sqlite_where=sa.text("state = 'owed'"), postgresql_where=sa.text("state = 'owed'")
        )
        batch_op.drop_index(
            "ix_notice_letter",
            sqlite_where=sa.text("outbox_row_id IS NOT NULL"),
            postgresql_where=sa.text("outbox_row_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_notice_dropped",
            sqlite_where=sa.text("state = 'dropped'"),
            postgresql_where=sa.text("state = 'dropped'"),
        )

    op.drop_table("notice")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_successor_of_id"))
        batch_op.drop_index(batch_op.f("ix_certificate_public_key_hash"))
        batch_op.drop_index("ix_certificate_place")
        batch_op.drop_index(batch_op.f("ix_certificate_order_id"))
        batch_op.drop_index("ix_certificate_issuer")
        batch_op.drop_index("ix_certificate_due")
        batch_op.drop_index(batch_op.f("ix_certificate_contact_id"))

    op.drop_table("certificate")
    with op.batch_alter_table("transfer_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transfer_codes_usable_until"))
        batch_op.drop_index(batch_op.f("ix_transfer_codes_order_id"))

    op.drop_table("transfer_codes")
    with op.batch_alter_table("pin_sent", schema=None) as batch_op:
        batch_op.drop_index("ix_pin_sent_caps")

    op.drop_table("pin_sent")
    with op.batch_alter_table("order_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_draft_organisation_id"))

    op.drop_table("order_draft")
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_message_id"))

    op.drop_table("opening")
    with op.batch_alter_table("secure_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_secure_message_subject"))
        batch_op.drop_index(batch_op.f("ix_secure_message_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_secure_message_contact_id"))

    op.drop_table("secure_message")
    with op.batch_alter_table("interface_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interface_draft_organisation_id"))

    op.drop_table("interface_draft")
    with op.batch_alter_table("certificate_order", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_order_place")
        batch_op.drop_index(batch_op.f("ix_certificate_order_contact_id"))

    op.drop_table("certificate_order")
    with op.batch_alter_table("technical_contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_technical_contact_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_technical_contact_email_key"))

    op.drop_table("technical_contact")
    with op.batch_alter_table("signing_right", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_right_person_id"))

    op.drop_table("signing_right")
    with op.batch_alter_table("signed_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signed_in_person_id"))
        batch_op.drop_index(batch_op.f("ix_signed_in_operator_id"))

    op.drop_table("signed_in")
    op.drop_table("operator_link")
    with op.batch_alter_table("interface_application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_interface_application_organisation_id"))

    op.drop_table("interface_application")
    with op.batch_alter_table("admission", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admission_state"))
        batch_op.drop_index(batch_op.f("ix_admission_machine_at"))
        batch_op.drop_index(batch_op.f("ix_admission_email_key"))
        batch_op.drop_index(batch_op.f("ix_admission_business_id"))

    op.drop_table("admission")
    with op.batch_alter_table("access_right", schema=None) as batch_op:
        batch_op.drop_index("ix_access_right_place")
        batch_op.drop_index(batch_op.f("ix_access_right_application_id"))

    op.drop_table("access_right")
    op.drop_table("terms")
    with op.batch_alter_table("sign_in_code", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_code_limits")
        batch_op.drop_index(batch_op.f("ix_sign_in_code_client_address"))

    op.drop_table("sign_in_code")
    op.drop_table("revocation_list")
    with op.batch_alter_table("retrieval_try", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retrieval_try_tried_at"))
        batch_op.drop_index("ix_retrieval_try_client")

    op.drop_table("retrieval_try")
    op.drop_table("purpose")
    op.drop_table("person")
    with op.batch_alter_table("outbox_row", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_row_subject")
        batch_op.drop_index("ix_outbox_row_due")
        batch_op.drop_index("ix_outbox_row_budget")

    op.drop_table("outbox_row")
    op.drop_table("organisation")
    op.drop_table("order_counter")
    op.drop_table("operator_reminder")
    op.drop_table("operator")
    op.drop_table("job_run")
    op.drop_table("clock_offset")
    op.drop_table("channel")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_verb"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_machine_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("address_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_mark_address"))

    op.drop_table("address_mark")
