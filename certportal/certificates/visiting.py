"""Views: the contact's page of a certificate, behind its PIN-guarded link, and revoking it there without signing in; and who is
behind the PIN."""

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, private, see_other, status_of
from certportal.certificates import contact_renewal, service
from certportal.certificates.blueprint import about, blueprint, download, tell_revoked
from certportal.certificates.forms import RevokeForm, hints
from certportal.certificates.service import Certificate, Reason
from certportal.formats import link
from certportal.identifiers import Actor, ActorKind
from certportal.languages import gettext
from certportal.messages import visiting
from certportal.messages.service import MessageKind, SecureMessage
from certportal.refusals import Refusal
from certportal.sentences import sentence


@blueprint.get("/messages/<token>/certificate")
@allow("contact")
def contact_page(token: str) -> Response:
    """Validity, downloads again, renewal, what to do before it ends, and the way to revoke it."""
    message = visiting.opened_message(token)
    if message.kind is not MessageKind.CERTIFICATE_PAGE:
        return see_other("messages.content", token=token)
    _, certificate = behind(token)
    obstacle = contact_renewal.obstacle(certificate)
    return private(
        page(
            "certificates/contact.html",
            **about(certificate, "certificates.contact_file", token=token),
            token=token,
            cover=message.cover,
            successor=service.successor_of(certificate),
            replacement=service.open_replacement(certificate),
            obstacle=sentence(obstacle) if obstacle is not None else None,
            asked_at=contact_renewal.asked_at(certificate),
            without_right=bool(service.without_right([certificate.id])),
        )
    )


@blueprint.get("/messages/<token>/certificate/<name>")
@allow("contact")
def contact_file(token: str, name: str) -> Response:
    """One of its files."""
    _, certificate = behind(token)
    return download(certificate, name, link("home.start"))  # a calendar may be shared, so its link opens nothing


@blueprint.get("/messages/<token>/certificate/revoke")
@allow("contact")
def contact_revoke(token: str) -> Response:
    """What revoking means, before it is done."""
    return _contact_revoke_page(token, RevokeForm(_renewed(behind(token)[1]), formdata=None))


@blueprint.post("/messages/<token>/certificate/revoke")
@allow("contact")
def contact_revoke_now(token: str) -> Response:
    """Revoke it, for good. The link ends with the certificate; its cover says what has happened and what next."""
    _, certificate = behind(token)
    form = RevokeForm(_renewed(certificate))
    if not form.validate_on_submit() or form.reason.data is None:
        return _contact_revoke_page(token, form, status=422)
    try:
        said = (Reason(form.reason.data), contact_of(certificate), form.note.data or "", form.renewed.data or ())
        service.revoke(certificate.id, *said)
    except Refusal as refusal:
        return _contact_revoke_page(token, form, [sentence(refusal)], status_of(refusal))
    tell_revoked(
        certificate.id,
        gettext("The certificate is revoked. You and those who may sign for the organisation are told by e-mail."),
    )
    return visiting.let_out(see_other("messages.cover", token=token), token)


def _renewed(certificate: Certificate) -> list[Certificate]:
    """What was renewed with its key and is the same contact's. Others are left to whose they are, and named in the mails."""
    return [each for each in service.renewed_with_key(certificate) if each.contact_id == certificate.contact_id]


def _contact_revoke_page(
    token: str, form: RevokeForm, messages: list[str] | None = None, status: int = 200
) -> Response:
    message, certificate = behind(token)
    shown: dict[str, Any] = about(certificate, "certificates.contact_file", token=token)
    shown |= {"token": token, "cover": message.cover, "form": form, "hints": hints(), "messages": messages or []}
    shown["same_key"] = service.same_key(certificate)
    shown["successors"] = [each for each in service.relations(certificate).successors if each.revoked_at is None]
    return private(page("certificates/contact_revoke.html", **shown, form_errors=status >= 400, status=status))


def behind(token: str) -> tuple[SecureMessage, Certificate]:
    """The message that is open in this browser, and the certificate whose page it is; the 404 page for any other kind."""
    message = visiting.opened_message(token)
    is_page = message.kind is MessageKind.CERTIFICATE_PAGE
    return message, found(service.certificate(message.cover["certificate"]) if is_page else None)


def contact_of(certificate: Certificate) -> Actor:
    """The technical contact, who has shown link and PIN, by the name of now: another name alone ends no link."""
    return visitor_named(certificate.contact_id, certificate.contact.name)


def visitor_named(contact_id: int, name: str) -> Actor:
    """A technical contact at this address."""
    return Actor(ActorKind.CONTACT, contact_id, name, request.remote_addr)
