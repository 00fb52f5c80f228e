"""Views: the contact's page of a certificate, behind its PIN-guarded link."""

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, private, see_other
from certportal.certificates import service
from certportal.certificates.blueprint import about, blueprint, download
from certportal.certificates.service import Certificate
from certportal.formats import link
from certportal.messages import visiting
from certportal.messages.commands import commands_for
from certportal.messages.service import MessageKind, SecureMessage


@blueprint.get("/messages/<token>/certificate")
@allow("contact")
def contact_page(token: str) -> Response:
    """Validity, downloads again, what to do before it ends, and whom to ask for a revocation."""
    message = visiting.opened_message(token)
    if message.kind is not MessageKind.CERTIFICATE_PAGE:
        return see_other("messages.content", token=token)
    certificate = _behind(message)
    shown = about(certificate, "certificates.contact_file", token=token)
    more = {"token": token, "cover": message.cover, "key_file": commands_for(certificate.order.number).key_file}
    return private(page("certificates/contact.html", **shown, **more))


@blueprint.get("/messages/<token>/certificate/<name>")
@allow("contact")
def contact_file(token: str, name: str) -> Response:
    """One of its files."""
    message = visiting.opened_message(token)
    return download(_behind(message), name, link("home.start"))  # a calendar may be shared, so its link opens nothing


def _behind(message: SecureMessage) -> Certificate:
    is_page = message.kind is MessageKind.CERTIFICATE_PAGE
    return found(service.certificate(message.cover["certificate"]) if is_page else None)
