"""Sign-in codes and signed-in sessions. Every time here is the machine's."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from certportal.extensions import db


class Desk(enum.StrEnum):
    """Which door the code opens: the signatories' or the operators'."""

    SIGNATORY = "signatory"
    OPERATOR = "operator"


class SignInCode(db.Model):
    """A code that was asked for; an unknown address gets the same row. Bound to the browser that asked.

    ``client_address`` is what a client is counted by (``rules.client_key``). ``spent_at``: entered, or void because a newer
    one was asked for.
    """

    __tablename__ = "sign_in_code"
    __table_args__ = (sa.Index("ix_sign_in_code_limits", "email_key", "asked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    desk: Mapped[Desk]
    email_key: Mapped[str] = mapped_column(String(254))
    browser_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    client_address: Mapped[str] = mapped_column(String(45), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    spent_at: Mapped[datetime | None]


class SignedIn(db.Model):
    """A signed-in session. The cookie carries a token; its keyed hash is here. One of person and operator is set.

    An operator's is opened by the e-mailed code and lasts ten minutes; the second factor, tried at most five times, opens
    another one. Until an operator has an authenticator, ``totp_secret`` holds the encrypted secret that this sign-in offers.
    """

    __tablename__ = "signed_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    client_address: Mapped[str] = mapped_column(String(45), default="")
    second_factor_at: Mapped[datetime | None]
    second_factor_tries: Mapped[int] = mapped_column(default=0)
    totp_secret: Mapped[bytes | None]
    began_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OperatorLink(db.Model):
    """A one-time sign-in address for an operator, made at the command line; 10 minutes."""

    __tablename__ = "operator_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
