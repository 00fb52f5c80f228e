"""Views of the signatory: revoke a certificate on a date, and take that back."""

from flask import url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, page, private, see_other, status_of, tell
from certportal.certificates import service
from certportal.certificates.blueprint import about, blueprint
from certportal.certificates.forms import PlanForm, hints
from certportal.certificates.keeping import certificate_page, my_certificate
from certportal.certificates.service import Certificate, Reason
from certportal.languages import gettext
from certportal.refusals import Conflict, Forbidden, Refusal
from certportal.sentences import sentence
from certportal.signin.guard import acting


@blueprint.get("/certificates/<int:certificate_id>/revoke-later")
@allow("signatory")
def plan_revocation(certificate_id: int) -> Response:
    """The form: last day and reason."""
    return _page(my_certificate(certificate_id), PlanForm(formdata=None))


@blueprint.post("/certificates/<int:certificate_id>/revoke-later")
@allow("signatory")
def plan_revocation_now(certificate_id: int) -> Response:
    """Plan it."""
    certificate, form = my_certificate(certificate_id), PlanForm()
    if not form.validate_on_submit() or form.last_day.data is None:
        return _page(certificate, form, status=422)
    reason, note = Reason(form.reason.data), form.note.data or ""
    try:
        service.plan_revocation(certificate.id, form.last_day.data, reason, acting().actor, note)
    except (Conflict, Forbidden) as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    except Refusal as refusal:
        form.last_day.errors = [sentence(refusal)]
        return _page(certificate, form, status=422)
    tell(gettext("The revocation is planned. Until then the certificate works, and you can take it back."))
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.post("/certificates/<int:certificate_id>/revoke-later/take-back")
@allow("signatory")
def take_back_plan(certificate_id: int) -> Response:
    """The certificate goes on to its own end."""
    try:
        service.take_back_plan(my_certificate(certificate_id).id, acting().actor)
    except Refusal as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("Taken back: the certificate works until its own end."))
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.get("/certificates/<int:certificate_id>/revoke-later/take-back")
@allow("signatory")
def taken_back(certificate_id: int) -> Response:
    """Where a changed language leads from a page that answered it."""
    return see_other("certificates.show", certificate_id=certificate_id)


def _page(certificate: Certificate, form: PlanForm, *, status: int = 200) -> Response:
    shown = about(certificate, "certificates.file", certificate_id=certificate.id)
    if shown["state"] in ("revoked", "expired"):
        return see_other("certificates.show", certificate_id=certificate.id)
    successors = [each for each in service.relations(certificate).successors if each.revoked_at is None]
    where = {
        "place": url_for("certificates.show", certificate_id=certificate.id),
        "action": url_for("certificates.plan_revocation_now", certificate_id=certificate.id),
    }
    more = {"form": form, "hints": hints(), "messages": [], "successors": successors}
    more["same_key"] = service.same_key(certificate)
    return private(page("certificates/plan_revocation.html", **shown, **where, **more, status=status))
