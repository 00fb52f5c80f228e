"""What is said about messages, orders, access, contacts and notices."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

SENTENCES: dict[str, LazyString] = {
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
    "renewal_needs_right": _l(
        "The organisation has no valid access right to this channel, so the certificate cannot be renewed or replaced. Apply "
        "for the right first"
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
    "renewal_ordered": _l(
        "A new certificate has been ordered in this one’s place already, and waits to be collected. Nothing more was sent"
    ),
    "renewal_not_now": _l(
        "The certificate cannot be renewed now: it is not among those that end within 60 days, or a new one has taken its "
        "place. Open its page again to see how it stands"
    ),
    "replaces_other_environment": _l(
        "A certificate for production cannot replace one for test, nor the other way round. Choose the environment of the old "
        "certificate, or apply for an additional one"
    ),
    "replaces_other_channel": _l(
        "The new certificate is for another channel than the one it would replace. Choose the channel of the old certificate, "
        "or order it as an additional certificate"
    ),
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
    # contacts
    "contact_changed_meanwhile": _l(
        "The details have been changed in another window since you opened them. What you have written is still here: save "
        "it, or leave what is saved there"
    ),
    "contact_gone": _l(
        "This contact person is no longer here, because somebody else has taken the place. Look at the list"
    ),
    "contact_looks_after": _l(
        "This contact person looks after a certificate or an order. Name another contact for those first"
    ),
    "correction_reason_missing": _l("Write why the contact is corrected. The signatories read it as you write it"),
}
