"""Views: the contact's page of a certificate, behind its PIN-guarded link; and who is behind the PIN."""

from flask import request
from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, private, see_other
from certportal.certificates import contact_renewal, service
from certportal.certificates.blueprint import about, blueprint, download
from certportal.certificates.service import Certificate
from certportal.formats import link
from certportal.identifiers import Actor, ActorKind
from certportal.messages import visiting
from certportal.messages.service import MessageKind, SecureMessage
from certportal.sentences import sentence


@blueprint.get("/messages/<token>/certificate")
@allow("contact")
def contact_page(token: str) -> Response:
    """Validity, downloads again, renewal, what to do before it ends, and whom to ask for a revocation."""
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
        )
    )


@blueprint.get("/messages/<token>/certificate/<name>")
@allow("contact")
def contact_file(token: str, name: str) -> Response:
    """One of its files."""
    _, certificate = behind(token)
    return download(certificate, name, link("home.start"))  # a calendar may be shared, so its link opens nothing


def behind(token: str) -> tuple[SecureMessage, Certificate]:
    """The message that is open in this browser, and the certificate whose page it is; the 404 page for any other kind."""
    message = visiting.opened_message(token)
    is_page = message.kind is MessageKind.CERTIFICATE_PAGE
    return message, found(service.certificate(message.cover["certificate"]) if is_page else None)


def contact_of(message: SecureMessage) -> Actor:
    """The technical contact, who has shown link and PIN."""
    return Actor(ActorKind.CONTACT, message.contact_id, message.name, request.remote_addr)
