"""Views: redeem transfer codes with a signing request, behind an opened message or with both codes typed; the result.

The result's address holds the RetrievalId. It cannot be guessed, and what it opens is a certificate, which every server it is
shown to sees anyway; so the page needs no cookie that would lapse while the file is being carried to another machine, a
reload or a lost reply costs nothing, and both ways of redeeming end on the same page. It tells what the certificate tells,
and the order's number; never who the contact is.
"""

from typing import Any

from flask import current_app, url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, private, see_other, status_of, wants_partial
from certportal.certificates import service
from certportal.certificates.blueprint import about, blueprint, download, speak_to
from certportal.certificates.forms import CodesForm, RequestForm
from certportal.certificates.service import Certificate, CertificateState
from certportal.certificates.visiting import visitor_named
from certportal.formats import link
from certportal.messages import service as messages
from certportal.messages import visiting
from certportal.messages.commands import commands_for
from certportal.messages.service import MessageKind, SecureMessage
from certportal.refusals import Conflict, Refusal
from certportal.sentences import sentence
from certportal.signin import guard

OF_THE_REQUEST = frozenset({"key_of_another", "key_distrusted", "codes_taken", "renewal_same_key"})
"""Refusals that another key would mend: they are said at the signing request."""


@blueprint.app_template_global()
def request_form() -> RequestForm:
    """An empty form for a signing request: the opened message's page, which is another room's, includes it."""
    return RequestForm(formdata=None)


@blueprint.get("/retrieve")
@allow("anonymous")
def retrieve_form() -> Response:
    """Where both codes are typed, for whoever has them on paper or in another window."""
    return _codes_page(CodesForm(formdata=None))


@blueprint.post("/retrieve")
@allow("anonymous")
def retrieve() -> Response:
    """Redeem codes that were typed."""
    form = CodesForm()
    if not form.validate_on_submit() or form.transfer_id.data is None or form.transfer_password.data is None:
        return _codes_page(form, status=422)
    try:
        certificate = service.enrol(form.transfer_id.data, form.transfer_password.data, form.request, guard.visitor())
    except Refusal as refusal:
        said, status = said_of(form, refusal)
        if refusal.code == "transfer_codes_wrong":
            form.transfer_password.errors, said = [sentence(refusal)], []
        return _codes_page(form, said, status)
    return see_other("certificates.retrieved", retrieval_id=certificate.retrieval_id)


@blueprint.get("/messages/<token>/retrieve")
@allow("contact")
def retrieve_opened_form(token: str) -> Response:
    """The same page alone: where a changed language leads from an answer that was refused."""
    message = visiting.opened_message(token)
    return _opened_page(message, token, RequestForm(formdata=None))


@blueprint.post("/messages/<token>/retrieve")
@allow("contact")
def retrieve_opened(token: str) -> Response:
    """Redeem the codes of the opened message: the password passes through no form."""
    message = visiting.opened_message(token)
    codes = found(messages.codes_behind(message))
    form = RequestForm()
    if not form.validate_on_submit():
        return _opened_page(message, token, form, status=422)
    try:
        certificate = service.enrol_opened(codes.id, form.request, visitor_named(message.contact_id, message.name))
    except Refusal as refusal:
        if refusal.code == "transfer_codes_wrong":  # void or lapsed since the page was shown: the cover says what to do
            return see_other("messages.cover", token=token)
        said, status = said_of(form, refusal)
        return _opened_page(message, token, form, said, status)
    return see_other("certificates.retrieved", retrieval_id=certificate.retrieval_id)


@blueprint.get("/retrieve/<retrieval_id>")
@guard.polled
@allow("anonymous")
def retrieved(retrieval_id: str) -> Response:
    """The certificate, or that it is on its way; the page that waits asks again by itself."""
    certificate = found(service.by_retrieval_id(retrieval_id))
    speak_to(certificate.contact)
    if certificate.state is CertificateState.GIVEN_UP:
        raise Conflict("renewal_given_up" if certificate.is_renewal else "certificate_given_up")
    if certificate.state is CertificateState.PREPARED:
        return private(page("certificates/waiting.html", "certificates/_waiting.html", **_result(certificate)))
    if wants_partial():
        return private(see_other("certificates.retrieved", retrieval_id=retrieval_id))
    return private(page("certificates/retrieved.html", **_result(certificate)))


@blueprint.get("/retrieve/<retrieval_id>/<name>")
@allow("anonymous")
def retrieved_file(retrieval_id: str, name: str) -> Response:
    """One of its files."""
    certificate = found(service.by_retrieval_id(retrieval_id))
    speak_to(certificate.contact)
    return download(certificate, name, link("certificates.retrieved", retrieval_id=retrieval_id))


def _codes_page(form: CodesForm, said: list[str] | None = None, status: int = 200) -> Response:
    context = {"form": form, "messages": said or [], "form_errors": bool(form.errors or said)}
    return private(page("certificates/retrieve.html", **context, status=status))


def _opened_page(
    message: SecureMessage, token: str, form: RequestForm, said: list[str] | None = None, status: int = 200
) -> Response:
    if message.kind is not MessageKind.TRANSFER_CODES or message.ended_at is not None:
        return see_other("messages.content", token=token)
    context = {
        "form": form,
        "messages": said or [],
        "form_errors": bool(form.errors or said),
        "message": message,
        "cover": message.cover,
        "token": token,
        "commands": commands_for(message.cover["order_number"]),
        "retrieve_url": url_for("certificates.retrieve_opened", token=token),
    }
    return private(page("certificates/retrieve_opened.html", **context, status=status))


def said_of(form: RequestForm, refusal: Refusal, not_possible: str = "issuing_not_possible") -> tuple[list[str], int]:
    """Where a refusal is said: at the signing request if another key would mend it, else above the form.

    What only the operator can mend is said in other words, and logged: nothing has been used up, and later it works.
    """
    if service.operator_mends(refusal):
        current_app.logger.error("no certificate can be issued: %s", refusal.code)
        return [sentence(Refusal(not_possible))], 503
    if refusal.code in OF_THE_REQUEST:
        form.request_text.errors = [sentence(refusal)]
        return [], status_of(refusal)
    return [sentence(refusal)], status_of(refusal)


def _result(certificate: Certificate) -> dict[str, Any]:
    return about(certificate, "certificates.retrieved_file", retrieval_id=certificate.retrieval_id)
