"""What signatories change themselves: the organisation's contact, and their own name, number and language."""

from certportal import audit
from certportal.extensions import transaction
from certportal.identifiers import Actor, Language, PhoneNumber
from certportal.registry import rules
from certportal.registry.models import Organisation, Person
from certportal.registry.organisations import save_organisation_contact
from certportal.registry.rules import OrganisationContact


def edit_organisation_contact(organisation_id: int, version: int, contact: OrganisationContact, by: Actor) -> bool:
    """A use case: whom the service writes to about the organisation. ``version`` is the one that the form was made from.

    False: nothing was different. Refusals: organisation_changed_meanwhile (conflict).
    """
    with transaction() as session:
        found = session.get_one(Organisation, organisation_id)
        rules.unchanged_since(version, found.version, "organisation_changed_meanwhile")
        return save_organisation_contact(organisation_id, contact, by)


def edit_person(
    person_id: int, version: int, name: str, phone: PhoneNumber | None, language: Language, by: Actor
) -> bool:
    """A use case: a person's own details, the same for every organisation they sign for.

    False: nothing was different. Refusals: person_changed_meanwhile (conflict).
    """
    with transaction() as session:
        found = session.get_one(Person, person_id)
        rules.unchanged_since(version, found.version, "person_changed_meanwhile")
        before = {"name": found.name, "phone": found.phone, "language": found.language}
        found.rename(name, phone, language)
        after = {"name": found.name, "phone": found.phone, "language": found.language}
        fields = rules.differences(before, after)
        if not fields:
            return False
        found.version += 1
        changed = {field.field: [field.before, field.after] for field in fields}
        audit.record("person_changed", f"person:{person_id}", by=by, changed=changed)
        return True
