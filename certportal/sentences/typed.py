"""What is said about a value that somebody typed: text, business ID, phone number, e-mail address, day."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l

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
    "given_up_and_chosen": _l("Channels are ticked as well. Untick them to give up every one, or untick this"),
    "choice_unknown": _l("That choice is no longer here. Choose one of these"),
    "consent_missing": _l("Tick the box to go on"),
}
