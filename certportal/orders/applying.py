"""Views: the application form, kept as a draft from the first press on; check your answers; send."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, page, see_other, status_of, tell
from certportal.formats import as_date
from certportal.languages import gettext
from certportal.orders import service
from certportal.orders.beginning import form_of, others_of
from certportal.orders.blueprint import DRAFT, blueprint, my_draft, place, version_sent
from certportal.orders.forms import REASONS, ApplicationForm, typed_answers
from certportal.orders.service import OrderDraft, OrderReason
from certportal.refusals import Conflict, Refusal
from certportal.routing import row_number
from certportal.sentences import sentence
from certportal.signin.guard import acting

STILL_IN_USE = frozenset({"draft_changed", "draft_deleted"})
"""Refusals after which the page comes back with what was typed."""


@blueprint.get("/application")
@allow("signatory")
def application() -> Response:
    """The empty form, or one filled in with what the new certificate takes the place of."""
    return _form_page(form_of(_first_answers()))


@blueprint.post("/application")
@allow("signatory")
def begin() -> Response:
    """What was typed becomes a draft; on to check your answers, or back to what is missing."""
    return _kept(None, _checked_or_again)


@blueprint.post("/application/later")
@allow("signatory")
def begin_for_later() -> Response:
    """Finish later: what was typed becomes a draft, whatever it is."""
    return _kept(None, _for_later)


@blueprint.get("/application/later")
@allow("signatory")
def begun_for_later() -> Response:
    """Where a changed language leads from a page that answered "finish later"."""
    return see_other("orders.drafts")


@blueprint.get(DRAFT)
@allow("signatory")
def draft(draft_id: int) -> Response:
    """The draft's form, as it was left."""
    try:
        found = my_draft(draft_id)
    except Conflict as refusal:
        return _gone(draft_id, refusal)
    return _form_page(_form_of(found), found)


@blueprint.post(DRAFT)
@allow("signatory")
def save(draft_id: int) -> Response:
    """The draft's next version; on to check your answers, or back to what is missing."""
    return _kept(draft_id, _checked_or_again)


@blueprint.post(f"{DRAFT}/later")
@allow("signatory")
def save_for_later(draft_id: int) -> Response:
    """Finish later: the draft's next version, whatever it is."""
    return _kept(draft_id, _for_later)


@blueprint.get(f"{DRAFT}/later")
@blueprint.get(f"{DRAFT}/send", endpoint="checked")
@allow("signatory")
def saved(draft_id: int) -> Response:
    """Where a changed language leads from a page that answered one of the draft's verbs."""
    return see_other("orders.draft", draft_id=draft_id)


@blueprint.get(f"{DRAFT}/check")
@allow("signatory")
def check_answers(draft_id: int) -> Response:
    """Check your answers. A draft that is not complete shows its form and what is missing."""
    try:
        found = my_draft(draft_id)
    except Conflict as refusal:
        return _gone(draft_id, refusal)
    form = _form_of(found)
    return _check_page(found, form) if _is_valid(form) else _form_page(form, found, status=422)


@blueprint.post(f"{DRAFT}/send")
@allow("signatory")
def send(draft_id: int) -> Response:
    """Send the application: the contact gets the secure e-mail at once. A second press shows the same order."""
    mine = acting()
    sent = service.order_of_draft(draft_id, mine.organisation.id)
    if sent is not None:
        return see_other("orders.show", number=sent.number)
    try:
        found = my_draft(draft_id)
    except Conflict as refusal:
        return _gone(draft_id, refusal)
    form = _form_of(found)
    if not _is_valid(form):
        return _form_page(form, found, status=422)
    if request.form.get("reason", form.carried["reason"]) != form.carried["reason"]:
        return _check_page(found, form, messages=[sentence(Conflict(form.gone or "answers_changed"))], status=409)
    version = version_sent()
    try:
        order = service.place_order(draft_id, version, form.answers(_earlier_id(form)), mine)
    except Refusal as refusal:
        if refusal.code == "draft_changed":
            refusal = Conflict("answers_changed")
        return _check_page(found, form, messages=[sentence(refusal)], status=status_of(refusal))
    tell(
        gettext("The application has been sent. The secure e-mail is on its way to %(name)s.", name=order.contact.name)
    )
    return see_other("orders.show", number=order.number)


