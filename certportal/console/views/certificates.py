"""Certificates: search, one certificate for operators, and revoking it with a reason."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from certportal.acts import act
from certportal.answers import allow, found, page, see_other
from certportal.certificates import blueprint as certificate_pages
from certportal.certificates import service
from certportal.certificates.forms import only_of_the_key
from certportal.console import searching
from certportal.console.blueprint import again, blueprint, page_number
from certportal.console.forms.reasons import RevokeForm, revocation_hints
from certportal.console.views.orders import wanted_now
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.signin.guard import operator

REVOKE = "certificates/revoke.html"


@blueprint.get("/orders/certificates")
@allow("operator")
def certificates() -> Response:
    """Certificates, with search."""
    wanted = wanted_now()
    return page(
        "console/certificates.html",
        "console/_certificates.html",
        pages=searching.certificates(wanted, page_number()),
        wanted=wanted,
        shown_state=searching.shown_state,
    )


@blueprint.get("/orders/certificates/<int(max=2147483647):certificate_id>")
@allow("operator")
def certificate(certificate_id: int) -> Response:
    """One certificate."""
    return page("console/certificate.html", **_about(certificate_id))


@blueprint.get("/orders/certificates/<int(max=2147483647):certificate_id>/revoke")
@allow("operator")
def revoke(certificate_id: int) -> Response:
    """What revoking means, before it is done."""
    about = _about_revoking(certificate_id)
    if about["state"] not in ("valid", "expires_soon") and not about["raisable"]:
        return see_other("console.certificate", certificate_id=certificate_id)
    form = RevokeForm(service.renewed_with_key(about["certificate"]), formdata=None)
    return page(REVOKE, form=_fitting(form, about), **about)


@blueprint.post("/orders/certificates/<int(max=2147483647):certificate_id>/revoke")
@allow("operator")
def revoke_now(certificate_id: int) -> Response:
    """Revoke it; contact and signatories are mailed."""
    about = _about_revoking(certificate_id)
    form = RevokeForm(service.renewed_with_key(about["certificate"]))
    if not form.validate():
        return page(REVOKE, form=_fitting(form, about), status=422, **about)
    try:
        said = (form.reason.data, operator(), form.note.data or "", form.renewed.data or ())
        service.revoke(certificate_id, *said)
    except Refusal as refusal:
        return again(REVOKE, _fitting(form, about), refusal, **about)
    said = gettext("The certificate has been revoked. Its contact and the signatories are told by e-mail.")
    certificate_pages.tell_revoked(certificate_id, said, again=about["raisable"])
    return see_other("console.certificate", certificate_id=certificate_id)


def _fitting(form: RevokeForm, about: dict[str, Any]) -> RevokeForm:
    """Of a certificate that is revoked already, only a reason of the key can be given."""
    if about["raisable"]:
        only_of_the_key(form.reason)
    return form


def _about_revoking(certificate_id: int) -> dict[str, Any]:
    about = _about(certificate_id)
    return about | {
        "hints": revocation_hints(),
        "same_key": service.same_key(about["certificate"]),
        "successors": [each for each in about["relations"].successors if each.revoked_at is None],
        "at": url_for("console.certificate", certificate_id=certificate_id),
        "send_to": url_for("console.revoke_now", certificate_id=certificate_id),
        "by_operator": True,
    }


def _about(certificate_id: int) -> dict[str, Any]:
    one = found(searching.certificate(certificate_id))
    return certificate_pages.about(one, "console.certificate", certificate_id=certificate_id) | {
        "relations": service.relations(one),
        "replacement": service.open_replacement(one),
        "others": service.others_on_channel(one),
        "acts": [(entry, act(entry.verb, entry.details)) for entry in service.activity(one)],
    }
