"""Views: why a new certificate is needed, what is offered, the checks of single answers, and the list of drafts."""

from contextlib import suppress
from typing import Any

from flask import abort, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from certportal.answers import allow, go_to, page, see_other, tell, wants_partial
from certportal.identifiers import Environment
from certportal.languages import gettext
from certportal.orders import service
from certportal.orders.blueprint import DRAFT, blueprint, my_certificate, place
from certportal.orders.forms import ApplicationForm, typed_answers
from certportal.orders.reasons import ReasonForm
from certportal.refusals import Conflict
from certportal.routing import row_number
from certportal.sentences import sentence
from certportal.signin.guard import acting

CARRIED_ON = ("channel", "environment", "replaces", "earlier")
CHECKED = ("description", "my_mobile", "name", "company", "mobile", "email", "second_email")


@blueprint.get("/new")
@allow("signatory")
def new() -> Response:
    """Why a new certificate is needed. Whoever has ordered none yet, or says it in the address, goes straight on."""
    offered = service.reasons_offered(acting().organisation.id)
    wanted: dict[str, Any] = {name: request.args[name] for name in CARRIED_ON if request.args.get(name)}
    replaced = request.args.get("replaces", type=row_number)
    if replaced is not None:
        with suppress(NotFound):  # nobody's of theirs fills in nothing
            my_certificate(replaced, url_for("orders.new"))
    if not (offered.certificates or offered.has_ordered) or wanted.keys() & {"replaces", "earlier"}:
        return go_to(url_for("orders.application", reason=_reason(wanted), **wanted))
    return why_page(ReasonForm(offered, formdata=None), offered, _address())


@blueprint.post("/new")
@allow("signatory")
def choose_reason() -> Response:
    """The reason is chosen: on to the form, with what it takes the place of filled in."""
    offered = service.reasons_offered(acting().organisation.id)
    form = ReasonForm(offered, request.form)
    if not form.validate():
        return why_page(form, offered, _address(), status=422)
    chosen: dict[str, Any] = {name: request.args[name] for name in ("channel", "environment") if request.args.get(name)}
    if form.reason.data == "replaces":
        chosen = {"replaces": form.replaces.data or ""}
    if form.reason.data == "retrieval_failed":
        chosen = {"earlier": form.earlier.data or ""}
    return see_other("orders.application", reason=form.reason.data, **chosen)


@blueprint.get("/drafts")
@allow("signatory")
def drafts() -> Response:
    """The organisation's drafts, whoever began them."""
    organisation = acting().organisation
    found = service.drafts_of(organisation.id)
    return page("orders/drafts.html", drafts=found, channels=service.draft_names(found), back=_home())


@blueprint.post(f"{DRAFT}/delete")
@allow("signatory")
def delete_draft(draft_id: int) -> Response:
    """The draft is not wanted any more."""
    try:
        service.delete_draft(draft_id, acting())
    except Conflict as refusal:
        tell(sentence(refusal), "info")
    else:
        tell(gettext("The draft is deleted."))
    return see_other("orders.drafts")


@blueprint.get(f"{DRAFT}/delete")
@allow("signatory")
def deleted(draft_id: int) -> Response:
    """Where a changed language leads from a page that answered the deletion."""
    return see_other("orders.drafts")


@blueprint.post("/check/<field>")
@allow("signatory")
def check(field: str) -> Response:
    """One answer, checked as soon as it is given."""
    if field not in CHECKED:
        abort(404)
    form = form_of(typed_answers(request.form))
    form.validate_one(field)
    if field == "description":
        form.describe(bool(others_of(form)))
    if not wants_partial():
        return see_other("orders.new")
    return page(f"orders/_{field}.html", form=form, status=422 if form[field].errors else 200)


@blueprint.post("/others")
@allow("signatory")
def others() -> Response:
    """What the organisation has on the channel that was just chosen."""
    form = form_of(typed_answers(request.form))
    if not wants_partial():
        return see_other("orders.new")
    return page("orders/_others.html", others=others_of(form), form=form)


def form_of(answers: dict[str, Any]) -> ApplicationForm:
    """The form with these answers, and what the one who acts may choose from. When what was to give way no longer can, it is an
    application for an additional certificate, and can be sent as such."""
    gone = service.gone(acting().organisation.id, answers)
    if gone is not None:
        answers = answers | service.ADDITIONAL
    form = ApplicationForm(answers, service.offered(acting(), answers))
    form.gone = gone
    return form


def others_of(form: ApplicationForm) -> list[service.Neighbour]:
    """What is on the chosen channel already, but for what the new certificate takes the place of."""
    if form.offered.channel(form.channel.data) is None or not isinstance(form.environment.data, Environment):
        return []
    mine = acting().organisation.id
    earlier = service.order_by_number(form.carried["earlier"], mine) if form.carried["earlier"] else None
    return service.neighbours(
        mine,
        form.channel.data,
        form.environment.data,
        certificate_id=form.replaced_id,
        order_id=earlier.id if earlier is not None else None,
    )


def why_page(
    form: ReasonForm, offered: Any, address: str, *, back: str = "", draft: Any = None, status: int = 200
) -> Response:
    """The question why a new certificate is needed, asked at first or again of a draft. It is answered to ``address``."""
    return page(
        "orders/why.html",
        form=form,
        offered=offered,
        address=address,
        back=back or _home(),
        draft=draft,
        status=status,
    )


def _address() -> str:
    query: dict[str, Any] = {name: request.args[name] for name in ("channel", "environment") if request.args.get(name)}
    return url_for("orders.new", **query)


def _reason(wanted: dict[str, Any]) -> str:
    return "retrieval_failed" if "earlier" in wanted else "replaces" if "replaces" in wanted else "additional"


def _home() -> str:
    return place("certificates.index")
