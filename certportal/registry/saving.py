"""Adding or updating one thing by its key: the steps that the import and the operator's desk share.

Each takes a row, answers what it changed (None: nothing), and leaves an audit record. What is needed to add a thing and
was not said is a Refusal ``row_needs`` (``field``).
"""

from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select

from certportal import audit, clock
from certportal.extensions import db, within_transaction
from certportal.identifiers import Actor, BusinessId, Language
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import channels, organisations, rules
from certportal.registry.models import Channel, Organisation, Person, Purpose, SigningRight, Terms
from certportal.registry.organisations import today
from certportal.registry.rows import (
    UNSAID,
    Change,
    ChannelRow,
    Kind,
    OrganisationRow,
    PurposeRow,
    SignatoryRow,
    TermsRow,
    Unsaid,
    said,
)
from certportal.registry.rules import FieldChange

Model = TypeVar("Model", Organisation, Person, Channel, Purpose, Terms)


def save_organisation(row: OrganisationRow, by: Actor) -> Change | None:
    """A step: key is the business ID. Needs a name to be added; its language is Finnish unless said.

    Refusals: row_needs; organisation_other_register.
    """
    within_transaction()
    found = organisations.organisation_by_business_id(row.business_id.text)
    columns = row.columns()
    if found is None:
        _need(row, "name")
        language = said(row.language, Language.FI)
        defaults = {"language": language, "contact_language": language}
        added = Organisation(business_id=row.business_id.text, created_at=clock.now(), **defaults | columns)
        return _added(row, added, columns, "organisation", by)
    _same_register(found, row)
    fields = _amend(found, columns)
    if fields:
        found.version += 1
    return _changed(row, fields, f"organisation:{found.id}", by, found.id)


def organisation_of(row: Any) -> Organisation:
    """The organisation that a row names. Refusals: organisation_unknown; organisation_other_register."""
    found = organisations.organisation_by_business_id(row.business_id.text)
    if found is None:
        raise NotFound("organisation_unknown", typed=row.business_id.text)
    _same_register(found, row)
    return found


def save_person(row: SignatoryRow, language: Language, by: Actor) -> tuple[Person, tuple[FieldChange, ...]]:
    """A step: key is the e-mail address. Needs a name to be added; ``language`` serves unless the row says one."""
    within_transaction()
    found = organisations.person_by_email(row.email.key)
    columns = row.columns()
    if found is not None:
        fields = _amend(found, columns)
        if fields:
            found.version += 1
            audit.record("person_changed", f"person:{found.id}", by=by, changed=_listed(fields))
        return found, fields
    _need(row, "name")
    added = Person(email=row.email.key, created_at=clock.now(), **{"language": language} | columns)
    db.session.add(added)
    db.session.flush()
    audit.record("person_added", f"person:{added.id}", by=by, name=added.name)
    return added, rules.differences({}, columns)


def save_signing_right(row: SignatoryRow, by: Actor) -> Change | None:
    """A step: person and right to sign. Key is organisation and the person's e-mail address; from today unless said.

    A ``valid_from`` after the end of an earlier right begins a new one. Refusals: row_needs; organisation_unknown;
    organisation_other_register; right_ends_before_it_begins.
    """
    within_transaction()
    organisation = organisation_of(row)
    person, fields = save_person(row, organisation.language, by)
    query = select(SigningRight).where(
        SigningRight.organisation_id == organisation.id, SigningRight.person_id == person.id
    )
    right = db.session.scalar(query)
    if right is None:
        first, last = said(row.valid_from, today()), said(row.valid_to, None)
        rules.in_order(first, last)
        right = SigningRight(organisation=organisation, person=person, valid_from=first, valid_to=last)
        db.session.add(right)
        span: tuple[FieldChange, ...] = rules.differences({}, {"valid_from": first, "valid_to": last})
        verb = "added"
    else:
        span, verb = _amend_span(right, row.valid_from, row.valid_to), "changed"
    if span:
        audit.record(
            f"signing_right_{verb}",
            f"person:{person.id}",
            by=by,
            organisation_id=organisation.id,
            person=person.name,
            changed=_listed(span),
        )
    return Change(row.kind, row.key, verb, fields + span) if fields + span else None


