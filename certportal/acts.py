"""What the record says to people: a sentence for every verb that ``audit.record`` is given.

One dict. A sentence may name the act's details as %(name)s; one that was not recorded is shown as a dash. Add a room's
verbs under that room's line. The signatory's activity page and the operator's record both read it.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import LazyString

from certportal.formats import as_date, environment_name, language_name
from certportal.identifiers import Environment, Language
from certportal.languages import gettext
from certportal.languages import lazy_gettext as _l

ACTS: dict[str, LazyString] = {
    # sign-in
    "signed_in": _l("Signed in"),
    "signed_out": _l("Signed out"),
    "signed_out_everywhere": _l("Signed out in every browser"),
    "organisation_chosen": _l("Chose the organisation to act for"),
    "sign_in_code_locked": _l("A sign-in code for %(email)s was locked after wrong tries"),
    "totp_locked": _l("A sign-in was stopped after wrong codes of the authenticator"),
    "sign_in_link_made": _l("A one-time sign-in address was made for an operator"),
    "sign_in_link_used": _l("Signed in with a one-time address"),
    "operator_added": _l("%(name)s was made an operator"),
    "operator_disabled": _l("The operator %(email)s may no longer sign in"),
    "operator_totp_reset": _l("The authenticator of the operator %(email)s was forgotten"),
    "operator_totp_enrolled": _l("An operator’s authenticator was taken into use"),
    # registry
    "organisation_added": _l("The organisation %(key)s was added"),
    "organisation_changed": _l("The organisation’s details were changed"),
    "organisation_contact_changed": _l("The organisation’s contact person was changed"),
    "organisation_ended": _l("The organisation’s use of the service was ended"),
    "person_added": _l("%(name)s was added to the persons"),
    "person_changed": _l("A person’s details were changed"),
    "signing_right_added": _l("%(person)s was given the right to sign"),
    "signing_right_changed": _l("The right of %(person)s to sign was changed"),
    "signing_right_ended": _l("The right of %(person)s to sign was ended"),
    "access_right_granted": _l("The access right to the channel %(channel)s was given"),
    "access_right_changed": _l("The access right to the channel %(channel)s was changed"),
    "access_right_refused": _l("The access right to the channel %(channel)s was refused"),
    "access_right_ended": _l("The access right to the channel %(channel)s was ended"),
    "channel_added": _l("The channel %(key)s was added"),
    "channel_changed": _l("The channel %(key)s was changed"),
    "purpose_added": _l("The purpose of use %(key)s was added"),
    "purpose_changed": _l("The purpose of use %(key)s was changed"),
    "terms_added": _l("Version %(key)s of the terms of use was added"),
    "terms_changed": _l("Version %(key)s of the terms of use was changed"),
    "admission_asked": _l("%(name)s asked to be let in"),
    "admission_admitted": _l("%(name)s was let in"),
    "admission_refused": _l("The request of %(name)s to be let in was refused"),
    "contact_changed": _l("A technical contact’s details were changed"),
    # access
    "interface_draft_saved": _l("A draft of an application for the technical interface was saved"),
    "interface_draft_deleted": _l("A draft of an application for the technical interface was deleted"),
    "interface_application_sent": _l("An application for using the technical interface was sent"),
    "interface_application_withdrawn": _l("An application for using the technical interface was withdrawn"),
    # orders
    "order_draft_saved": _l("A draft of a certificate application was saved"),
    "order_draft_deleted": _l("A draft of a certificate application was deleted"),
    "order_placed": _l("The certificate was ordered: order %(number)s"),
    "order_cancelled": _l("The order %(number)s was cancelled"),
    "codes_sent_anew": _l("New transfer codes were sent for the order %(number)s"),
    "codes_withheld": _l(
        "The transfer codes of the order %(number)s were made void, because the contact’s details changed"
    ),
    "codes_lapsed": _l("The transfer codes of the order %(number)s lapsed: nobody had collected"),
    # messages
    "pin_sent": _l("A PIN code was sent to the technical contact’s mobile"),
    "message_opened": _l("The message was opened with the PIN code"),
    "message_closed": _l("The opened message was closed"),
    "message_locked": _l("The message was locked after wrong PIN codes"),
    "wrong_number_reported": _l("The recipient said that the mobile number is not theirs"),
    "wrong_number_taken_back": _l("The recipient said that the mobile number is theirs after all"),
    "number_said_right": _l("A mobile number that had been reported as wrong was said to be right"),
    "number_proved_right": _l("The PIN code showed that a mobile number that had been reported as wrong is right"),
    "wrong_pin": _l("A wrong PIN code was typed"),
    "wrong_transfer_password": _l("The transfer ID %(transfer_id)s was tried with a wrong one-time password"),
    "codes_locked": _l("The transfer codes were locked after wrong one-time passwords"),
    # certificates
    "certificate_prepared": _l("The transfer codes of the order %(order)s were used, and the certificate prepared"),
    "certificate_given_up": _l("The certificate of the order %(order)s was given up, because it could not be signed"),
    "certificate_issued": _l("The certificate was issued for the order %(order)s"),
    "renewal_prepared": _l("A renewal was asked for with a new key, and the certificate prepared"),
    "certificate_renewed": _l("The certificate was issued as a renewal, under the order %(order)s"),
    "renewal_asked": _l("The technical contact asked for a renewal"),
    "contact_may_renew": _l("The technical contact was allowed to renew the certificate"),
    "contact_may_not_renew": _l("The technical contact was no longer allowed to renew the certificate"),
    "certificate_revoked": _l("The certificate was revoked"),
    "certificate_revoked_same_key": _l("The certificate was revoked, because it has the same key as %(other)s"),
    "certificate_revoked_renewed_with_key": _l(
        "The certificate was revoked, because it was renewed with the key of %(other)s"
    ),
    "certificate_revoked_reason_raised": _l("The reason of the revocation was changed: the key is not safe"),
    "certificate_revocation_planned": _l("It was planned to revoke the certificate after %(last_day)s"),
    "certificate_revocation_taken_back": _l("The planned revocation of the certificate was taken back"),
    "certificate_page_asked": _l("A link to the certificate’s page was asked for, and mailed to its contact"),
    "certificate_will_not_be_renewed": _l("It was noted that the certificate will not be renewed"),
    "certificate_will_be_renewed": _l("The note that the certificate will not be renewed was taken back"),
    "crl_published": _l("The revocation list was published"),
    "ca_requested": _l("The signing request of an intermediate certification authority was made"),
    "service_certificate_issued": _l("The service’s own certificate for ‘%(name)s’ was made, by %(authority)s"),
    "ca_made": _l("The certification authority %(name)s was made"),
    # contacts
    "certificate_contact_changed": _l("The certificate’s technical contact was changed"),
    "contact_handed_over": _l("%(name)s took over what %(former)s looked after"),
    "contact_removed": _l("%(name)s was removed from the technical contacts"),
    "order_contact_corrected": _l("The contact of the order %(number)s was corrected"),
    # notices
    # outbox, clock
    "message_sent_again": _l("A letter was sent again"),
    "address_refused": _l("A mail server refused the address %(address)s"),
    "address_unmarked": _l("An address that had been refused was said to be right"),
    "clock_accepted": _l("The machine’s clock was said to be right"),
    "clock_moved": _l("The demo’s clock was moved forward by a day"),
    # console
    "test_mail_sent": _l("A test letter was sent to an operator"),
    "test_sms_sent": _l("A test text message was sent to %(phone)s"),
}

LABELS: dict[str, LazyString] = {
    "reason": _l("Reason"),
    "why": _l("Reason"),
    "before": _l("Earlier reason"),
    "other": _l("Serial number of the certificate that was named"),
    "note": _l("Note"),
    "email": _l("E-mail address"),
    "address": _l("E-mail address"),
    "contact": _l("Technical contact"),
    "channel": _l("Channel"),
    "environment": _l("Environment"),
    "serial": _l("Serial number"),
    "renews": _l("Serial number of the certificate that is renewed"),
    "sha256": _l("Fingerprint (SHA-256)"),
    "last_day": _l("Last day"),
    "ended_on": _l("Not in use from"),
    "valid_from": _l("First day"),
    "valid_to": _l("Last day"),
    "in_force_from": _l("In force from"),
    "organisation": _l("Organisation"),
    "terms": _l("Version of the terms of use"),
    "name": _l("Name"),
    "person": _l("Person"),
    "phone": _l("Mobile number"),
    "language": _l("Language"),
    "company": _l("Company"),
    "second_email": _l("Second address for notices"),
    "contact_name": _l("Contact person’s name"),
    "contact_email": _l("Contact person’s e-mail address"),
    "contact_phone": _l("Contact person’s mobile number"),
    "contact_language": _l("Contact person’s language"),
    "transfer_id": _l("Transfer ID (TransferID)"),
    "number": _l("Order number"),
    "order": _l("Order number"),
    "count": _l("How many"),
    "entries": _l("Entries"),
    "kind": _l("Kind"),
    "former": _l("Before"),
    "channels": _l("Channels"),
    "added": _l("Channels added"),
    "given_up": _l("Channels given up"),
    "kept": _l("Channels kept"),
    "still_waiting": _l("Channels that wait on"),
    "taken_back": _l("Channels taken back"),
    "purposes": _l("Purposes of use"),
    "purposes_added": _l("Purposes added"),
    "purposes_given_up": _l("Purposes given up"),
}
"""What the details of an act are called; one that is not here is shown under the name that it was recorded by."""

REASONS: dict[str, LazyString] = {
    "additional": _l("An additional certificate is needed"),
    "replaces": _l("It replaces another certificate"),
    "retrieval_failed": _l("A certificate that was ordered could not be collected"),
    "sent_again": _l("New codes were asked for"),
    "contact_corrected": _l("The contact’s details were corrected"),
    "contact_changed": _l("Somebody else collects the certificate"),
    "superseded": _l("A new order took its place"),
    "cancelled": _l("It is no longer needed, or may no longer be collected"),
}
"""What the codes under ``reason`` and ``why`` say; what a person typed is shown as it is."""


class _Told(dict[str, str]):
    """An act's details in its sentence. What was not recorded is a dash, never an error: the record outlives the program."""

    def __missing__(self, _name: str) -> str:
        return "–"


