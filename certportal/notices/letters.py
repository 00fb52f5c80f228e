"""The expiry notice: one letter to one person about everything due to them, its lines found again just before it is sent; those
of several letters at once. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from certportal.certificates.models import Certificate
from certportal.certificates.page_links import Rights, page_links
from certportal.formats import link
from certportal.notices import lines, rules
from certportal.notices.endings import Ending
from certportal.notices.lines import Line
from certportal.notices.models import NoticeRole
from certportal.notices.owing import KIND
from certportal.notices.recipients import Recipient, certificates_of, recipient
from certportal.notices.rules import Fate
from certportal.notices.wording import Words
from certportal.orders import service as orders
from certportal.outbox.service import Letter, Silence, kind_of_many
from certportal.registry import service as registry
from certportal.registry.models import Person
from certportal.settings import current_settings

IN_TABLE = 1
"""With more certificates than this a letter has a table, and says what is true of all of them."""


@kind_of_many(KIND)
def expiry_notices(references: Sequence[Mapping[str, Any]], now: datetime) -> list[Letter | Silence]:
    """To whoever holds the roles now: what ends when, what to do, how to renew, the last day (failures.md, F4 and F5)."""
    of_rows = [lines.letters_of(reference) for reference in references]
    row_ids = [row_id for each in of_rows for row_id in each]
    found = lines.lines_of(row_ids, now)
    of_letters = [[line for line in found if line.row_id in each] for each in of_rows]
    known = _Known(certificates_of(row_ids), of_letters)
    return [_letter(each, reference["row"], known, now) for each, reference in zip(of_letters, references, strict=True)]


def _told(found: list[Line]) -> list[Line]:
    return [line for line in found if line.fate is Fate.TOLD]


def _letter(found: list[Line], row_id: int, known: "_Known", now: datetime) -> Letter | Silence:
    told = _told(found)
    if not told:
        return Silence(_why_silent(found), on_settling=lambda: lines.settle(found, row_id))
    to = recipient(told, known.about)
    collected = (known.about[number] for number in _collected(told))
    addresses, open_pages = page_links([each for each in collected if known.rights.cover(each)])
    endings = list(_endings(told, to, known, addresses, now))

    def on_sending() -> None:
        lines.settle(found, row_id)
        open_pages()

    return Letter(to.address, to.name, to.language, {"words": Words(endings)}, on_sending)


def _why_silent(found: list[Line]) -> str:
    fates = sorted({line.fate.value for line in found})
    return f"nothing left to tell: {', '.join(fates)}" if fates else "nothing left to tell"


def _collected(told: list[Line]) -> list[int]:
    """The certificates that this letter reminds the technical contact of: only the contact gets links to their pages."""
    return list(dict.fromkeys(line.certificate_id for line in told if line.role is NoticeRole.CONTACT))


def _endings(
    told: list[Line], to: Recipient, known: "_Known", addresses: Mapping[int, str], now: datetime
) -> Iterable[Ending]:
    """One for each certificate: a person who is its contact and may sign for it is told once."""
    by_certificate: dict[int, list[Line]] = {}
    for line in told:
        by_certificate.setdefault(line.certificate_id, []).append(line)
    language = to.language.value
    for number, its in by_certificate.items():
        certificate = known.about[number]
        signs = any(line.role is NoticeRole.SIGNATORY for line in its) or known.may_sign(to, certificate)
        replacement = known.replacing.get(number) if len(by_certificate) <= IN_TABLE else None
        rung = min(line.rung for line in its)
        yield Ending(
            program=certificate.description or certificate.channel.name(language),
            description=certificate.description,
            organisation=certificate.organisation.name,
            business_id=certificate.organisation.business_id,
            channel=certificate.channel.name(language),
            environment=certificate.environment.value,
            serial=certificate.serial,
            not_after=certificate.not_after,
            days=rules.days_until(certificate.not_after, now),
            roles=frozenset(line.role for line in its),
            signs=signs,
            next_rung=rules.next_rung(current_settings().notice_days, rung),
            contact_name=certificate.contact.name,
            contact_company=certificate.contact.company,
            contact_email=certificate.contact.email,
            signer=known.signer(certificate),
            organisation_contact=registry.contact_of(certificate.organisation),
            page_url=addresses.get(number),
            show_url=link("certificates.show", certificate_id=number),
            order_url=_order_url(certificate, now),
            apply_url=link("access.apply"),
            ordered=replacement.number if replacement else None,
            collector=replacement.collector if replacement else "",
            has_right=known.rights.cover(certificate) and not certificate.organisation.is_over(known.rights.on),
            self_service=certificate.contact_may_renew,
        )


def _order_url(certificate: Certificate, now: datetime) -> str:
    """Where a signatory renews it, or, once it has ended, applies for a new one."""
    if certificate.not_after > now:
        return link("orders.renewal", certificate_id=certificate.id)
    return link("orders.new", replaces=certificate.id)


class _Known:
    """What letters look up once: the certificates that they are about, by id; the orders that are to replace those that a letter
    is about alone; and for each organisation those whom a reader may ask for a new certificate, since they may sign, and its
    rights to channels."""

    def __init__(self, about: Mapping[int, Certificate], of_letters: Iterable[list[Line]]) -> None:
        self.about, self.rights = about, Rights()
        told = [{line.certificate_id for line in _told(found)} for found in of_letters]
        self.replacing = orders.replacing_each([number for each in told if len(each) <= IN_TABLE for number in each])
        self.people: dict[int, list[Person]] = {}

    def _people(self, certificate: Certificate) -> list[Person]:
        number = certificate.organisation_id
        if number not in self.people:
            self.people[number] = registry.signatories(number, registry.today())
        return self.people[number]

    def signer(self, certificate: Certificate) -> str:
        """The name of one who may sign, whoever ordered the certificate first; empty while nobody may."""
        people = sorted(self._people(certificate), key=lambda each: each.id != certificate.order.placed_by)
        return people[0].name if people else ""

    def may_sign(self, reader: Recipient, certificate: Certificate) -> bool:
        """Whether the reader is one of them."""
        return any(each.email == reader.address.casefold() for each in self._people(certificate))