def save_channel(row: ChannelRow, by: Actor) -> Change | None:
    """A step: key is the code. Needs its name in three languages to be added.

    Refusals: row_needs; channel_without_environment.
    """
    within_transaction()
    found = channels.channel_by_code(row.channel)
    columns = row.columns()
    if not (said(row.production, found.production if found else True) or said(row.test, found.test if found else True)):
        raise Refusal("channel_without_environment")
    if found is None:
        _need(row, "name_fi", "name_sv", "name_en")
        return _added(row, Channel(code=row.channel, **columns), columns, "channel", by)
    return _changed(row, _amend(found, columns), f"channel:{found.id}", by)


def save_purpose(row: PurposeRow, by: Actor) -> Change | None:
    """A step: key is the code. Needs its text in three languages to be added. Refusals: row_needs."""
    within_transaction()
    found = channels.purpose_by_code(row.purpose)
    columns = row.columns()
    if found is None:
        _need(row, "text_fi", "text_sv", "text_en")
        return _added(row, Purpose(code=row.purpose, **columns), columns, "purpose", by)
    return _changed(row, _amend(found, columns), f"purpose:{found.id}", by)


def save_terms(row: TermsRow, by: Actor) -> Change | None:
    """A step: key is the version. Needs its day and its text in three languages to be added.

    Refusals: row_needs; terms_in_force (conflict) for changing what organisations may already have accepted.
    """
    within_transaction()
    found = channels.terms(row.version)
    columns = row.columns()
    if found is None:
        _need(row, "in_force_from", "text_fi", "text_sv", "text_en")
        added = Terms(version=row.version, created_at=clock.now(), **columns)
        return _added(row, added, columns, "terms", by)
    was_in_force = found.in_force_from <= today()
    fields = _amend(found, columns)
    if fields and was_in_force:
        raise Conflict("terms_in_force", version=row.version)
    return _changed(row, fields, f"terms:{found.version}", by)


def _need(row: Any, *names: str) -> None:
    for name in names:
        if getattr(row, name) is UNSAID:
            raise Refusal("row_needs", field=name)


def _same_register(found: Organisation, row: Any) -> None:
    """One business ID is one organisation here, so that certificates' names never meet."""
    if BusinessId(found.business_id, found.country).register != row.business_id.register:
        raise Conflict("organisation_other_register", typed=row.business_id.text, country=found.country)


def _amend(found: Model, columns: dict[str, object]) -> tuple[FieldChange, ...]:
    fields = rules.differences({name: getattr(found, name) for name in columns}, columns)
    for field in fields:
        setattr(found, field.field, columns[field.field])
    return fields


def _amend_span(
    right: SigningRight, valid_from: date | Unsaid, valid_to: date | Unsaid | None
) -> tuple[FieldChange, ...]:
    first, last = said(valid_from, right.valid_from), said(valid_to, right.valid_to)
    if valid_to is UNSAID and last is not None and first > last:
        last = None  # a right that begins after the earlier one ended is a new one
    if valid_from is not UNSAID:
        rules.in_order(first, last)
    before = {"valid_from": right.valid_from, "valid_to": right.valid_to}
    right.valid_from, right.valid_to = first, last
    return rules.differences(before, {"valid_from": first, "valid_to": last})


def _added(row: Any, added: Any, columns: dict[str, object], noun: str, by: Actor) -> Change:
    db.session.add(added)
    db.session.flush()
    organisation_id = added.id if row.kind is Kind.ORGANISATIONS else None
    number = added.version if row.kind is Kind.TERMS else added.id
    audit.record(f"{noun}_added", f"{noun}:{number}", by=by, organisation_id=organisation_id, key=row.key)
    return Change(row.kind, row.key, "added", rules.differences({}, columns))


def _changed(
    row: Any, fields: tuple[FieldChange, ...], subject: str, by: Actor, organisation_id: int | None = None
) -> Change | None:
    if not fields:
        return None
    verb = f"{subject.partition(':')[0]}_changed"
    audit.record(verb, subject, by=by, organisation_id=organisation_id, key=row.key, changed=_listed(fields))
    return Change(row.kind, row.key, "changed", fields)


def _listed(fields: tuple[FieldChange, ...]) -> dict[str, list[object]]:
    return {field.field: [field.before, field.after] for field in fields}
