"""A person's own details, as an operator changes them: the e-mail address too, which is the key to signing in."""

from certportal import audit
from certportal.extensions import db, within_transaction
from certportal.identifiers import Actor
from certportal.refusals import Conflict
from certportal.registry import organisations, rules
from certportal.registry.models import Person
from certportal.registry.rules import PersonDetails


def save_person_details(found: Person, details: PersonDetails, by: Actor) -> bool:
    """A step: these details from now on, in every organisation that the person signs for. False: nothing was different.

    Refusals: person_exists (conflict) for an address that is another person's.
    """
    within_transaction()
    holder = organisations.person_by_email(details.email.key)
    if holder is not None and holder.id != found.id:
        raise Conflict("person_exists", name=holder.name, typed=details.email.text)
    before = {"name": found.name, "email": found.email, "phone": found.phone, "language": found.language}
    found.rename(details.name, details.phone, details.language)
    found.email = details.email.key
    after = {"name": found.name, "email": found.email, "phone": found.phone, "language": found.language}
    fields = rules.differences(before, after)
    if not fields:
        return False
    found.version += 1
    db.session.flush()
    changed = {field.field: [field.before, field.after] for field in fields}
    audit.record("person_changed", f"person:{found.id}", by=by, changed=changed)
    return True
