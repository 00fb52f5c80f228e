"""What refusals say to programs here, in the names of this service's own messages; the rest they say as to any program."""

from flask_babel import LazyString

from certportal.languages import lazy_gettext as _l
from certportal.protocols import wording

WORDS: dict[str, LazyString] = wording.WORDS | {
    "transfer_codes_wrong": _l(
        "The transfer codes are not right, not for this CustomerId and Environment, or no longer valid. Check all four; capital "
        "and small letters differ. After 10 wrong passwords the codes are locked. If they have lapsed, ask the one who ordered "
        "for new ones."
    ),
    "certificate_not_issued": _l(
        "The certificate is not ready yet. Ask again in a minute with the same RetrievalId. Nothing has been used up."
    ),
}
