"""Letting people in: anybody asks, an operator decides with one press.

Whoever may sign for the organisation today, and its contact, are told before the decision, whatever reason was given:
otherwise somebody could become a signatory of theirs behind their backs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from certportal import audit, clock
from certportal.extensions import db, transaction, within_transaction, writing
from certportal.identifiers import Actor, ActorKind, BusinessId, EmailAddress, PhoneNumber, plain_text
from certportal.outbox import service as outbox
from certportal.refusals import Conflict
from certportal.registry import forewarning, organisations, rules
from certportal.registry.admission_models import Admission, AdmissionState
from certportal.registry.forewarning import Forewarned
from certportal.registry.models import Organisation, Person
from certportal.registry.organisations import today
from certportal.registry.rows import UNSAID, OrganisationRow, SignatoryRow
from certportal.registry.rules import AdmissionKind, Asked
from certportal.registry.saving import organisation_of, save_organisation, save_signing_right

__all__ = [
    "AdmissionKind", "Asked", "ToDecide", "admission", "admit", "ask", "decided_admissions", "refuse_admission",
    "to_decide", "waiting_admissions",
]  # fmt: skip

LONGEST_REASON = 1000


@dataclass(frozen=True)
class ToDecide:
    """A request beside what the registry knows: the organisation of that number, the person of that address."""

    admission: Admission
    organisation: Organisation | None
    person: Person | None
    signatories: list[Person]
    forewarned: list[Forewarned]

    @property
    def must_wait(self) -> bool:
        """Whether nobody is let in yet, because a mail to those who sign already has not left."""
        return forewarning.must_wait(self.admission)

    @property
    def without_mail_from(self) -> datetime | None:
        """From when on an operator may decide although a mail has not left."""
        return forewarning.without_mail_from(self.admission)

    @property
    def untold(self) -> bool:
        """Whether somebody who signs today, or the contact, has not been mailed at all: letting in mails them first."""
        return bool(forewarning.untold(self.admission, self.organisation))

    @property
    def unreached(self) -> list[Forewarned]:
        """Whose mail is not known to have reached their server."""
        return [each for each in self.forewarned if not each.reached]

    @property
    def ended(self) -> bool:
        """Whether the organisation no longer uses the service, so that nobody can be let in for it."""
        return self.organisation is not None and _has_ended(self.organisation)


def admission(admission_id: int) -> Admission | None:
    """The request, decided or not."""
    return db.session.get(Admission, admission_id)


def waiting_admissions() -> list[ToDecide]:
    """The operator's queue, those who have waited longest first."""
    waiting = select(Admission).where(Admission.state == AdmissionState.WAITING).order_by(Admission.id)
    return [to_decide(found) for found in db.session.scalars(waiting)]


def decided_admissions(limit: int = 50) -> list[Admission]:
    """The last decisions, the newest first."""
    decided = select(Admission).where(Admission.state != AdmissionState.WAITING)
    return list(db.session.scalars(decided.order_by(Admission.decided_at.desc(), Admission.id.desc()).limit(limit)))


def to_decide(found: Admission) -> ToDecide:
    """The request, and what the operator should see beside it."""
    known = organisations.organisation_by_business_id(found.business_id)
    present = organisations.signatories(known.id, today()) if known else []
    return ToDecide(
        found, known, organisations.person_by_email(found.email_key), present, forewarning.forewarned(found)
    )


def ask(asked: Asked, by: Actor) -> None:
    """A use case for anybody: the request waits for an operator. Asked twice in the same words it is one request.

    Refusals: admissions_from_address, admissions_with_email, admissions_for_organisation (too many).
    """
    with transaction():
        writing().in_turn("admissions")
        row = _requested(asked, by)
        same = [getattr(Admission, name) == getattr(row, name) for name in _WORDS]
        if db.session.scalar(select(Admission.id).where(Admission.state == AdmissionState.WAITING, *same)):
            return
        rules.may_be_asked(
            _count(timedelta(hours=1), client_address=row.client_address),
            _count(timedelta(days=1), email_key=row.email_key),
            _count(timedelta(days=1), business_id=row.business_id),
        )
        db.session.add(row)
        db.session.flush()
        known = organisations.organisation_by_business_id(row.business_id)
        said = {"organisation": row.organisation_name, "name": row.name, "email": row.email, "kind": row.kind.value}
        organisation_id = known.id if known else None
        audit.record("admission_asked", row.subject, by=by, organisation_id=organisation_id, **said)
        if known is not None and not _has_ended(known):
            row.from_contact = EmailAddress(row.email).key == _contact_key(known)
        forewarning.forewarn(row, known)


