"""Views of renewal: the contact's, behind the PIN; the signatory's word whether the contact may."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, page, private, see_other, status_of, tell
from certportal.certificates import contact_renewal, service
from certportal.certificates.blueprint import about, blueprint
from certportal.certificates.collecting import said_of
from certportal.certificates.forms import RequestForm
from certportal.certificates.keeping import certificate_page, my_certificate
from certportal.certificates.service import Certificate
from certportal.certificates.visiting import behind, contact_of
from certportal.languages import gettext
from certportal.messages.commands import commands_for
from certportal.messages.service import SecureMessage
from certportal.refusals import Conflict, Refusal
from certportal.sentences import sentence
from certportal.signin.guard import acting

RENEW = "/messages/<token>/renew"
ASK = "/messages/<token>/ask-for-renewal"


@blueprint.get(RENEW)
@allow("contact")
def renew_form(token: str) -> Response:
    """Commands for a new key, and where its signing request is sent; the certificate's page where it cannot be renewed."""
    message, certificate = behind(token)
    if not certificate.contact_may_renew or contact_renewal.obstacle(certificate) is not None:
        return see_other("certificates.contact_page", token=token)
    return _renew_page(message, certificate, token, RequestForm(formdata=None))


@blueprint.post(RENEW)
@allow("contact")
def renew(token: str) -> Response:
    """Renew it for the key of the signing request."""
    message, certificate = behind(token)
    form = RequestForm()
    if not form.validate_on_submit():
        return _renew_page(message, certificate, token, form, status=422)
    try:
        new = contact_renewal.renew_by_contact(certificate.id, form.request, contact_of(certificate))
    except Refusal as refusal:
        said, status = said_of(form, refusal, not_possible="renewal_not_possible")
        return _renew_page(message, certificate, token, form, said, status)
    return see_other("certificates.retrieved", retrieval_id=new.retrieval_id)


@blueprint.post(ASK)
@allow("contact")
def ask(token: str) -> Response:
    """The contact may not renew it: ask the signatory to."""
    message, certificate = behind(token)
    try:
        contact_renewal.ask_signatory(certificate.id, contact_of(certificate))
    except Conflict as refusal:
        tell(sentence(refusal), "info")
    except Refusal as refusal:
        tell(sentence(refusal), "warning")
    else:
        tell(
            gettext("The request has been sent to those who may sign for %(name)s.", name=message.cover["organisation"])
        )
    return see_other("certificates.contact_page", token=token)


@blueprint.get(ASK)
@allow("contact")
def asked(token: str) -> Response:
    """Where a changed language leads from an answer to the request."""
    return see_other("certificates.contact_page", token=token)


@blueprint.post("/certificates/<int:certificate_id>/contact-may-renew")
@allow("signatory")
def contact_may_renew(certificate_id: int) -> Response:
    """The contact may renew it without a new application."""
    try:
        service.allow_contact(my_certificate(certificate_id).id, acting().actor)
    except Refusal as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("The contact may renew the certificate from now on."))
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.post("/certificates/<int:certificate_id>/contact-may-not-renew")
@allow("signatory")
def contact_may_not_renew(certificate_id: int) -> Response:
    """Only those who may sign renew it."""
    try:
        service.forbid_contact(my_certificate(certificate_id).id, acting().actor)
    except Refusal as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("From now on only those who may sign for the organisation renew the certificate."))
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.get("/certificates/<int:certificate_id>/contact-may-renew")
@blueprint.get("/certificates/<int:certificate_id>/contact-may-not-renew")
@allow("signatory")
def said_of_contact(certificate_id: int) -> Response:
    """Where a changed language leads from a page that answered one of these two."""
    return see_other("certificates.show", certificate_id=certificate_id)


def _renew_page(
    message: SecureMessage,
    certificate: Certificate,
    token: str,
    form: RequestForm,
    said: list[str] | None = None,
    status: int = 200,
) -> Response:
    context: dict[str, Any] = {
        "form": form,
        "messages": said or [],
        "form_errors": bool(form.errors or said),
        "token": token,
        "cover": message.cover,
        "commands": commands_for(service.next_stem(certificate)),
        "retrieve_url": url_for("certificates.renew", token=token),
        "submit": gettext("Get the new certificate"),
    }
    shown = about(certificate, "certificates.contact_file", token=token)
    return private(page("certificates/renew.html", **shown, **context, status=status))