def _kept(draft_id: int | None, then: Any) -> Response:
    """Save what was typed, then answer; when it cannot be saved, what was typed is on the page again."""
    mine, typed = acting(), typed_answers(request.form)
    version, key = version_sent(), request.form.get("key", "")[:43]
    try:
        if draft_id is None:
            found = service.begin_draft(key or clock.random_token(), typed, mine)
        else:
            found = service.save_draft(draft_id, version, typed, mine)
    except Conflict as refusal:
        return _not_kept(draft_id, key, typed, refusal)
    return then(found)


def _not_kept(draft_id: int | None, key: str, typed: dict[str, Any], refusal: Conflict) -> Response:
    mine = acting().organisation.id
    sent = service.order_of_key(key, mine) if draft_id is None else service.order_of_draft(draft_id, mine)
    if sent is not None:
        tell(sentence(refusal), "info")
        return see_other("orders.show", number=sent.number)
    form = form_of(typed)
    known = service.draft_now(draft_id, key, mine) if refusal.code == "draft_changed" else None
    return _form_page(form, known, messages=[sentence(refusal)], status=409)


def _checked_or_again(found: OrderDraft) -> Response:
    form = _form_of(found)
    if _is_valid(form):
        return see_other("orders.check_answers", draft_id=found.id)
    return _form_page(form, found, status=422)


def _for_later(found: OrderDraft) -> Response:
    tell(gettext("The draft is saved. You can go on with it whenever you like."))
    return see_other("orders.drafts")


def _gone(draft_id: int, refusal: Conflict) -> Response:
    """A draft that is no longer one: to the order that it became, or to the drafts that are left."""
    sent = service.order_of_draft(draft_id, acting().organisation.id)
    if sent is not None:
        tell(sentence(refusal), "info")
        return see_other("orders.show", number=sent.number)
    tell(gettext("This draft has been deleted."), "info")
    return see_other("orders.drafts")


def _is_valid(form: ApplicationForm) -> bool:
    valid = form.validate()
    fits = form.succeed(service.replaced_certificate(acting().organisation.id, form.replaced_id))
    return form.describe(bool(others_of(form))) and fits and valid


def _form_of(found: OrderDraft) -> ApplicationForm:
    return form_of(found.answers)


def _earlier_id(form: ApplicationForm) -> int | None:
    earlier = service.order_by_number(form.carried["earlier"], acting().organisation.id)
    return earlier.id if earlier is not None else None


def _first_answers() -> dict[str, Any]:
    """What the form begins with: what gives way, or the channel that a link elsewhere named."""
    given = request.args.get("reason", "additional")
    reason = OrderReason(given if given in REASONS else "additional")
    answers = service.prefilled(
        acting(), reason, request.args.get("replaces", type=row_number), request.args.get("earlier")
    )
    named = {name: request.args[name] for name in ("channel", "environment") if request.args.get(name)}
    return named | answers


def _begun_with() -> dict[str, Any]:
    """What the address of the empty form says of it."""
    known = ("reason", "replaces", "earlier", "channel", "environment")
    return {name: request.args[name] for name in known if request.args.get(name)}


def _form_page(
    form: ApplicationForm, found: OrderDraft | None = None, *, messages: list[str] | None = None, status: int = 200
) -> Response:
    mine = acting().organisation.id
    earlier = form.carried["earlier"]
    return page(
        "orders/application.html",
        form=form,
        offered=form.offered,
        draft=found,
        key=clock.random_token(),
        others=others_of(form),
        replaces=service.replaced_certificate(mine, form.replaced_id),
        earlier=service.order_by_number(earlier, mine) if earlier else None,
        action=url_for("orders.save", draft_id=found.id) if found else url_for("orders.begin", **_begun_with()),
        later=url_for("orders.save_for_later", draft_id=found.id) if found else url_for("orders.begin_for_later"),
        back=url_for("orders.drafts") if found else place("certificates.index"),
        messages=messages or [],
        form_errors=bool(messages or form.errors),
        kept_at=url_for("orders.check_answers", draft_id=found.id) if found and status == 422 else None,
        status=status,
    )


def _check_page(
    found: OrderDraft, form: ApplicationForm, *, messages: list[str] | None = None, status: int = 200
) -> Response:
    mine = acting().organisation.id
    last_day = service.last_day_from_now()
    return page(
        "orders/check.html",
        form=form,
        draft=found,
        offered=form.offered,
        channel=form.offered.channel(form.channel.data),
        details=form.details(),
        replaces=service.replaced_certificate(mine, form.replaced_id),
        earlier=service.order_by_number(form.carried["earlier"], mine),
        last_day=as_date(last_day),
        change_reason=url_for("orders.reason", draft_id=found.id),
        messages=messages or [],
        form_errors=bool(messages),
        status=status,
    )