def admit(admission_id: int, by: Actor) -> None:
    """A use case of the operator, with one press: organisation and person, as far as they are new, and the right to sign.

    An organisation or a person that the registry knows is never renamed. Whoever has come to sign since the request was made,
    or become the contact, is mailed first; and about the other requests for the organisation, whoever is let in. Refusals:
    admission_decided (conflict); admission_unheard (conflict): a mail to those who sign already has not left yet;
    organisation_has_ended (conflict); organisation_other_register (conflict).
    """
    with transaction() as session:
        found = session.get_one(Admission, admission_id)
        _must_be_undecided(found)
        unheard = forewarning.forewarn(found, _locked(found.business_id)) or forewarning.must_wait(found)
        if not unheard:
            organisation = _organisation_for(found, by)
            save_signing_right(_signatory_row(found, organisation), by)
            found.admit(organisation.id, _operator_id(by), clock.now())
            _decided(found, "admission_admitted", by, organisation.id, email=found.email)
            for other in _waiting_for(organisation):
                forewarning.forewarn(other, organisation)
    if unheard:
        raise Conflict("admission_unheard")


def refuse_admission(admission_id: int, reason: str, by: Actor) -> None:
    """A use case of the operator: the asker is mailed the reason, as it is written.

    Refusals: admission_decided (conflict); text_missing, text_too_long and text_control_characters about the reason.
    """
    kept = plain_text(reason, LONGEST_REASON, keep_lines=True)
    with transaction() as session:
        found = session.get_one(Admission, admission_id)
        found.refuse(kept, _operator_id(by), clock.now())
        _decided(found, "admission_refused", by, None, reason=kept)


_WORDS = ("kind", "organisation_name", "business_id", "country", "name", "email_key", "phone", "role", "language")


def _requested(asked: Asked, by: Actor) -> Admission:
    return Admission(
        kind=asked.kind,
        state=AdmissionState.WAITING,
        organisation_name=asked.organisation_name,
        business_id=asked.business_id.text,
        country=asked.business_id.country,
        name=asked.name,
        email=asked.email.text,
        email_key=asked.email.key,
        phone=asked.phone.e164,
        role=asked.role,
        language=asked.language,
        client_address=by.address or "",
        asked_at=clock.now(),
        machine_at=clock.machine(),
    )


def _count(window: timedelta, **where: str) -> int:
    since = Admission.machine_at > clock.machine() - window
    return db.session.scalar(select(func.count(Admission.id)).filter_by(**where).where(since)) or 0


def _locked(business_id: str) -> Organisation | None:
    """The organisation, held until the transaction ends: of two who are let in at once the later is heard of by the earlier."""
    return db.session.scalar(select(Organisation).where(Organisation.business_id == business_id).with_for_update())


def _waiting_for(known: Organisation) -> list[Admission]:
    same = (Admission.business_id == known.business_id) & (Admission.state == AdmissionState.WAITING)
    return list(db.session.scalars(select(Admission).where(same).order_by(Admission.id)))


def _organisation_for(found: Admission, by: Actor) -> Organisation:
    """The one in the registry; else a new one, whose contact is the asker until they name another."""
    business_id = BusinessId(found.business_id, found.country)
    known = organisations.organisation_by_business_id(business_id.text)
    if known is not None:
        if _has_ended(known):
            raise Conflict("organisation_has_ended", typed=business_id.text)
        return known
    row = OrganisationRow(
        business_id=business_id,
        name=found.organisation_name,
        language=found.language,
        contact_name=found.name,
        contact_email=EmailAddress(found.email),
        contact_phone=PhoneNumber(found.phone),
        contact_language=found.language,
    )
    save_organisation(row, by)
    return organisation_of(row)


def _signatory_row(found: Admission, organisation: Organisation) -> SignatoryRow:
    known = organisations.person_by_email(found.email_key)
    holds = known is not None and organisations.may_sign(known.id, organisation.id, today())
    return SignatoryRow(
        business_id=BusinessId(found.business_id, found.country),
        email=EmailAddress(found.email),
        name=UNSAID if known else found.name,
        phone=UNSAID if known else PhoneNumber(found.phone),
        language=UNSAID if known else found.language,
        valid_from=UNSAID if holds else today(),
        valid_to=None,
    )


def _decided(found: Admission, verb: str, by: Actor, organisation_id: int | None, **details: str) -> None:
    within_transaction()
    audit.record(verb, found.subject, by=by, organisation_id=organisation_id, name=found.name, **details)
    outbox.queue(
        verb, {"admission": found.id}, subject=found.subject, send_before=None, organisation_id=organisation_id
    )


def _must_be_undecided(found: Admission) -> None:
    if found.state is not AdmissionState.WAITING:
        raise Conflict("admission_decided")


def _operator_id(by: Actor) -> int | None:
    return by.id if by.kind is ActorKind.OPERATOR else None


def _has_ended(found: Organisation) -> bool:
    return found.is_over(today())


def _contact_key(known: Organisation) -> str | None:
    return EmailAddress(known.contact_email).key if known.contact_email else None
