"""What is said about signing requests and certificates."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

SENTENCES: dict[str, LazyString] = {
    # signing requests
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
        "The certificate cannot be issued any more, because the organisation no longer uses the service, its right to the "
        "channel has ended, or no certificates of this environment are issued for the channel now. Ask the one who ordered "
        "what to do."
    ),
    "key_of_another": _l(
        "Another organisation has a certificate for this key. Make a new key pair, and send its signing request."
    ),
    "key_distrusted": _l(
        "A certificate for this key was revoked because the key was lost or disclosed. Make a new key pair, and send its "
        "signing request."
    ),
    "renewal_too_early": _l(
        "The certificate can be renewed from %(first_day)s, which is 60 days before it ends. Until then, apply for a new "
        "certificate if you need one."
    ),
    "renewal_right_missing": _l(
        "The certificate cannot be renewed, because the organisation’s right to the channel has ended, or no certificates of "
        "this environment are issued for the channel now. Ask the authorised signatory of the organisation what to do."
    ),
    "renewal_used_up": _l(
        "The certificate has been renewed for three keys already. Use one of those certificates, or ask the authorised "
        "signatory of the organisation for a new one."
    ),
    "renewal_same_key": _l(
        "This is the key of the certificate that is to be renewed. Make a new key pair, and send its signing request."
    ),
    "renewal_by_signatory": _l(
        "Only those who may sign for the organisation can renew this certificate. Ask them on the certificate’s page"
    ),
    "renewal_asked_already": _l(
        "They have been asked within the last day, so nothing more was sent. If it is urgent, call them"
    ),
    "renewal_not_possible": _l(
        "Certificates cannot be issued just now. Nothing has been used up: the certificate can be renewed until it ends. Try "
        "again later, or call the support."
    ),
    "certificate_revoked": _l("The certificate has been revoked already. A revocation cannot be taken back."),
    "certificate_expired": _l("The certificate has ended by itself. There is nothing left to do with it."),
    "certificate_not_issued": _l("The certificate is still being issued. Try again in a moment."),
    "certificate_given_up": _l(
        "The certificate could not be issued and has been given up. Ask the one who ordered it for new transfer codes."
    ),
    "renewal_given_up": _l(
        "The renewal could not be finished and has been given up. Renew the certificate again: the same key and signing request "
        "will do."
    ),
    "certificate_not_prepared": _l(
        "The certificate no longer waits for its signature, so there is nothing to give up."
    ),
    "certificate_prepared_lately": _l(
        "The certificate was prepared less than an hour ago. Wait: it may still be signed by itself."
    ),
    "reason_for_operator": _l("Only the issuer may give this reason. Choose another one."),
    "revocation_reason_missing": _l("Choose why the certificate is revoked"),
    "revocation_reason_unknown": _l(
        "That is no reason that a holder may give: key_lost, key_suspected, unnecessary or organisation_ended."
    ),
    # a revocation on a date
    "plan_day_missing": _l("Enter the last day on which the certificate works"),
    "plan_in_the_past": _l(
        "That day has ended already. Choose today or a later day, or revoke the certificate at once."
    ),
    "plan_after_end": _l(
        "The certificate ends by itself on %(last)s. Choose an earlier day, or leave it to its own end."
    ),
    "plan_none": _l("No revocation is planned for this certificate any more."),
    "plan_of_operator": _l(
        "The service’s operator planned this revocation. Only the operator can change it: call the support."
    ),
    "revocation_planned": _l(
        "The certificate is to be revoked after %(last)s, so it is not renewed. If it is needed longer, that plan must be taken "
        "back first."
    ),
    # revocation by proof of possession, and the link to a certificate's page
    "serial_missing": _l("Enter the certificate’s serial number"),
    "serial_form": _l(
        "That is no serial number of a certificate: it has at most 40 digits and letters from a to f. Copy it from the "
        "certificate or from a mail about it."
    ),
    "page_asks_too_many": _l("Links have been asked for too many times from your network. Try again on %(at)s."),
    "proof_empty": _l("Choose the file that the commands made, or paste its text. Nothing was sent."),
    "proof_too_large": _l(
        "The file is too large for a signed text: at most %(limit_kb)s kB. Check that you chose the right file."
    ),
    "proof_private_key": _l(
        "This holds a private key. It was not saved, but it has left your hands: revoke the certificate at once, with the file "
        "that the commands make."
    ),
    "proof_unreadable": _l(
        "This is not a signed text as the openssl command makes it (CMS SignedData), or part of it is missing. Send the "
        "whole file."
    ),
    "proof_signers": _l("The text must be signed once, and with one key. Make it again with the command as it stands."),
    "proof_weak": _l("The text is signed in a way that is no longer safe. Sign it again with SHA-256."),
    "proof_attributes": _l(
        "The signature does not say, as RFC 5652 wants it, what it is over. Make it again with the command as it stands."
    ),
    "proof_text": _l("Another text was signed. It must be exactly this: %(text)s"),
    "proof_other_certificate": _l(
        "The signature names another certificate than the text. Sign with the certificate to be revoked."
    ),
    "proof_wrong": _l("The signature was not made with the private key of this certificate. Nothing has been revoked."),
    "proof_certificate_unknown": _l(
        "This service has issued no certificate with the serial number in the signed text. Check that it is ours."
    ),
    # programs
    "transfer_codes_missing": _l(
        "Give the transfer codes with the call: TransferID as the user name and TransferPassword as the password."
    ),
    "client_certificate_missing": _l(
        "No client certificate came with the call. Call again with the certificate in force and its private key. If you did, "
        "tell the operator: the server in front may not hand it over."
    ),
    "client_certificate_unclear": _l(
        "It is not clear which client certificate came with the call (%(cause)s). Tell the operator: the server in front must "
        "overwrite the header that brings it."
    ),
    "client_certificate_unknown": _l(
        "The client certificate is not one that this service issued for this environment. Call with the certificate in force, "
        "or order a new certificate and use its transfer codes."
    ),
}
