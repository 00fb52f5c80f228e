"""Views: revoking without an account, by proof of possession; and the link to a certificate's page, mailed to its contact anew.

Programs send a proof to ``POST /revocations``, which is another room's: it reads no cookie. The form here sends it to an address
of its own, which is protected against forgery as every form is.
"""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, page, see_other, status_of
from certportal.certificates import service
from certportal.certificates.blueprint import about, blueprint, tell_revoked
from certportal.certificates.forms import SerialForm, hints, only_of_the_key
from certportal.certificates.proof_commands import CERTIFICATE_FILE, KEY_FILE, proof_commands
from certportal.certificates.proof_forms import ProofForm
from certportal.certificates.service import Certificate, Reason
from certportal.formats import link
from certportal.identifiers import Actor, ActorKind
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.sentences import sentence
from certportal.signin import guard


@blueprint.get("/revocations")
@allow("anonymous")
def by_key() -> Response:
    """How to revoke with the private key; for a serial number that was typed, the commands filled in."""
    asked = SerialForm(request.args, meta={"csrf": False}) if "serial" in request.args else None
    if asked is not None and not asked.validate():
        return _key_page(asked, status=422)
    serial = asked.serial.data or "" if asked is not None else ""
    return _key_page(asked or SerialForm(formdata=None, meta={"csrf": False}), service.issued_by_serial(serial))


@blueprint.post("/revocations/signed")
@allow("anonymous")
def revoke_by_key() -> Response:
    """A proof, sent with the form."""
    form = ProofForm()
    serial = form.serial.data or ""
    asked = SerialForm(formdata=None, data={"serial": serial}, meta={"csrf": False})
    found = service.issued_by_serial(serial)
    if not form.validate_on_submit() or form.reason.data is None:
        return _key_page(asked, found, form, status=422)
    by = Actor(ActorKind.PROGRAM, None, "", request.remote_addr)
    try:
        [revoked, *_] = service.revoke_by_key(form.sent, by, Reason(form.reason.data), serial)
    except Refusal as refusal:
        return _key_page(asked, found, form, [sentence(refusal)], status_of(refusal))
    tell_revoked(
        revoked.id,
        gettext("The certificate is revoked. Its technical contact and those who may sign are told by e-mail."),
        again=revoked.reason_raised_at is not None,
    )
    return see_other("certificates.by_key", serial=revoked.serial)


@blueprint.get("/revocations/signed")
@allow("anonymous")
def sent_by_key() -> Response:
    """Where a changed language leads from a proof that was refused."""
    return see_other("certificates.by_key")


@blueprint.get("/revocations/link")
@allow("anonymous")
def ask_for_page() -> Response:
    """For a contact who has lost the link to the certificate's page."""
    return page("certificates/ask_for_page.html", form=SerialForm(formdata=None), messages=[])


@blueprint.post("/revocations/link")
@allow("anonymous")
def ask_for_page_now() -> Response:
    """Whatever is typed, the same answer."""
    form = SerialForm()
    if not form.validate_on_submit() or form.serial.data is None:
        return page("certificates/ask_for_page.html", form=form, messages=[], status=422)
    try:
        service.ask_for_page(form.serial.data, guard.visitor())
    except Refusal as refusal:
        said = {"messages": [sentence(refusal)], "form_errors": True, "status": status_of(refusal)}
        return page("certificates/ask_for_page.html", form=form, **said)
    return see_other("certificates.page_asked")


@blueprint.get("/revocations/link/sent")
@allow("anonymous")
def page_asked() -> Response:
    """What happens now."""
    return page("certificates/page_asked.html")


def _key_page(
    asked: SerialForm,
    found: Certificate | None = None,
    form: ProofForm | None = None,
    messages: list[str] | None = None,
    status: int = 200,
) -> Response:
    context: dict[str, Any] = {"asked": asked, "found": found, "messages": messages or [], "form": form}
    if found is not None:
        send_to, text_at = link("revocations.revoke"), link("revocations.text", serial=found.serial)
        form = form or ProofForm(formdata=None, data={"serial": found.serial})
        context |= about(found, "certificates.by_key") | {
            "form": form,
            "text": service.proof_text(found),
            "same_key": service.same_key(found),
            "commands": proof_commands(found.serial, service.proof_text(found), send_to, text_at),
        }
        if context["raisable"]:
            only_of_the_key(form.reason)
    files = {"certificate_file": CERTIFICATE_FILE, "key_file": KEY_FILE, "form_errors": status >= 400}
    return page(
        "certificates/by_key.html",
        **context,
        **files,
        hints=hints(),
        here=url_for("certificates.by_key"),
        status=status,
    )
