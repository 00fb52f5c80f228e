"""Why a certificate is revoked, in words (domain.md, "revocation reasons")."""

from flask_babel import LazyString

from certportal.ca import Reason
from certportal.languages import lazy_gettext as _l
from certportal.languages import lazy_pgettext

WORDS: dict[Reason, LazyString] = {
    Reason.KEY_LOST: _l("The private key is lost or has been disclosed"),
    Reason.KEY_SUSPECTED: _l("The private key may have been disclosed"),
    Reason.UNNECESSARY: _l("The certificate is no longer needed"),
    Reason.ORGANISATION_ENDED: _l("The organisation has ceased or merged"),
    Reason.AGREEMENT_ENDED: _l("The agreement on using the service has ended"),
    Reason.MISUSE: _l("The certificate has been misused"),
    Reason.UNSPECIFIED: lazy_pgettext("reason of a revocation", "Another reason"),
}
HINTS: dict[Reason, LazyString] = {
    Reason.KEY_LOST: _l("For example a stolen computer, or a key that was sent by e-mail"),
    Reason.KEY_SUSPECTED: _l(
        "For example an order that was not yours, or a contact who has left and still has the key"
    ),
    Reason.UNNECESSARY: _l("The program is no longer used, or it uses another certificate"),
    Reason.ORGANISATION_ENDED: _l("The business ID is no longer in use"),
    Reason.AGREEMENT_ENDED: _l("The issuer’s reason"),
    Reason.MISUSE: _l("The issuer’s reason"),
}
HOLDERS = tuple(reason for reason in WORDS if not reason.by_issuer and reason is not Reason.UNSPECIFIED)
"""Those that a signatory may give."""


def reason_words(code: str) -> str:
    """The words of a recorded reason; "" for none."""
    return str(WORDS[Reason(code)]) if code in list(Reason) else ""
