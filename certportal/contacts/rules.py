"""Decisions about a contact's change: what differs, what it ends, who is told, and what may not be done."""

from dataclasses import dataclass

from certportal.refusals import Conflict, Refusal
from certportal.registry.rules import ContactDetails


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between a contact's details before and after."""

    email: bool
    phone: bool
    name: bool
    anything: bool

    @property
    def reach(self) -> bool:
        """Another address or number: links and codes that were sent to the old ones end (domain.md, section 1)."""
        return self.email or self.phone

    @property
    def perhaps_another_person(self) -> bool:
        """Whether somebody else may still have the keys."""
        return self.email or self.name


def difference(before: ContactDetails, after: ContactDetails) -> Difference:
    """An address that is only written otherwise (capitals) is the same address."""
    return Difference(
        email=before.email.key != after.email.key,
        phone=before.phone != after.phone,
        name=before.name.casefold() != after.name.casefold(),
        anything=before != after,
    )


def in_use(replaced: bool) -> None:
    """Nothing is done to a contact that another has taken the place of. Refusals: contact_gone (conflict)."""
    if replaced:
        raise Conflict("contact_gone")


def reason_given(reason: str, *, by_operator: bool) -> None:
    """Operators say why: the signatories are mailed what they wrote. Refusals: correction_reason_missing."""
    if by_operator and not reason.strip():
        raise Refusal("correction_reason_missing")


def removable(certificates: int, orders: int) -> None:
    """Only a contact that looks after nothing leaves the list. Refusals: contact_looks_after (conflict)."""
    if certificates or orders:
        raise Conflict("contact_looks_after")
