"""What each refusal says to the person who reads it. One dict: a code, and a sentence that tells what to do.

A sentence may name the refusal's details as %(name)s, and nothing else after the per cent sign. Add a room's sentences
under that room's line, so that two rooms never change the same lines.
"""

import logging
from datetime import date, datetime

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from certportal.formats import as_date, as_datetime, country_name
from certportal.identifiers import PhoneNumber
from certportal.refusals import Refusal

SENTENCES: dict[str, LazyString] = {
    # identifiers, text
    "text_missing": _l("Write something here. The answer is empty."),
    "text_too_long": _l("Shorten the answer to %(limit)s characters. It has %(length)s now."),
    "text_control_characters": _l("The answer holds characters that do not show. Type it in instead of pasting it."),
    # identifiers, business ID
    "business_id_missing": _l("Enter the organisation’s business ID, such as 9900001-8"),
    "business_id_form": _l(
        "‘%(typed)s’ is not a business ID. It has seven digits, a hyphen and a check digit, such as 9900001-8"
    ),
    "business_id_check_digit": _l(
        "‘%(typed)s’ has a typing mistake: its last digit does not fit the others. Check each digit"
    ),
    "business_id_unreadable": _l(
        "‘%(typed)s’ is not an organisation’s number in this country: %(country)s. Check each character"
    ),
    # identifiers, phone number
    "phone_missing": _l("Enter a mobile number, such as 040 123 4567"),
    "phone_unreadable": _l("‘%(typed)s’ is not a phone number. Enter one mobile number, such as 040 123 4567"),
    "phone_too_short": _l("‘%(typed)s’ is too short for a mobile number. Check that no digit is missing"),
    "phone_too_long": _l("‘%(typed)s’ is too long for a mobile number. Enter one number, without extra digits"),
    "phone_extension": _l("‘%(typed)s’ has an extension. Text messages need a mobile number of its own"),
    "phone_landline": _l(
        "%(typed)s is a landline number (%(place)s). Text messages do not reach it: enter a mobile number"
    ),
    "phone_not_sms": _l("%(typed)s is a service number. Text messages do not reach it: enter a mobile number"),
    "phone_needs_country_code": _l("%(typed)s needs its country code, such as %(suggestion)s (%(country)s)"),
    "phone_unknown_country_code": _l("No country has the code at the beginning of %(typed)s. Check the digits after +"),
    # identifiers, e-mail address
    "email_missing": _l("Enter an e-mail address, such as name@company.example"),
    "email_no_at": _l("‘%(typed)s’ is missing its @ sign, as in name@company.example"),
    "email_missing_ending": _l("‘%(domain)s’ is missing its ending, such as .fi"),
    "email_letters_before_at": _l("Before the @ sign there may be only letters from a to z, not ‘%(letters)s’"),
    "email_too_long": _l("The e-mail address is too long: at most %(limit)s characters. Check that it is one address"),
    "email_unreadable": _l("‘%(typed)s’ is not an e-mail address. Enter one address, such as name@company.example"),
    # identifiers, day, language, environment, country
    "day_missing": _l("Enter a date, such as 4.12.2026"),
    "day_unreadable": _l("‘%(typed)s’ is not a date. Enter day, month and year, such as 4.12.2026"),
    "day_not_in_calendar": _l("There is no %(typed)s in the calendar. Check the day and the month"),
    "language_missing": _l("Choose a language"),
    "language_unknown": _l("Choose Finnish, Swedish or English"),
    "environment_missing": _l("Choose production or test"),
    "environment_unknown": _l("Choose production or test"),
    "country_missing": _l("Choose a country"),
    "country_unknown": _l("‘%(typed)s’ is not a country’s two-letter code, such as FI"),
    # fields
    "choice_missing": _l("Choose one of these"),
    "choices_missing": _l("Choose at least one of these"),
    "choice_unknown": _l("That choice is no longer here. Choose one of these"),
    "consent_missing": _l("Tick the box to go on"),
    # settings, clock, audit
    # outbox
    "row_not_again": _l("This letter waits to be sent or has been accepted already, so it is not sent again"),
    "row_had_secret": _l(
        "This letter carried a secret that is not kept, so it cannot be sent again. Its page says what to do instead"
    ),
    # registry
    "right_ends_before_it_begins": _l("The last day, %(last)s, is before the first, %(first)s. Check the dates"),
    "right_already_valid": _l("The organisation has this access right already, until further notice"),
    "right_not_waiting": _l("This has been decided or withdrawn already. Open the page again to see how it stands"),
    "right_not_valid": _l("This access right has ended already. Open the page again to see how it stands"),
    "organisation_changed_meanwhile": _l(
        "Somebody else changed the organisation’s details meanwhile. Look at them, and save yours if they still hold"
    ),
    "person_changed_meanwhile": _l(
        "Your details were changed elsewhere meanwhile. Look at them, and save these if they still hold"
    ),
    "admissions_from_address": _l(
        "Many requests have come from this network in the last hour. Try again later, or call us"
    ),
    "admissions_with_email": _l(
        "Requests with this e-mail address have come already. We answer them by e-mail; call us if it is urgent"
    ),
    "admissions_for_organisation": _l(
        "Several requests for this organisation have come already. We answer them by e-mail; call us if it is urgent"
    ),
    "admission_decided": _l("This request has been decided already. Open the queue again to see how it stands"),
    "organisation_has_ended": _l(
        "The organisation %(typed)s no longer uses the service. Open it again before you let anybody in"
    ),
    "organisation_unknown": _l("There is no organisation with the business ID %(typed)s. Add the organisation first"),
    "organisation_other_register": _l(
        "The number %(typed)s belongs to an organisation in another country: %(country)s. Check the country"
    ),
    "channel_unknown": _l("There is no channel with the code %(typed)s. Add the channel first, or check the code"),
    "channel_without_environment": _l("A channel needs production, test or both. Say yes to at least one of them"),
    "terms_in_force": _l(
        "Version %(version)s of the terms is in force and may have been accepted. Make a new version instead"
    ),
    "row_needs": _l("‘%(field)s’ is missing. Fill it in"),
    "row_repeated": _l("%(key)s is already on line %(first)s. Keep one of the two rows"),
    "person_otherwise": _l("Line %(first)s says otherwise of the same person. Write the same on both, or leave it out"),
    "row_width": _l("The row has %(found)s cells, but the header %(expected)s. Check for a missing or extra delimiter"),
    "cell_not_plain": _l("A list or an object cannot stand here. Write one text"),
    "cell_not_emptied": _l("This cannot be emptied. Write a value, or leave it out to keep the present one"),
    "column_unknown": _l("There is no such column here. The columns are %(known)s"),
    "column_repeated": _l("The name stands here twice. Keep one of the two"),
    "header_unknown": _l(
        "The first line does not tell what the rows are about. It names the columns, such as business_id and name"
    ),
    "kind_unknown": _l("The file has a part that is not known. The parts are %(known)s"),
    "row_code_form": _l(
        "‘%(typed)s’ is not a code. It has letters from a to z, digits, full stops, hyphens and underscores"
    ),
    "yes_or_no": _l("‘%(typed)s’ is neither yes nor no. Write yes or no"),
    "number_range": _l("‘%(typed)s’ is not a whole number from %(least)s to %(most)s"),
    "day_far_away": _l("‘%(typed)s’ is too far away. Check the year"),
    "csv_unreadable": _l("The rows cannot be read from here on. Check the quotation marks"),
    "json_unreadable": _l("The file cannot be read from here on. Check commas, quotation marks and brackets"),
    "json_expected": _l("Here should be %(expected)s. Compare the file with the example"),
    "import_empty": _l("The file has no rows. Check that it is the right file"),
    "import_too_large": _l("The file is too large: at most %(limit)s MB. Divide it into parts"),
    "import_too_many": _l("The file has too many rows: at most %(limit)s. Divide it into parts"),
    "import_not_utf8": _l("The file is not in UTF-8. Save it again as ‘CSV UTF-8’ or with the encoding UTF-8"),
    "import_refused": _l("Nothing was taken: the file has mistakes. Correct them and import it again"),
    # signin
    "code_missing": _l("Enter the code: %(digits)s digits"),
    "code_form": _l("The code has %(digits)s digits. Check that none is missing and that there are no letters"),
    "sign_in_code_wrong": _l(
        "The code is not right. Check the digits, and that it is the newest code. Tries left: %(left)s"
    ),
    "sign_in_code_locked": _l("Five wrong codes have been entered. Ask for a new code"),
    "sign_in_code_lapsed": _l(
        "This code no longer works: ten minutes have passed, or a newer code has been sent. Ask for a new code"
    ),
    "sign_in_codes_too_many": _l(
        "Five codes have been asked for with this address within an hour. Use the newest one, or ask for the next after %(until)s"
    ),
    "sign_in_codes_too_many_here": _l(
        "Too many codes have been asked for from your network. Try again after %(until)s"
    ),
    "sign_in_tries_too_many": _l(
        "Too many wrong codes have been entered for this address. For safety it cannot be used before %(until)s"
    ),
    "sign_in_no_right": _l("You may not sign for this organisation. Ask to be let in on the sign-in page"),
    "sign_in_over": _l("The sign-in has ended. Sign in again"),
    "totp_wrong": _l("The code is not right. Enter the one that the app shows now. Tries left: %(left)s"),
    "totp_used": _l("This code has been used. Wait for the app to show the next one. Tries left: %(left)s"),
    "totp_locked": _l("Five wrong codes have been entered. Begin again: ask for a new sign-in code"),
    "link_lapsed": _l("This address no longer works. Make a new one on the server"),
    "operator_exists": _l("%(email)s is an operator already"),
    "operator_unknown": _l("No operator has the address %(email)s. List the operators to see who is"),
    # messages
    "message_unknown": _l(
        "There is no message at this address. Open the link in the e-mail again: it is long, and must be copied whole"
    ),
    "message_over": _l(
        "This message can no longer be opened. Ask the person who ordered the certificate for new codes"
    ),
    "message_locked": _l(
        "The message is locked, because wrong PIN codes were tried too many times. The person who ordered the "
        "certificate has been told and can send you a new message"
    ),
    "pin_missing": _l("Enter the PIN code that came as a text message"),
    "pin_form": _l("A PIN code has 6 digits. Copy them from the newest text message"),
    "pin_wrong": _l("The PIN code is not right. Copy it from the newest text message. Tries left: %(left)s"),
    "pin_none": _l("No PIN code has been sent yet. Send one first"),
    "pin_spent": _l("This PIN code has been used already. Send a new one"),
    "pin_expired": _l("This PIN code is too old. Send a new one"),
    "pin_used_up": _l("The PIN code was wrong 5 times and can no longer be used. Send a new one"),
    "pin_too_many": _l("So many PIN codes have been sent that the next one can be sent on %(at)s. Wait until then"),
    "pin_budget_spent": _l(
        "No more text messages can be sent for this organisation today. Try again tomorrow, or call the support"
    ),
    # orders
    "channel_closed": _l("This channel can no longer be applied for. Choose another channel"),
    "environment_not_offered": _l("This channel has no certificates for that environment. Choose the other one"),
    "no_access_right": _l(
        "The organisation has no valid access right to this channel. Apply for the right first, or choose test"
    ),
    "description_needed": _l(
        "Describe what this certificate is for: the organisation has one for this channel already, and you must be able to "
        "tell them apart"
    ),
    "contact_myself_phone": _l("Enter your mobile number: the PIN code is sent there"),
    "order_collected": _l("The certificate has been collected already, so the order can no longer be changed"),
    "order_cancelled": _l("The order has been cancelled, so it can no longer be changed"),
    "order_changed": _l("Nothing was sent: the order has changed since you opened it. This is how it stands now"),
    "codes_in_use": _l(
        "The certificate is being collected at this moment, so nothing can be changed. Look again in a minute"
    ),
    "draft_not_found": _l("There is no such draft. It may belong to another organisation that you act for"),
    "draft_changed": _l(
        "These answers have been changed in another window since you opened them. What you have written is still here: go on "
        "to keep it, or open what was saved there"
    ),
    "answers_changed": _l(
        "The answers have been changed in another window since you checked them. Nothing was sent: check them again here"
    ),
    "draft_sent": _l("This application has been sent already. Here is the order that it became"),
    "draft_deleted": _l(
        "This draft has been deleted in another window. What you have written is still here, and going on keeps it as a new "
        "draft"
    ),
    "terms_changed": _l("There is a new version of the terms of use. Read it and accept it to go on"),
    "terms_none": _l("There are no terms of use to accept yet, so nothing can be sent. Ask the service’s support"),
    "contact_unknown": _l("This contact person is no longer here. Choose another one, or enter the details"),
    "certificate_unknown": _l("This certificate can no longer be replaced. Choose another one"),
    "order_unknown": _l("There is no such order any more. Choose another one"),
    "earlier_order_collected": _l(
        "The certificate of that order has been collected meanwhile, so its codes worked. Choose another reason"
    ),
    "replaces_other_environment": _l(
        "A certificate for production cannot replace one for test, nor the other way round. Choose the environment of the old "
        "certificate, or apply for an additional one"
    ),
    # certificates, signing request and certification authority
    "csr_empty": _l("Choose the signing request’s file, or paste the request. Nothing was sent."),
    "csr_too_large": _l(
        "The file is too large for a signing request: at most %(limit_kb)s kB. Check that you chose the right file."
    ),
    "csr_private_key": _l(
        "This holds a private key. It was not saved, but it has left your hands: make a new key pair, keep the private "
        "key to yourself and send only the signing request (CSR)."
    ),
    "csr_is_certificate": _l(
        "This is a certificate, not a signing request. Send the file that begins with BEGIN CERTIFICATE REQUEST."
    ),
    "csr_is_public_key": _l(
        "This is a public key alone. Make a signing request (CSR) with the private key and send the request."
    ),
    "csr_several": _l(
        "There are %(count)s different signing requests here. Send only the one that the certificate is for."
    ),
    "csr_unreadable": _l(
        "This is not a signing request, or part of it is missing. Send the whole file, from BEGIN CERTIFICATE REQUEST "
        "to END CERTIFICATE REQUEST."
    ),
    "csr_weak_hash": _l("The signing request is signed in a way that is no longer safe. Make it again with SHA-256."),
    "csr_bad_signature": _l(
        "The signing request is not signed with its own key, or it has changed on the way. Make a new request with the "
        "private key and send it as it is."
    ),
    "key_type_refused": _l(
        "This kind of key cannot be used. Make an RSA key of 2048–4096 bits, or an EC key on the curve P-256 or P-384."
    ),
    "key_size_refused": _l("The RSA key has %(bits)s bits. Make one of %(smallest)s–%(largest)s bits."),
    "key_exponent_refused": _l("The RSA key has an unusual public exponent. Make a new key with the usual one, 65537."),
    "key_weak": _l(
        "This RSA key can be broken: the program or device that made it has a known fault. Make a new key with another program."
    ),
    "ca_environment_differs": _l(
        "The certificate belongs to the other environment (%(environment)s) than %(name)s. Nothing was issued; tell the operator."
    ),
    "ca_not_yet_valid": _l(
        "The certification authority %(name)s is valid only from %(since)s. Check the machine’s clock."
    ),
    "ca_ends_first": _l(
        "No certificate can be issued now: the certification authority %(name)s ends on %(until)s, before the "
        "certificate would. The operator must renew the authority first."
    ),
    "certificate_refused": _l(
        "The certification authority refused the certificate because of a fault in the service (%(what)s). Nothing was "
        "used up; tell the operator."
    ),
    "subject_refused": _l(
        "The organisation’s details cannot be written into a certificate (%(field)s). The operator must correct them first."
    ),
    "ca_broken": _l(
        "The certification authority’s file is damaged or has been changed: %(name)s. Restore it from the backup."
    ),
    "ca_busy": _l(
        "Another command is making a certification authority in the same directory. Wait until it has finished."
    ),
    "ca_exists": _l("The certification authority is there already and is never written over: %(name)s"),
    "ca_expired": _l(
        "The certification authority %(name)s ended on %(until)s. It must be renewed before certificates can be issued."
    ),
    "ca_key_kind_refused": _l(
        "A certification authority’s key must be RSA or EC: %(name)s. Restore the right file from the backup."
    ),
    "ca_key_mismatch": _l(
        "The private key does not belong to the certificate of %(name)s. Restore both from the same backup."
    ),
    "ca_missing": _l("There is no certification authority yet (%(name)s). Make one with: certportal ca init"),
    "ca_name_refused": _l(
        "‘%(name)s’ cannot be the name here. Root and issuing authority have different names, other names in "
        "production than in test, at most 64 characters, and the issuing one’s holds the word %(needed)s."
    ),
    "ca_passphrase_short": _l(
        "The passphrase of the certification authority’s keys is too short. Give at least %(least)s characters."
    ),
    "ca_passphrase_wrong": _l(
        "The passphrase does not open the key %(name)s. Check CERTPORTAL_CA_PASSPHRASE, or the file ca-passphrase in DATA_DIR."
    ),
    # certificates
    "transfer_id_missing": _l("Enter the transfer ID (TransferID). It is in the secure message"),
    "transfer_id_form": _l("The transfer ID (TransferID) has 12 digits and nothing else. Check each digit"),
    "transfer_password_missing": _l(
        "Enter the one-time password (TransferPassword). What was typed before is not kept on the page"
    ),
    "transfer_codes_wrong": _l(
        "The transfer codes are not right, or they are no longer valid. Check both; capital and small letters differ. "
        "After 10 wrong passwords the codes are locked. If they have lapsed, ask the one who ordered for new ones."
    ),
    "retrieval_too_many": _l(
        "Wrong transfer codes have been entered too many times from your network. Try again on %(at)s, or use the form in "
        "the secure message."
    ),
    "codes_taken": _l(
        "The transfer codes have been used with another key, and each pair works for one key only. Send the signing "
        "request of that key, or ask the one who ordered for a new certificate."
    ),
    "issuing_not_possible": _l(
        "Certificates cannot be issued just now. Nothing has been used up: the transfer codes work until their last day. "
        "Try again later, or call the support."
    ),
    "clock_behind": _l(
        "The server’s clock is behind, so nothing is signed. Check the clock, then accept it: certportal clock accept"
    ),
    "not_orderable_any_more": _l(
        "The certificate cannot be issued any more, because the organisation’s right to the channel has ended or the "
        "channel has been closed. Ask the one who ordered what to do."
    ),
    "key_of_another": _l(
        "Another organisation has a certificate for this key. Make a new key pair, and send its signing request."
    ),
    "key_distrusted": _l(
        "A certificate for this key was revoked because the key was lost or disclosed. Make a new key pair, and send its "
        "signing request."
    ),
    "certificate_revoked": _l("The certificate has been revoked already. A revocation cannot be taken back."),
    "certificate_expired": _l("The certificate has ended by itself. There is nothing left to do with it."),
    "certificate_not_issued": _l("The certificate is still being issued. Try again in a moment."),
    "reason_for_operator": _l("Only the issuer may give this reason. Choose another one."),
    "revocation_reason_missing": _l("Choose why the certificate is revoked"),
    # access
    "interface_draft_sent": _l("This application has been sent already. Here is how it stands"),
    "rights_changed": _l(
        "Nothing was sent: the organisation’s access rights, or what uses them, have changed since you checked. Look at what "
        "changes now, and send it if it is right"
    ),
    "channel_closed_to_new": _l("This channel has been closed, and no new access rights to it are given"),
    "decision_reason_missing": _l("Write why the channel is refused. The applicant reads it as you write it"),
    "application_not_found": _l("There is no such application. It may belong to another organisation that you act for"),
    "application_over": _l("Nothing waits in this application any more, so there is nothing to take back"),
    "access_right_not_found": _l("There is no such access right. Open the page again to see how it stands"),
    # notices
    # contacts
    "contact_changed_meanwhile": _l(
        "The details have been changed in another window since you opened them. What you have written is still here: save "
        "it, or leave what is saved there"
    ),
    "contact_gone": _l("This contact person is no longer here, because somebody else has taken the place. Look at the list"),
    "contact_looks_after": _l(
        "This contact person looks after a certificate or an order. Name another contact for those first"
    ),
    "correction_reason_missing": _l("Write why the contact is corrected. The signatories read it as you write it"),
    # console
    "decision_missing": _l("Approve or refuse at least one channel. What you leave open waits on"),
    "changed_meanwhile": _l(
        "Somebody else has saved changes since you opened this. See below what is saved now, and save yours if they still hold"
    ),
    "organisation_exists": _l(
        "There is an organisation with the business ID %(typed)s already. Search for it and edit it"
    ),
    "organisation_gone": _l("There is no such organisation any more. Search for it again"),
    "organisation_over": _l(
        "The organisation’s use of the service has ended already. Open its page again to see how it stands"
    ),
    "revocation_not_yet": _l(
        "Certificates are revoked at once, not on %(last)s. Leave the last day empty, or leave the certificates in force"
    ),
    "signatory_exists": _l("%(name)s may sign for the organisation already. Change the days of that right instead"),
    "signing_right_gone": _l("There is no such right to sign any more. Open the organisation’s page again"),
    "signing_right_over": _l(
        "This right to sign has ended already. Open the organisation’s page again to see how it stands"
    ),
    "person_exists": _l(
        "%(typed)s is the address of another person already: %(name)s. Two persons cannot sign in with the same address"
    ),
    "person_gone": _l("There is no such person any more. Search again"),
    "code_taken": _l("‘%(key)s’ is in use already. Choose another code, or edit the one that has it"),
    "entry_gone": _l("This is no longer here. Open the list again"),
    "terms_in_the_past": _l("%(first)s has passed. A new version of the terms begins today or later"),
    # demo
    "demo_busy": _l("The demo’s clock is being moved already, or the demo begins anew. Wait until that is done."),
    # protocols
}

