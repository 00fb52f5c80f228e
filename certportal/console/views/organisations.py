"""Organisations: the list, the page of one, adding, editing, ending, and taking into use again."""

from typing import Any

from werkzeug.wrappers import Response

from certportal import clock
from certportal.acts import act
from certportal.answers import allow, found, page, see_other, tell
from certportal.console import registers, searching, service
from certportal.console.blueprint import again, asked, blueprint, page_number
from certportal.console.forms.reasons import EndOrganisationForm
from certportal.console.forms.registering import OrganisationForm, edit_organisation_form
from certportal.identifiers import BusinessId, EmailAddress, PhoneNumber
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.signin.guard import operator


@blueprint.get("/organisations")
@allow("operator")
def organisations() -> Response:
    """The list, with search."""
    words, state = asked("words"), asked("state", 20)
    pages = registers.organisations(words, state, page_number())
    return page(
        "console/organisations.html",
        "console/_organisations.html",
        pages=pages,
        counts=registers.counts(pages),
        words=words,
        state=state,
        today=registry.today(),
    )


@blueprint.get("/organisations/new")
@allow("operator")
def new_organisation() -> Response:
    """The form for a new organisation."""
    return page("console/organisation_form.html", form=OrganisationForm(formdata=None), organisation=None)


@blueprint.post("/organisations/new")
@allow("operator")
def add_organisation() -> Response:
    """Add an organisation."""
    form = OrganisationForm()
    form.home = form.country.data
    if not form.validate():
        return page("console/organisation_form.html", form=form, organisation=None, status=422)
    try:
        added = service.add_organisation(form.row(), operator())
    except Refusal as refusal:
        return again("console/organisation_form.html", form, refusal, organisation=None)
    tell(gettext("%(name)s has been added. Next, say who may sign for it.", name=added.name))
    return see_other("console.organisation", organisation_id=added.id)


@blueprint.get("/organisations/<int(max=2147483647):organisation_id>")
@allow("operator")
def organisation(organisation_id: int) -> Response:
    """Everything about one organisation."""
    about = found(service.about(organisation_id))
    standings = searching.standings(about.orders)
    return page("console/organisation.html", about=about, standings=standings, act=act, now=clock.now())


@blueprint.get("/organisations/<int(max=2147483647):organisation_id>/edit")
@allow("operator")
def edit_organisation(organisation_id: int) -> Response:
    """The form for an organisation that is there."""
    one = found(registry.organisation(organisation_id))
    return page("console/organisation_form.html", form=_saved(one), organisation=one)


@blueprint.post("/organisations/<int(max=2147483647):organisation_id>/edit")
@allow("operator")
def save_organisation(organisation_id: int) -> Response:
    """Change its details."""
    one = found(registry.organisation(organisation_id))
    form = edit_organisation_form(home=one.country)
    if not form.validate():
        return page("console/organisation_form.html", form=form, organisation=one, status=422)
    row = form.row(BusinessId(one.business_id, one.country))
    try:
        service.edit_organisation(organisation_id, str(form.seen.data or ""), row, operator())
    except Refusal as refusal:
        now = _saved(found(registry.organisation(organisation_id)))
        differing = form.differing(now)
        form.seen.data = now.seen.data
        return again("console/organisation_form.html", form, refusal, organisation=one, differing=differing)
    tell(gettext("The details have been saved."))
    return see_other("console.organisation", organisation_id=organisation_id)


@blueprint.get("/organisations/<int(max=2147483647):organisation_id>/end")
@allow("operator")
def end_organisation(organisation_id: int) -> Response:
    """What ending means, before it is done."""
    return page("console/end_organisation.html", form=EndOrganisationForm(formdata=None), **_ending(organisation_id))


@blueprint.post("/organisations/<int(max=2147483647):organisation_id>/end")
@allow("operator")
def end_organisation_now(organisation_id: int) -> Response:
    """End its use of the service, with a reason."""
    about, form = _ending(organisation_id), EndOrganisationForm()
    if not form.validate():
        return page("console/end_organisation.html", form=form, status=422, **about)
    try:
        service.end_organisation(organisation_id, form.last_day.data, form.reason.data or "", operator(), form.then())
    except Refusal as refusal:
        return again("console/end_organisation.html", form, refusal, **about)
    tell(gettext("The end has been recorded, and those concerned are told by e-mail."))
    return see_other("console.organisation", organisation_id=organisation_id)


@blueprint.post("/organisations/<int(max=2147483647):organisation_id>/reopen")
@allow("operator")
def reopen_organisation(organisation_id: int) -> Response:
    """Take it into use again: who may sign is as it was."""
    one = found(registry.organisation(organisation_id))
    service.reopen_organisation(organisation_id, operator())
    tell(gettext("%(name)s uses the service again.", name=one.name))
    return see_other("console.organisation", organisation_id=organisation_id)


def _saved(one: Any) -> OrganisationForm:
    """The form as it is saved now."""
    form = edit_organisation_form(
        formdata=None,
        home=one.country,
        data={
            "name": one.name,
            "language": one.language,
            "contact_name": one.contact_name,
            "contact_email": EmailAddress(one.contact_email) if one.contact_email else None,
            "contact_phone": PhoneNumber(one.contact_phone) if one.contact_phone else None,
            "contact_language": one.contact_language,
        },
    )
    form.seen.data = service.mark_of(one)
    return form


def _ending(organisation_id: int) -> dict[str, Any]:
    one = found(registry.organisation(organisation_id))
    return {"organisation": one, "concerned": service.concerned(organisation_id)}
