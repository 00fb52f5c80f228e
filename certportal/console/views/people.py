"""Persons: the list, one's page, and their details, with the address that they sign in with."""

from typing import Any

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, see_other, tell
from certportal.console import service
from certportal.console.blueprint import again, asked, blueprint, page_number
from certportal.console.forms.registering import PersonForm
from certportal.identifiers import EmailAddress, PhoneNumber
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.signin.guard import operator


@blueprint.get("/organisations/people")
@allow("operator")
def people() -> Response:
    """The list, with search."""
    words = asked("words")
    pages = service.people(words, page_number())
    return page(
        "console/people.html",
        "console/_people.html",
        pages=pages,
        rights=service.rights_of_people([each.id for each in pages.items]),
        words=words,
        today=registry.today(),
    )


@blueprint.get("/organisations/people/<int(max=2147483647):person_id>")
@allow("operator")
def person(person_id: int) -> Response:
    """One person: details, and for whom they sign."""
    return page("console/person.html", **_about(found(registry.person(person_id))))


@blueprint.get("/organisations/people/<int(max=2147483647):person_id>/edit")
@allow("operator")
def edit_person(person_id: int) -> Response:
    """The form for a person's details."""
    one = found(registry.person(person_id))
    return page("console/person_form.html", form=_saved(one), person=one)


@blueprint.post("/organisations/people/<int(max=2147483647):person_id>/edit")
@allow("operator")
def save_person(person_id: int) -> Response:
    """Change a person's details."""
    one, form = found(registry.person(person_id)), PersonForm()
    if not form.validate():
        return page("console/person_form.html", form=form, person=one, status=422)
    try:
        service.edit_person(person_id, str(form.seen.data or ""), form.details(), operator())
    except Refusal as refusal:
        now = _saved(found(registry.person(person_id)))
        differing = form.differing(now) if refusal.code == "changed_meanwhile" else []
        form.seen.data = now.seen.data
        return again("console/person_form.html", form, refusal, person=one, differing=differing)
    tell(gettext("The details have been saved."))
    return see_other("console.person", person_id=person_id)


def _about(one: Any) -> dict[str, Any]:
    return {"person": one, "rights": service.rights_of_people([one.id])[one.id], "today": registry.today()}


def _saved(one: Any) -> PersonForm:
    form = PersonForm(
        formdata=None,
        data={
            "name": one.name,
            "email": EmailAddress(one.email),
            "phone": PhoneNumber(one.phone) if one.phone else None,
            "language": one.language,
        },
    )
    form.seen.data = service.mark_of(one)
    return form