_AREAS: dict[str, LazyString] = {
    "2": _l("Turku and Pori"),
    "3": _l("Tampere, Hämeenlinna and Lahti"),
    "5": _l("Kouvola, Lappeenranta and Mikkeli"),
    "6": _l("Vaasa and Seinäjoki"),
    "8": _l("Oulu and Kajaani"),
    "9": _l("Helsinki"),
    "13": _l("Joensuu"),
    "14": _l("Jyväskylä"),
    "15": _l("Mikkeli"),
    "16": _l("Rovaniemi"),
    "17": _l("Kuopio"),
    "18": _l("Åland"),
    "19": _l("Western and central Uusimaa"),
}
"""Finland's area codes, so that a landline is named by its place."""


class _Shown(dict[str, str]):
    """Details as people read them. A detail that the refusal did not bring is shown as a dash, never an error."""

    def __missing__(self, _name: str) -> str:
        return "–"


def sentence(refusal: Refusal) -> str:
    """The refusal in the language being written now. A code without a sentence (a test forbids it) says so plainly."""
    text = SENTENCES.get(refusal.code)
    if text is None:
        logging.getLogger(__name__).error("no sentence for the refusal %s", refusal.code)
        return gettext("This cannot be done now. Go back, check your answers and try again.")
    details = _Shown({name: _as_people_read(name, value) for name, value in refusal.details.items()})
    if "place" not in details:
        details["place"] = _place(refusal)
    return str(text) % details


def _as_people_read(name: str, value: object) -> str:
    match value:
        case PhoneNumber():
            return value.grouped
        case datetime():
            return as_datetime(value)
        case date():
            return as_date(value)
        case str() if name == "country":
            return country_name(value)
        case _:
            return str(value)


def _place(refusal: Refusal) -> str:
    area = _AREAS.get(str(refusal.details.get("area")))
    return str(area) if area else country_name(str(refusal.details.get("country", "")))
