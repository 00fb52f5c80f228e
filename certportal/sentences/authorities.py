"""What is said about the certification authorities and their lists."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

SENTENCES: dict[str, LazyString] = {
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
    "ca_label_refused": _l(
        "‘%(name)s’ cannot be the label of an authority here. Labels are small letters and digits, and a line’s generations "
        "follow each other."
    ),
    "ca_request_refused": _l(
        "This is not the intermediate authority’s signing request (%(what)s). Take the newest one that the server made "
        "(intermediate.csr, intermediate-2.csr), and the same settings."
    ),
    "ca_request_named": _l(
        "The request is for the name ‘%(name)s’, not for ‘%(wanted)s’. If it is for an intermediate authority that follows "
        'another, give --name "%(name)s"; if it is for the first, take the same settings as the server has.'
    ),
    "crl_refused": _l("This is no revocation list of %(name)s, or its signature is not right."),
    "crl_lapsed": _l(
        "This list lapsed on %(until)s, and it is %(now)s here. If it was signed just now, the clock of the machine that signed "
        "it is wrong. Put both clocks right, sign the next list and take that."
    ),
    "crl_of_future": _l(
        "This list holds only from %(since)s, and it is %(now)s here. The clock of the machine that signed it, or this one’s, is "
        "wrong. Put both right, sign the next list and take that."
    ),
    "crl_number": _l(
        "The list’s number is too large to be followed: %(number)s. Sign the next one with a number below 4611686018427387904."
    ),
    "crl_older": _l("A newer revocation list has been published already. Sign the next one and take that."),
    "ca_lost": _l(
        "%(name)s is not there, but certificates of that authority are in the register, and only it can revoke them. Restore it "
        "from the backup, or put CA_DIR right."
    ),
    "ca_missing": _l("There is no certification authority yet (%(name)s). Make one with: certportal ca init"),
    "ca_name_refused": _l(
        "‘%(name)s’ cannot be the name here. Root and issuing authority have different names, other names in "
        "production than in test, at most 64 characters, and the issuing one’s holds the word %(needed)s."
    ),
    "ca_above_ends": _l(
        "Nothing that issues can be made below %(name)s any more: it ends on %(until)s, before the first certificate would. Let "
        "an intermediate authority follow it first: certportal ca rollover --line intermediate"
    ),
    "ca_root_ends": _l(
        "Nothing that issues can be made below the root %(name)s any more: it ends on %(until)s, before the first certificate "
        "would. No command follows a root: see docs/ca.md."
    ),
    "ca_asked": _l(
        "%(name)s waits for the root’s signature already. Have it signed, or, if it is lost, delete the file and ask anew."
    ),
    "ca_not_asked": _l(
        "%(name)s is not there, so no intermediate waits for the root’s signature. Begin with: certportal ca rollover "
        "--line intermediate"
    ),
    "ca_other_intermediate": _l(
        "This is not the certificate that %(name)s asks for: it has another name or another key. Take the one that the root "
        "signed for that request."
    ),
    "ca_day_past": _l("%(day)s has passed. Choose today or a coming day for --issues-from."),
    "ca_day_late": _l(
        "%(day)s is too late: an authority that is made today must begin to issue before %(latest)s, or it ends before its "
        "certificates. Choose an earlier day for --issues-from, or make the authority later."
    ),
    "ca_waits": _l(
        "%(name)s follows already, and issues from %(day)s. No other is needed until then. If it must issue at once, delete the "
        "file ca/%(file)s in DATA_DIR."
    ),
    "ca_key_refused": _l(
        "The key in the request or certificate of %(name)s is none that an authority may have (%(found)s): that is RSA of "
        "2048–4096 bits, or EC on P-256 or P-384. Nothing was made. The portal makes no such key: find out where this one comes "
        "from, and take the request that the server made."
    ),
    "ca_line_unknown": _l(
        "There is no line ‘%(name)s’ here that could be followed. There are: %(lines)s. To begin a new one, name it in "
        "CERTPORTAL_CA_ISSUERS_%(place)s and run: certportal ca init --environment %(place)s"
    ),
    "ca_name_taken": _l(
        "‘%(name)s’ is the name of another authority (%(other)s), and only those that follow each other may share one. Choose a "
        "name that is not used."
    ),
    "ca_passphrase_short": _l(
        "The passphrase of the certification authority’s keys is too short. Give at least %(least)s characters."
    ),
    "ca_passphrase_wrong": _l(
        "The passphrase does not open the key %(name)s. Check CERTPORTAL_CA_PASSPHRASE, or the file ca-passphrase in DATA_DIR."
    ),
    "ca_token_away": _l(
        "The token %(name)s, which holds the certification authority’s key, does not answer. Check that it is in its place "
        "and switched on; what waits for a signature is then signed by itself."
    ),
    "ca_token_key_missing": _l(
        "The token %(token)s does not hold the key %(name)s. Check that it is the right token, or restore the key from the "
        "token’s backup."
    ),
    "ca_token_mechanism": _l(
        "The token %(name)s cannot make or use this kind of key (%(what)s). Choose another kind with CERTPORTAL_CA_KEY, or "
        "another token."
    ),
    "ca_token_module": _l(
        "The token’s PKCS#11 module cannot be used: %(name)s. Check that the file is there and that the service may read it "
        "and its configuration."
    ),
    "ca_token_pin": _l(
        "The PIN of the token %(name)s is wrong or locked, and is not tried again. Correct CERTPORTAL_CA_TOKEN_PIN and start the "
        "service anew; unlock the PIN with the token’s own program first, if it is locked or on its last try."
    ),
    "ca_token_unset": _l(
        "The key %(name)s is in a token, and no token is set up. Give CERTPORTAL_CA_TOKEN_MODULE and what belongs to it."
    ),
}
