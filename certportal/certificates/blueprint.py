"""The blueprint of certificates, and what its views share."""

from typing import Any

from flask import Blueprint, current_app, g, make_response, url_for
from flask_babel import refresh
from werkzeug.wrappers import Response

from certportal import ca, clock
from certportal.answers import found, private, tell
from certportal.certificates import files, reasons, rules, service
from certportal.certificates.lines import shown_state
from certportal.certificates.service import Certificate
from certportal.formats import local
from certportal.languages import gettext

blueprint = Blueprint("certificates", __name__)


def place(endpoint: str, **values: Any) -> str | None:
    """The address of a page of another room, or None where this installation does not have it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def speak_to(contact: Any) -> None:
    """From here on the page is in the contact's language, unless the visitor chose another."""
    g.page_language = contact.language
    refresh()


def download(certificate: Certificate, name: str, url: str) -> Response:
    """One of the certificate's files, or the 404 page."""
    file = found(files.file_of(certificate, name, url))
    answer = make_response(file.content)
    answer.mimetype = file.mimetype
    answer.headers.set("Content-Disposition", "attachment", filename=file.filename)
    return private(answer)


def tell_revoked(certificate_id: int, said: str, *, again: bool = False) -> None:
    """What the next page says of a revocation: ``said``, or that the list does not tell of it yet. ``again``: it was revoked
    already, and only the reason is another."""
    if again:
        tell(gettext("The reason has been changed. The key never gets a certificate again."))
        return
    revoked = found(service.certificate(certificate_id))
    late = gettext(
        "The certificate is revoked, and those concerned are told by e-mail. The revocation list will have it as soon as the "
        "authority’s key can be used: until then, programs may still accept the certificate."
    )
    tell(*((said,) if service.is_listed(revoked) else (late, "warning")))


def about(certificate: Certificate, files_at: str, **values: Any) -> dict[str, Any]:
    """What pages show of a certificate. ``files_at``: the endpoint of its downloads, with its values."""
    now = clock.now()
    return {
        "certificate": certificate,
        "order": certificate.order,
        "organisation": certificate.organisation,
        "described": ca.describe(certificate.der) if certificate.der else None,
        "serial": ca.pairs(certificate.serial),
        "fingerprint": ca.fours(certificate.sha256 or ""),
        "listed": service.is_listed(certificate),
        "state": shown_state(certificate, now),
        "raisable": rules.raises_reason(certificate.state, certificate.revocation_reason, ca.Reason.KEY_LOST),
        "reason": reasons.reason_words(certificate.revocation_reason),
        "planned_reason": reasons.reason_words(certificate.planned_reason or ""),
        "renewable_from": certificate.not_after - rules.EXPIRES_SOON,
        "passed": _passed(certificate),
        "renewal_part": round(100 * rules.EXPIRES_SOON / (certificate.not_after - certificate.not_before), 2),
        "now": now,
        "stem": service.stem_of(certificate),
        "together": _together(certificate),
        "file_url": lambda name: url_for(files_at, name=name, **values),
    }


def _together(certificate: Certificate) -> list[dict[str, Any]]:
    """The certificate beside those that it takes the place of, or that take its place, while several are in force."""
    return [
        {
            "certificate": each,
            "serial": ca.pairs(each.serial),
            "fingerprint": ca.fours(each.sha256 or ""),
            "new": each.successor_of_id is not None and place > 0,
            "this": each.id == certificate.id,
        }
        for place, each in enumerate(service.in_force_together(certificate))
    ]


def _passed(certificate: Certificate) -> float:
    """How much of its time has passed, in per cent, by whole local days."""
    start, end, today = (
        local(moment).date() for moment in (certificate.not_before, certificate.not_after, clock.now())
    )
    return round(100 * min(max((today - start) / (end - start), 0.0), 1.0), 2)