def act(verb: str, details: Mapping[str, Any]) -> str:
    """What was done, in the language being written. A verb of an older or newer program is shown as it was recorded."""
    text = ACTS.get(verb)
    if text is None:
        return verb.replace("_", " ").capitalize()
    return str(text) % _Told({name: _value(value) for name, value in details.items()})


def particulars(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The details under their names, for whoever wants to know more; each changed field as ``before → after``."""
    for name, value in details.items():
        if name == "changed" and isinstance(value, Mapping):
            for field, (before, after) in value.items():
                yield _label(field), f"{_value(before)} → {_value(after)}"
        elif value not in (None, "", [], {}):
            coded = REASONS.get(value) if name in ("reason", "why") and isinstance(value, str) else None
            yield _label(name), _value(value) if coded is None else str(coded)


def _label(name: str) -> str:
    return str(LABELS.get(name, name))


def _value(value: Any) -> str:
    """A recorded value as people read it: days and codes in words, nothing as a dash."""
    match value:
        case None | "":
            return "–"
        case bool():
            return gettext("yes") if value else gettext("no")
        case list():
            return ", ".join(_value(each) for each in value) or "–"
        case str() if value in list(Language):
            return language_name(value)
        case str() if value in list(Environment):
            return environment_name(value)
        case str():
            return _as_day(value)
        case _:
            return str(value)


def _as_day(text: str) -> str:
    try:
        return as_date(date.fromisoformat(text)) if len(text) == 10 else text
    except ValueError:
        return text
