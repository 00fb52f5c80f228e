"""Decisions about certificates: the state people see, who may revoke why, when renewal begins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from certportal.ca import CaRefused, IssueRefused, Reason, serial_hex
from certportal.identifiers.texts import one_line
from certportal.messages import rules as messages
from certportal.refusals import Conflict, Forbidden, Refusal, TooMany

EXPIRES_SOON = timedelta(days=60)
"""So long before the end a certificate may be renewed, and its page warns: from that local day on (domain.md)."""

ENDED_LATELY = timedelta(days=30)
"""So long what ended waits for somebody to order it anew, unless something has taken its place or nobody wants it renewed."""

MOST_RENEWALS = 3
"""One certificate may be renewed for so many keys: a program that makes a new key at each try stops there."""

RETRIEVAL_ID_CHARACTERS = 32
SERIAL_DIGITS = 40

WRONG_CODES_PER_HOUR = 20
"""So many wrong codes may be typed from one client's address within an hour; the codes themselves lock at 10."""
TRIES_COUNT = timedelta(hours=1)

ASKS_PER_HOUR = 10
"""So many times may one client's address ask within an hour for the link to a certificate's page."""
ASKS_COUNT = timedelta(hours=1)
LINKS_PER_DAY = 3
"""So many links are mailed to one certificate's contact within 24 hours, however many ask."""
LINKS_COUNT = timedelta(days=1)

VALID, SOON, EXPIRED, REVOKED, PREPARED = "valid", "expires_soon", "expired", "revoked", "prepared"
GIVEN_UP = "given_up"

GIVE_UP_AFTER = timedelta(hours=1)
"""A prepared certificate is signed within seconds; only one that has waited so long may be given up."""

_LONGEST_SERIAL = 200
_BETWEEN_PAIRS = re.compile(r"[\s:.-]")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What becomes of valid certificates when what they were issued for ends: ``how`` is revoke (at once), date (they work to the
    end of ``last_day``) or leave."""

    how: str = "leave"
    last_day: date | None = None

    @property
    def at_once(self) -> bool:
        return self.how == "revoke"

    @property
    def planned_day(self) -> date | None:
        """The last day; None unless they are revoked on a date."""
        return self.last_day if self.how == "date" else None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """An earlier certificate for the same public key."""

    organisation_id: int
    distrusted: bool


def first_day(not_after: datetime, zone: tzinfo) -> date:
    """The local day from which a certificate can be renewed."""
    return (not_after - EXPIRES_SOON).astimezone(zone).date()


def soon_before(now: datetime, zone: tzinfo) -> datetime:
    """What ends before this moment has come to its ``first_day``."""
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return tomorrow.astimezone(UTC) + EXPIRES_SOON


def shown_state(state: str, not_after: datetime, now: datetime, soon: datetime) -> str:
    """valid, expires_soon, expired, revoked, prepared (the signature is still to come), or given up (it never comes).
    ``soon``: ``soon_before`` now."""
    if state in (REVOKED, PREPARED, GIVEN_UP):
        return state
    if now > not_after:
        return EXPIRED
    return SOON if not_after < soon else VALID


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


def raises_reason(state: str, before: str, reason: Reason) -> bool:
    """Whether a certificate that is revoked gets this reason in place of the one before: only one that distrusts the key in place
    of one that does not, and never the other way round."""
    return state == REVOKED and reason.distrusts_key and not Reason(before).distrusts_key


def renewable_now(not_after: datetime, now: datetime, zone: tzinfo) -> None:
    """From the ``first_day`` on. Refusals: renewal_too_early (conflict; ``first_day``)."""
    if not_after >= soon_before(now, zone):
        raise Conflict("renewal_too_early", first_day=first_day(not_after, zone))


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


def operator_mends(refusal: Refusal) -> bool:
    """Whether only the operator can mend what refused to issue: nothing has been used up, and later it works."""
    return isinstance(refusal, CaRefused | IssueRefused) or refusal.code == "clock_behind"


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


def may_plan(at: datetime, not_after: datetime, now: datetime) -> None:
    """A revocation is planned for a moment to come, before the certificate ends by itself.

    Refusals: plan_in_the_past; plan_after_end (``last``: the certificate's own end).
    """
    if at <= now:
        raise Refusal("plan_in_the_past")
    if at >= not_after:
        raise Refusal("plan_after_end", last=not_after)


def may_take_back(*, planned: bool, by_operator: bool, operator: bool) -> None:
    """A plan is taken back by those who could have made it: what an operator planned, only by operators.

    Refusals: plan_none (conflict); plan_of_operator (forbidden).
    """
    if not planned:
        raise Conflict("plan_none")
    if by_operator and not operator:
        raise Forbidden("plan_of_operator")


def not_to_be_revoked(planned_at: datetime | None) -> None:
    """A certificate that is to be revoked on a date is not renewed: whoever wants it renewed takes the plan back first.

    Refusals: revocation_planned (conflict; ``last``: its last moment).
    """
    if planned_at is not None:
        raise Conflict("revocation_planned", last=planned_at - timedelta(minutes=1))


def typed_serial(text: str) -> str:
    """A serial number as the register has it, from what people copy: hexadecimal with any grouping and in any case, with 0x
    before it or zeros left out; or the decimal number that some programs show, which is longer than a hexadecimal one is.

    Refusals: serial_missing; serial_form.
    """
    line = one_line(text[:_LONGEST_SERIAL]).lower().removeprefix("serial=").removeprefix("0x")
    digits = _BETWEEN_PAIRS.sub("", line)
    if not digits:
        raise Refusal("serial_missing")
    if len(digits) > SERIAL_DIGITS and digits.isascii() and digits.isdigit():
        digits = f"{int(digits):x}"
    if len(digits) > SERIAL_DIGITS or set(digits) - set("0123456789abcdef") or not int(digits, 16):
        raise Refusal("serial_form")
    return serial_hex(int(digits, 16))


def revocation_text(serial: str, issuer: str) -> str:
    """What is signed to prove possession of a certificate's key: its serial number as 40 lower-case hexadecimal digits without
    groups, and the common name of its issuer as it stands in the certificate. UTF-8, no line break."""
    return f"revoke {serial} issued by {issuer}"


def may_ask_for_page(times: Sequence[datetime], at: datetime) -> None:
    """Whether one client may ask once more for a link to a certificate's page. Machine time.

    Refusals: page_asks_too_many (``at``: when it ends).
    """
    counted = sorted(time for time in times if time > at - ASKS_COUNT)
    if len(counted) >= ASKS_PER_HOUR:
        raise TooMany("page_asks_too_many", at=counted[-ASKS_PER_HOUR] + ASKS_COUNT)


def page_may_be_mailed(times: Sequence[datetime], at: datetime) -> bool:
    """Whether one more link to the same certificate's page goes out. Whoever asks is not told: it would say that there is one."""
    return sum(time > at - LINKS_COUNT for time in times) < LINKS_PER_DAY


def at_once_only_what_has_ended(last_day: date | None, today: date, then: Aftermath) -> None:
    """Where the end itself is still to come, certificates are revoked on a date or left: at once would be before it.

    Refusals: revocation_not_yet (``last``).
    """
    if then.at_once and last_day is not None and last_day > today:
        raise Refusal("revocation_not_yet", last=last_day)


def plan_stands(planned_at: datetime | None, at: datetime, *, by_operator: bool, operator: bool) -> bool:
    """Whether a plan that is there already outlasts one for many certificates: the earlier day holds, and what an operator
    planned is not a signatory's to change."""
    return planned_at is not None and (planned_at <= at or (by_operator and not operator))
