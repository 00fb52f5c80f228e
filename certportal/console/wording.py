"""Words of the desk that are chosen by a code: kinds of letters, what can be looked for in the record, days of the week."""

from datetime import datetime

from babel.dates import format_date
from flask_babel import LazyString, get_locale

from certportal.acts import ACTS, act
from certportal.formats import local
from certportal.languages import lazy_gettext as _l
from certportal.outbox.kinds import KINDS

KIND_WORDS: dict[str, LazyString] = {
    "sign_in_code": _l("Sign-in code"),
    "admission_admitted": _l("Let in"),
    "admission_refused": _l("Request to be let in refused"),
    "signatory_change_asked": _l("Somebody asks to be let in"),
    "secure_message": _l("Secure e-mail with transfer codes"),
    "pin": _l("PIN code"),
    "wrong_number": _l("Wrong mobile number"),
    "message_locked": _l("Message locked"),
    "codes_locked": _l("Transfer codes locked"),
    "codes_uncollected": _l("Certificate not collected"),
    "codes_lapsed": _l("Transfer codes lapsed"),
    "order_cancelled": _l("Order cancelled"),
    "not_issued_contact": _l("Certificate not issued, to the technical contact"),
    "not_issued_signatory": _l("Certificate not issued, to the signatory"),
    "certificate_issued_contact": _l("Certificate issued, to the technical contact"),
    "certificate_issued_signatory": _l("Certificate issued, to the signatory"),
    "certificate_revoked_contact": _l("Certificate revoked, to the technical contact"),
    "certificate_revoked_signatory": _l("Certificate revoked, to the signatories"),
    "certificate_renewed_contact": _l("Certificate renewed, to the technical contact"),
    "certificate_renewed_signatory": _l("Certificate renewed, to the signatory"),
    "renewal_asked": _l("Renewal asked for, to the signatory"),
    "renewal_given_up_contact": _l("Renewal given up, to the technical contact"),
    "renewal_given_up_signatory": _l("Renewal given up, to the signatory"),
    "revocation_plan_contact": _l("Revocation on a date, to the technical contact"),
    "revocation_plan_signatory": _l("Revocation on a date, to the signatories"),
    "certificate_page_asked": _l("Link to a certificate’s page, asked for again"),
    "access_decided": _l("Decision on access rights"),
    "access_right_ended": _l("Access right ended"),
    "operators_waiting": _l("Decisions wait, to operators"),
    "organisation_ended": _l("Organisation’s use ended"),
    "signing_right_added": _l("Right to sign given"),
    "signing_right_ended": _l("Right to sign ended"),
    "sign_in_address_changed": _l("Sign-in address changed"),
    "operator_test_mail": _l("Test letter"),
    "operator_test_sms": _l("Test text message"),
    "contact_corrected_by_operator": _l("Contact corrected by an operator"),
    "contact_named": _l("Named as technical contact"),
    "contact_no_longer_used": _l("Address no longer used"),
    "expiry_notice": _l("Reminder of the end of a certificate"),
}


def kind_words(kind: str) -> str:
    """What a kind of letter is called."""
    return str(KIND_WORDS.get(kind, kind))


def known_kinds() -> list[tuple[str, str]]:
    """Every kind that this program sends, by its name."""
    return sorted(((kind, kind_words(kind)) for kind in KINDS), key=lambda each: each[1].casefold())


def known_acts() -> list[tuple[str, str]]:
    """Every verb of the record, in the order of the alphabet, without what it was done to."""
    found = [(verb, act(verb, {}).replace("–", "…")) for verb in ACTS]
    return sorted(found, key=lambda each: each[1].casefold())


def weekday(moment: datetime) -> str:
    """Sunday, or Sunnuntai: as the first word of a line."""
    return format_date(local(moment).date(), "EEEE", locale=get_locale() or "en").capitalize()
