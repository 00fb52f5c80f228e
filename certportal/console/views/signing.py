"""Who may sign for an organisation and what access rights it has: giving, changing the days, ending with a reason."""

from typing import Any

from flask_babel import get_locale
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from certportal.access import service as access
from certportal.answers import allow, found, page, see_other, tell
from certportal.console import service
from certportal.console.blueprint import again, blueprint
from certportal.console.forms.reasons import EndAccessForm, EndForm
from certportal.console.forms.registering import AccessRightForm, SignatoryForm, SpanForm
from certportal.identifiers import BusinessId, EmailAddress
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.registry.service import SignatoryRow
from certportal.signin.guard import operator

PLACE = "/organisations/<int(max=2147483647):organisation_id>"
RIGHT = f"{PLACE}/signatories/<int(max=2147483647):right_id>"
ACCESS = f"{PLACE}/access-rights/<int(max=2147483647):right_id>"


@blueprint.get(f"{PLACE}/signatories/new")
@allow("operator")
def new_signatory(organisation_id: int) -> Response:
    """The form for one more who may sign."""
    one = found(registry.organisation(organisation_id))
    form = SignatoryForm(
        formdata=None, home=one.country, data={"valid_from": registry.today(), "language": one.language}
    )
    return page("console/signatory_form.html", form=form, organisation=one)


@blueprint.post(f"{PLACE}/signatories/new")
@allow("operator")
def add_signatory(organisation_id: int) -> Response:
    """Give a person the right to sign."""
    one = found(registry.organisation(organisation_id))
    form = SignatoryForm(home=one.country)
    if not form.validate():
        return page("console/signatory_form.html", form=form, organisation=one, status=422)
    try:
        service.add_signatory(form.row(_business_id(one)), operator())
    except Refusal as refusal:
        return again("console/signatory_form.html", form, refusal, organisation=one)
    tell(gettext("%(name)s may sign for the organisation.", name=form.name.data or ""))
    return see_other("console.organisation", organisation_id=organisation_id)


@blueprint.get(RIGHT)
@allow("operator")
def signing_right(organisation_id: int, right_id: int) -> Response:
    """The days of a right to sign."""
    right = _right(organisation_id, right_id)
    return page("console/signing_right.html", form=_span(right), right=right)


@blueprint.post(RIGHT)
@allow("operator")
def save_signing_right(organisation_id: int, right_id: int) -> Response:
    """Change the days of a right to sign."""
    right, form = _right(organisation_id, right_id), SpanForm()
    if not form.validate():
        return page("console/signing_right.html", form=form, right=right, status=422)
    row = SignatoryRow(
        business_id=_business_id(right.organisation),
        email=EmailAddress(right.person.email),
        valid_from=form.valid_from.data or right.valid_from,
        valid_to=form.valid_to.data,
    )
    try:
        service.edit_signing_right(right_id, str(form.seen.data or ""), row, operator())
    except Refusal as refusal:
        now = _span(_right(organisation_id, right_id))
        differing = form.differing(now)
        form.seen.data = now.seen.data
        return again("console/signing_right.html", form, refusal, right=right, differing=differing)
    tell(gettext("The days have been saved."))
    return see_other("console.organisation", organisation_id=organisation_id)


@blueprint.get(f"{RIGHT}/end")
@allow("operator")
def end_signing_right(organisation_id: int, right_id: int) -> Response:
    """What ending a right to sign means, before it is done."""
    about = _ending(_right(organisation_id, right_id))
    return page("console/end_signing_right.html", form=EndForm(formdata=None), **about)


@blueprint.post(f"{RIGHT}/end")
@allow("operator")
def end_signing_right_now(organisation_id: int, right_id: int) -> Response:
    """End a right to sign, with a reason."""
    about, form = _ending(_right(organisation_id, right_id)), EndForm()
    if not form.validate():
        return page("console/end_signing_right.html", form=form, status=422, **about)
    try:
        service.end_signing_right(right_id, form.last_day.data, form.reason.data or "", operator())
    except Refusal as refusal:
        return again("console/end_signing_right.html", form, refusal, **about)
    tell(gettext("The end has been recorded, and those concerned are told by e-mail."))
    return see_other("console.organisation", organisation_id=organisation_id)


@blueprint.get(f"{PLACE}/access-rights/new")
@allow("operator")
def new_access_right(organisation_id: int) -> Response:
    """The form for an access right without an application."""
    one = found(registry.organisation(organisation_id))
    form = _access_form(formdata=None, data={"valid_from": registry.today()})
    return page("console/access_right_form.html", form=form, organisation=one)


@blueprint.post(f"{PLACE}/access-rights/new")
@allow("operator")
def give_access_right(organisation_id: int) -> Response:
    """Give an access right."""
    one, form = found(registry.organisation(organisation_id)), _access_form()
    if not form.validate():
        return page("console/access_right_form.html", form=form, organisation=one, status=422)
    try:
        service.give_access_right(form.row(_business_id(one)), operator())
    except Refusal as refusal:
        return again("console/access_right_form.html", form, refusal, organisation=one)
    tell(gettext("The access right has been given."))
    return see_other("console.organisation", organisation_id=organisation_id)


@blueprint.get(f"{ACCESS}/end")
@allow("operator")
def end_access_right(organisation_id: int, right_id: int) -> Response:
    """What ending an access right means, before it is done."""
    return page(
        "console/end_access_right.html", form=EndAccessForm(formdata=None), **_access(organisation_id, right_id)
    )


@blueprint.post(f"{ACCESS}/end")
@allow("operator")
def end_access_right_now(organisation_id: int, right_id: int) -> Response:
    """End an access right, with a reason."""
    about, form = _access(organisation_id, right_id), EndAccessForm()
    if not form.validate():
        return page("console/end_access_right.html", form=form, status=422, **about)
    last_day = form.last_day.data or registry.today()
    try:
        access.end_access_right(right_id, last_day, form.reason.data or "", operator(), form.then())
    except Refusal as refusal:
        return again("console/end_access_right.html", form, refusal, **about)
    tell(gettext("The end has been recorded, and the signatories are told by e-mail."))
    return see_other("console.organisation", organisation_id=organisation_id)


def _right(organisation_id: int, right_id: int) -> Any:
    right = found(registry.signing_right(right_id))
    if right.organisation_id != organisation_id:
        raise NotFound
    return right


def _span(right: Any) -> SpanForm:
    form = SpanForm(formdata=None, data={"valid_from": right.valid_from, "valid_to": right.valid_to})
    form.seen.data = service.mark_of(right)
    return form


def _ending(right: Any) -> dict[str, Any]:
    return {"right": right, "concerned": service.concerned(right.organisation_id, right.person_id)}


def _access(organisation_id: int, right_id: int) -> dict[str, Any]:
    right = found(registry.access_right(right_id))
    if right.organisation_id != organisation_id:
        raise NotFound
    return {"right": right, "use": access.using(organisation_id, right.channel_id)}


def _access_form(**kwargs: Any) -> AccessRightForm:
    language = str(get_locale())[:2]
    form = AccessRightForm(**kwargs)
    form.offer((each.code, each.name(language)) for each in registry.channels())
    return form


def _business_id(one: Any) -> BusinessId:
    return BusinessId(one.business_id, one.country)
