"""A revocation on a date: planned by an operator, and taken back by one, whoever planned it."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, see_other, status_of, tell
from certportal.certificates import blueprint as certificate_pages
from certportal.certificates import service
from certportal.console import searching
from certportal.console.blueprint import blueprint
from certportal.console.forms.reasons import PlanForm, revocation_hints
from certportal.languages import gettext
from certportal.refusals import Conflict, Refusal
from certportal.sentences import sentence
from certportal.signin.guard import operator

PLACE = "/orders/certificates/<int(max=2147483647):certificate_id>/revoke-later"


@blueprint.get(PLACE)
@allow("operator")
def plan_revocation(certificate_id: int) -> Response:
    """The form: last day and reason."""
    about = _about(certificate_id)
    if about["state"] not in ("valid", "expires_soon"):
        return see_other("console.certificate", certificate_id=certificate_id)
    return page("certificates/plan_revocation.html", form=PlanForm(formdata=None), **about)


@blueprint.post(PLACE)
@allow("operator")
def plan_revocation_now(certificate_id: int) -> Response:
    """Plan it; contact and signatories are mailed."""
    about, form = _about(certificate_id), PlanForm()
    if not form.validate() or form.last_day.data is None:
        return page("certificates/plan_revocation.html", form=form, status=422, **about)
    try:
        service.plan_revocation(certificate_id, form.last_day.data, form.reason.data, operator(), form.note.data or "")
    except Refusal as refusal:
        said = sentence(refusal)
        about["messages"] = [said] if isinstance(refusal, Conflict) else []
        form.last_day.errors = [] if isinstance(refusal, Conflict) else [said]
        return page(
            "certificates/plan_revocation.html", form=form, form_errors=True, status=status_of(refusal), **about
        )
    tell(gettext("The revocation is planned. Its contact and the signatories are told by e-mail."))
    return see_other("console.certificate", certificate_id=certificate_id)


@blueprint.post(f"{PLACE}/take-back")
@allow("operator")
def take_back_plan(certificate_id: int) -> Response:
    """The certificate goes on to its own end."""
    try:
        service.take_back_plan(found(searching.certificate(certificate_id)).id, operator())
    except Refusal as refusal:
        tell(sentence(refusal), "info")
        return see_other("console.certificate", certificate_id=certificate_id)
    tell(gettext("Taken back: the certificate works until its own end."))
    return see_other("console.certificate", certificate_id=certificate_id)


@blueprint.get(f"{PLACE}/take-back")
@allow("operator")
def taken_back(certificate_id: int) -> Response:
    """Where a changed language leads from a page that answered it."""
    return see_other("console.certificate", certificate_id=certificate_id)


def _about(certificate_id: int) -> dict[str, Any]:
    one = found(searching.certificate(certificate_id))
    return certificate_pages.about(one, "console.certificate", certificate_id=certificate_id) | {
        "hints": revocation_hints(),
        "messages": [],
        "place": url_for("console.certificate", certificate_id=certificate_id),
        "action": url_for("console.plan_revocation_now", certificate_id=certificate_id),
        "same_key": service.same_key(one),
        "successors": [each for each in service.relations(one).successors if each.revoked_at is None],
    }
