"""Decisions about certificates: the state people see, who may revoke why, when renewal begins."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from certportal.ca import Reason
from certportal.messages import rules as messages
from certportal.refusals import Conflict, Forbidden, Refusal, TooMany

EXPIRES_SOON = timedelta(days=60)
"""From this long before the end a certificate may be renewed, and its page warns (domain.md)."""

MOST_RENEWALS = 3
"""One certificate may be renewed for so many keys: a program that makes a new key at each try stops there."""

RETRIEVAL_ID_CHARACTERS = 32
SERIAL_DIGITS = 40

WRONG_CODES_PER_HOUR = 20
"""So many wrong codes may be typed from one client's address within an hour; the codes themselves lock at 10."""
TRIES_COUNT = timedelta(hours=1)

VALID, SOON, EXPIRED, REVOKED, PREPARED = "valid", "expires_soon", "expired", "revoked", "prepared"
GIVEN_UP = "given_up"

GIVE_UP_AFTER = timedelta(hours=1)
"""A prepared certificate is signed within seconds; only one that has waited so long may be given up."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """An earlier certificate for the same public key."""

    organisation_id: int
    distrusted: bool


def shown_state(state: str, not_after: datetime, now: datetime) -> str:
    """valid, expires_soon, expired, revoked, prepared (the signature is still to come), or given up (it never comes)."""
    if state in (REVOKED, PREPARED, GIVEN_UP):
        return state
    if now > not_after:
        return EXPIRED
    return SOON if now >= not_after - EXPIRES_SOON else VALID


def key_may_be_certified(earlier: list[KeyUse], organisation_id: int) -> None:
    """A key that another organisation has, or that was revoked as lost or suspected, is not certified again.

    Refusals: key_of_another, key_distrusted.
    """
    if any(use.distrusted for use in earlier):
        raise Refusal("key_distrusted")
    if any(use.organisation_id != organisation_id for use in earlier):
        raise Refusal("key_of_another")


def revocable(state: str, not_after: datetime, now: datetime) -> None:
    """Only an issued certificate that has not ended.

    Refusals (conflict): certificate_revoked, certificate_expired, certificate_not_issued, certificate_given_up.
    """
    if state == REVOKED:
        raise Conflict("certificate_revoked")
    if state == PREPARED:
        raise Conflict("certificate_not_issued")
    if state == GIVEN_UP:
        raise Conflict("certificate_given_up")
    if now > not_after:
        raise Conflict("certificate_expired")


def renewable_now(first_day: date, today: date) -> None:
    """From the local day that is 60 days before the end. Refusals: renewal_too_early (conflict; ``first_day``)."""
    if today < first_day:
        raise Conflict("renewal_too_early", first_day=first_day)


def renewed_for_another_key(own: str, wanted: str) -> None:
    """A renewal brings a new key (domain.md, step 9). Both are hashes of public keys. Refusals: renewal_same_key."""
    if own == wanted:
        raise Refusal("renewal_same_key")


def may_be_given_up(state: str, prepared_at: datetime, now: datetime) -> None:
    """Only a certificate that waits for its signature, and has done so for an hour.

    Refusals (conflict): certificate_not_prepared, certificate_prepared_lately.
    """
    if state != PREPARED:
        raise Conflict("certificate_not_prepared")
    if now - prepared_at < GIVE_UP_AFTER:
        raise Conflict("certificate_prepared_lately")


def typed_transfer_id(text: str) -> str:
    """The digits of a TransferID that somebody typed. Refusals: transfer_id_missing; transfer_id_form."""
    if not text.strip():
        raise Refusal("transfer_id_missing")
    digits = messages.typed_transfer_id(text)
    if digits is None:
        raise Refusal("transfer_id_form")
    return digits


def may_try_codes(times: list[datetime], at: datetime) -> None:
    """Whether codes may be typed once more, given when wrong ones were from the same client. All machine time.

    Refusals: retrieval_too_many (``at``: when it ends).
    """
    counted = sorted(time for time in times if time > at - TRIES_COUNT)
    if len(counted) >= WRONG_CODES_PER_HOUR:
        raise TooMany("retrieval_too_many", at=counted[-WRONG_CODES_PER_HOUR] + TRIES_COUNT)


def reason_allowed(reason: Reason, *, operator: bool) -> None:
    """The agreement's end and misuse are the issuer's reasons (domain.md). Refusals: reason_for_operator (forbidden)."""
    if reason.by_issuer and not operator:
        raise Forbidden("reason_for_operator")


def list_is_due(this_update: datetime | None, now: datetime, *, changed: bool) -> bool:
    """A revocation list is published when a revocation is not on it yet, and daily (failures.md, F6)."""
    return this_update is None or changed or now - this_update >= timedelta(days=1)
