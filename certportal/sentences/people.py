"""What is said about organisations, people and signing in, by the registry, the sign-in, the operator's desk and the demo."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

SENTENCES: dict[str, LazyString] = {
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
    "admission_unheard": _l(
        "The e-mail to those who sign for the organisation today has not left yet. Wait until it has: a day after it was"
        " written you may decide without it"
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
    "operator_disabled": _l(
        '%(email)s has been disabled since %(since)s. To let them in again: certportal operators add %(email)s "%(name)s"'
    ),
    "operator_unknown": _l("No operator has the address %(email)s. List the operators to see who is"),
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
        "The organisation’s use of the service has ended already, so nothing more can be done for it here"
    ),
    "revocation_not_yet": _l(
        "The end is to come, on %(last)s: revoke the certificates on a date, or leave them in force. To revoke them at once, "
        "leave the last day empty"
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
}
