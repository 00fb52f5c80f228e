"""Asking to be let in; the organisation's own page; the terms of use.

The sign-in room stands above this one, so who acts is taken from ``g``, where its guard has put it.
"""

from typing import Any

from flask import Blueprint, g, request, session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, see_other, status_of, tell, wants_partial
from certportal.fields import Form
from certportal.formats import language
from certportal.identifiers import Actor, ActorKind, PhoneNumber
from certportal.languages import gettext
from certportal.refusals import Conflict, Refusal, TooMany
from certportal.registry import admissions
from certportal.registry import service as registry
from certportal.registry.forms import AskForm, OrganisationContactForm, PersonForm
from certportal.sentences import sentence

blueprint = Blueprint("registry", __name__)

CHECKED = {"business-id": "business_id", "email": "email", "phone": "phone"}
"""Fields that are checked as they are filled in, by the last part of the address."""


@blueprint.get("/sign-in/not-here-yet")
@allow("anonymous")
def ask() -> Response:
    """The form by which somebody asks to be let in."""
    return page("registry/ask.html", form=AskForm(formdata=None, data={"language": language()}))


@blueprint.post("/sign-in/not-here-yet")
@allow("anonymous")
def send_request() -> Response:
    """Ask to be let in."""
    form = AskForm()
    if not form.validate():
        return page("registry/ask.html", form=form, status=422)
    asked = form.asked()
    try:
        admissions.ask(asked, g.actor or Actor(ActorKind.ANONYMOUS, None, asked.name, request.remote_addr))
    except TooMany as refusal:
        return _again("registry/ask.html", None, form, refusal)
    return see_other("registry.asked")


@blueprint.post("/sign-in/not-here-yet/check/<field>")
@allow("anonymous")
def check_request(field: str) -> Response:
    """One field of that form, checked on change."""
    name = found(CHECKED.get(field))
    form = AskForm()
    valid = form[name].validate(form)
    return page(f"registry/_ask_{name}.html", form=form, status=200 if valid else 422)


@blueprint.get("/sign-in/not-here-yet/sent")
@allow("anonymous")
def asked() -> Response:
    """What happens next, the same for everybody: it does not tell whether the service knows the organisation."""
    return page("registry/asked.html")


@blueprint.get("/organisation")
@allow("signatory")
def organisation() -> Response:
    """The organisation acted for: who signs, who is its contact, and one's own details."""
    return page("registry/organisation.html", **_organisation())


@blueprint.get("/organisation/contact")
@allow("signatory")
def contact() -> Response:
    """The form for the organisation's contact."""
    mine = g.standing.organisation
    form = OrganisationContactForm(
        formdata=None,
        home=mine.country,
        data={
            "name": mine.contact_name,
            "email": mine.contact_email,
            "phone": _number(mine.contact_phone),
            "language": mine.contact_language if mine.contact_email else mine.language,
        },
    )
    form.show_version(mine.version)
    return page("registry/contact.html", "registry/_contact_form.html", form=form, **_organisation())


@blueprint.post("/organisation/contact")
@allow("signatory")
def save_contact() -> Response:
    """Change the organisation's contact."""
    mine = g.standing.organisation
    form = OrganisationContactForm(home=mine.country)
    templates = ("registry/contact.html", "registry/_contact_form.html")
    if not form.validate():
        return page(*templates, form=form, status=422, **_organisation())
    try:
        registry.edit_organisation_contact(mine.id, form.seen, form.contact(), g.actor)
    except Conflict as refusal:
        form.show_version(found(registry.organisation(mine.id)).version)
        return _again(*templates, form, refusal, **_organisation())
    if wants_partial():
        return page("registry/organisation.html", "registry/_contact.html", saved=True, **_organisation())
    tell(gettext("The organisation’s contact person has been saved."))
    return see_other("registry.organisation")


@blueprint.get("/organisation/me")
@allow("signatory")
def me() -> Response:
    """The form for one's own details."""
    who = g.standing.person
    form = PersonForm(
        formdata=None,
        home=g.standing.organisation.country,
        data={"name": who.name, "phone": _number(who.phone), "language": who.language},
    )
    form.show_version(who.version)
    return page("registry/me.html", form=form, person=who)


@blueprint.post("/organisation/me")
@allow("signatory")
def save_me() -> Response:
    """Change one's own details; the pages follow the language at once."""
    who = g.standing.person
    form = PersonForm(home=g.standing.organisation.country)
    if not form.validate():
        return page("registry/me.html", form=form, person=who, status=422)
    try:
        registry.edit_person(who.id, form.seen, form.name.data or "", form.phone.data, form.language.data, g.actor)
    except Conflict as refusal:
        now = found(registry.person(who.id))
        form.show_version(now.version)
        return _again("registry/me.html", None, form, refusal, person=now)
    session["language"] = form.language.data.value
    tell(gettext("Your details have been saved."))
    return see_other("registry.organisation")


@blueprint.get("/terms/<int:version>")
@allow("anonymous")
def terms(version: int) -> Response:
    """One version of the terms of use, in three languages."""
    if version > 2**31:
        raise NotFound
    return page("registry/terms.html", terms=found(registry.terms(version)), today=registry.today())


def _organisation() -> dict[str, Any]:
    mine = found(registry.organisation(g.standing.organisation.id))
    return {
        "organisation": mine,
        "rights": registry.rights_to_sign(mine.id, registry.today()),
        "person": found(registry.person(g.standing.person.id)),
        "inline": wants_partial(),
    }


def _again(template: str, partial: str | None, form: Form, refusal: Refusal, **context: Any) -> Response:
    """The form again, with what was typed and why it was not taken. htmx puts in nothing but 422."""
    status = 422 if wants_partial() and partial else status_of(refusal)
    said = {"messages": [sentence(refusal)], "form_errors": True}
    return page(template, partial, form=form, status=status, **said, **context)


def _number(e164: str) -> PhoneNumber | None:
    return PhoneNumber(e164) if e164 else None
