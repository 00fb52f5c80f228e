"""Views: why a draft's certificate is needed, asked again; the draft's other answers are kept."""

from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from certportal.answers import allow, see_other, tell
from certportal.languages import gettext
from certportal.orders import service
from certportal.orders.beginning import why_page
from certportal.orders.blueprint import DRAFT, blueprint, my_draft, version_sent
from certportal.orders.reasons import ReasonForm
from certportal.refusals import Conflict
from certportal.sentences import sentence
from certportal.signin.guard import acting

ASKED = ("reason", "replaces", "earlier")


@blueprint.get(f"{DRAFT}/why")
@allow("signatory")
def reason(draft_id: int) -> Response:
    """The question, with the draft's own answer chosen."""
    try:
        found = my_draft(draft_id)
    except Conflict:
        return see_other("orders.draft", draft_id=draft_id)
    offered = service.reasons_offered(acting().organisation.id)
    chosen = MultiDict({name: str(found.answers.get(name) or "") for name in ASKED})
    return _page(ReasonForm(offered, chosen), offered, found)


@blueprint.post(f"{DRAFT}/why")
@allow("signatory")
def change_reason(draft_id: int) -> Response:
    """Another reason: back to check your answers."""
    try:
        found = my_draft(draft_id)
    except Conflict:
        return see_other("orders.draft", draft_id=draft_id)
    offered = service.reasons_offered(acting().organisation.id)
    form = ReasonForm(offered, request.form)
    if not form.validate():
        return _page(form, offered, found, status=422)
    try:
        service.save_draft(draft_id, version_sent(), found.answers | _answers(form, offered), acting())
    except Conflict as refusal:
        changed = refusal.code == "draft_changed"
        tell(sentence(Conflict("answers_changed")) if changed else sentence(refusal), "info")
    else:
        tell(gettext("The reason has been changed. Nothing has been sent yet."))
    return see_other("orders.check_answers", draft_id=draft_id)


def _answers(form: ReasonForm, offered: service.Reasons) -> dict[str, Any]:
    """The reason, and what gives way; a certificate also tells channel and environment, which must be the same."""
    if form.reason.data == "replaces":
        old = next(each for each in offered.certificates if str(each.id) == form.replaces.data)
        place = {"channel": str(old.channel_id), "environment": old.environment.value}
        return service.ADDITIONAL | {"reason": "replaces", "replaces": str(old.id)} | place
    if form.reason.data == "retrieval_failed":
        return service.ADDITIONAL | {"reason": "retrieval_failed", "earlier": form.earlier.data or ""}
    return dict(service.ADDITIONAL)


def _page(form: ReasonForm, offered: service.Reasons, found: service.OrderDraft, status: int = 200) -> Response:
    address, back = (url_for(name, draft_id=found.id) for name in ("orders.change_reason", "orders.check_answers"))
    return why_page(form, offered, address, back=back, draft=found, status=status)
