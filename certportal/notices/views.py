"""The ledger of a certificate's reminders, for those who may sign."""

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from certportal.answers import allow, page, private
from certportal.certificates.keeping import my_certificate
from certportal.notices import service

blueprint = Blueprint("notices", __name__)


@blueprint.get("/certificates/<int:certificate_id>/notices")
@allow("signatory")
def ledger(certificate_id: int) -> Response:
    """Which reminders of the certificate's end went to whom, and what comes next."""
    certificate = my_certificate(certificate_id, then="notices.ledger")
    return private(
        page(
            "notices/ledger.html",
            certificate=certificate,
            ledger=service.ledger(certificate),
            back=url_for("certificates.show", certificate_id=certificate.id),
        )
    )
