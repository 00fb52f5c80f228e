"""What an operator adds and edits, by the import's rules: the registry's own steps, each in one transaction.

``seen`` is the mark of what the form was opened on (``mark_of``): nobody saves over what somebody else has saved since.
"""

from typing import Any

from certportal.console import rules
from certportal.console.telling import tell_persons
from certportal.extensions import db, transaction, within_transaction
from certportal.identifiers import Actor
from certportal.outbox import service as outbox
from certportal.refusals import Conflict, NotFound
from certportal.registry import service as registry
from certportal.registry.importing import save
from certportal.registry.models import Organisation, Person, SigningRight
from certportal.registry.rows import AccessRightRow, ChannelRow, OrganisationRow, PurposeRow, SignatoryRow, TermsRow
from certportal.signin.service import end_sessions_of

Catalogue = ChannelRow | PurposeRow | TermsRow


def mark_of(*rows: Any) -> str:
    """A mark over every column of these rows: it differs as soon as anybody has changed one of them."""
    return rules.mark(getattr(row, column.key) for row in rows for column in row.__table__.columns)


def add_organisation(row: OrganisationRow, by: Actor) -> Organisation:
    """A use case. Refusals: organisation_exists (conflict); those of ``save_organisation``."""
    with transaction():
        if registry.organisation_by_business_id(row.business_id.text) is not None:
            raise Conflict("organisation_exists", typed=row.business_id.text)
        save(row, by)
        found = registry.organisation_by_business_id(row.business_id.text)
    if found is None:
        raise RuntimeError("an organisation that was added is not there")
    return found


def edit_organisation(organisation_id: int, seen: str, row: OrganisationRow, by: Actor) -> None:
    """A use case. The business ID stays: it stands in certificates. Refusals: changed_meanwhile (conflict)."""
    with transaction():
        found = registry.organisation(organisation_id)
        if found is None:
            raise NotFound("organisation_gone")
        rules.unchanged_since(seen, mark_of(found))
        save(row, by)


def add_signatory(row: SignatoryRow, by: Actor) -> None:
    """A use case: a right to sign, and the person where the address is new. One known by the address keeps name, number and
    language. The person, the others who may sign, and the organisation's contact are mailed.

    Refusals: signatory_exists (conflict) for one who may sign already; those of ``save_signing_right``."""
    with transaction():
        known = registry.person_by_email(row.email.key)
        organisation = registry.organisation_by_business_id(row.business_id.text)
        if known is not None and organisation is not None:
            if registry.may_sign(known.id, organisation.id, registry.today()):
                raise Conflict("signatory_exists", name=known.name)
            row = SignatoryRow(
                business_id=row.business_id, email=row.email, valid_from=row.valid_from, valid_to=row.valid_to
            )
        save(row, by)
        _tell_of_signatory(row)


def edit_signing_right(right_id: int, seen: str, row: SignatoryRow, by: Actor) -> None:
    """A use case: from when until when the person may sign. Refusals: changed_meanwhile (conflict); those of the dates."""
    with transaction() as session:
        found = session.get(SigningRight, right_id)
        if found is None:
            raise NotFound("signing_right_gone")
        rules.unchanged_since(seen, mark_of(found))
        save(row, by)


def give_access_right(row: AccessRightRow, by: Actor) -> None:
    """A use case: an access right without an application, such as one that was decided before the move to this service.

    Refusals: right_already_valid (conflict); those of ``save_access_right``.
    """
    with transaction():
        organisation = registry.organisation_by_business_id(row.business_id.text)
        channel = registry.channel_by_code(row.channel)
        if organisation is not None and channel is not None:
            present = registry.right_to(organisation.id, channel.id, registry.today())
            if present is not None and present.valid_to is None:
                raise Conflict("right_already_valid")
        save(row, by)


def edit_person(person_id: int, seen: str, details: registry.PersonDetails, by: Actor) -> None:
    """A use case: name, number, language, and the address that the person signs in with. A new address ends the open
    sign-ins, and both addresses are told.

    Refusals: changed_meanwhile (conflict); person_exists (conflict) for an address that is another person's.
    """
    with transaction() as session:
        found = session.get(Person, person_id, with_for_update=True)
        if found is None:
            raise NotFound("person_gone")
        rules.unchanged_since(seen, mark_of(found))
        old = found.email
        registry.save_person_details(found, details, by)
        if found.email != old:
            end_sessions_of(person_id)
            for address in (old, details.email.text):
                reference = {"person": person_id, "old": old, "new": details.email.text, "to": address}
                outbox.queue("sign_in_address_changed", reference, subject=f"person:{person_id}", send_before=None)


def save_in_catalogue(row: Catalogue, seen: str | None, by: Actor) -> None:
    """A use case: a channel, a purpose of use or a version of the terms. ``seen`` None: it is new.

    Refusals: code_taken (conflict); changed_meanwhile (conflict); terms_in_the_past; those of the registry's steps.
    """
    with transaction():
        present = _present(row)
        if seen is None and present is not None:
            raise Conflict("code_taken", key=row.key)
        if seen is not None:
            if present is None:
                raise NotFound("entry_gone")
            rules.unchanged_since(seen, mark_of(present))
        if isinstance(row, TermsRow) and not isinstance(row.in_force_from, registry.Unsaid):
            rules.terms_to_come(row.in_force_from, registry.today())
        save(row, by)


def newest_terms_version() -> int:
    """The number of the newest version of the terms; 0 before the first."""
    return max((each.version for each in registry.terms_versions()), default=0)


def _tell_of_signatory(row: SignatoryRow) -> None:
    """A step: nobody comes to sign for an organisation without those hearing of it who sign already."""
    within_transaction()
    organisation = registry.organisation_by_business_id(row.business_id.text)
    person = registry.person_by_email(row.email.key)
    if organisation is None or person is None:
        raise RuntimeError("a right to sign that was added is not there")
    right = next(each for each in registry.signing_rights(organisation.id) if each.person_id == person.id)
    others = [each.id for each in registry.signatories(organisation.id, registry.today()) if each.id != person.id]
    tell_persons("signing_right_added", organisation, [person.id, *others], {"right": right.id}, f"person:{person.id}")


def _present(row: Catalogue) -> Any:
    db.session.flush()
    match row:
        case ChannelRow():
            return registry.channel_by_code(row.channel)
        case PurposeRow():
            return registry.purpose_by_code(row.purpose)
        case TermsRow():
            return registry.terms(row.version)
