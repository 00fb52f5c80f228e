"""What the desk's views ask and do. The modules beside hold the subjects; other rooms' services are called by the views."""

from certportal.console.ending import end_organisation, end_signing_right, reopen_organisation
from certportal.console.outbound import wrong_addresses, wrong_numbers
from certportal.console.record import about as subjects
from certportal.console.registers import about, concerned, people, rights_of_people
from certportal.console.saving import (
    add_organisation,
    add_signatory,
    edit_organisation,
    edit_person,
    edit_signing_right,
    give_access_right,
    mark_of,
    newest_terms_version,
    save_in_catalogue,
)
from certportal.console.setting_up import is_new, items, send_test_mail, send_test_sms
from certportal.console.waiting import Desk, decided_applications, desk, is_first
from certportal.console.weeks import Week, weeks
from certportal.subjects import Subject

__all__ = [
    "Desk",
    "Subject",
    "Week",
    "about",
    "add_organisation",
    "add_signatory",
    "concerned",
    "decided_applications",
    "desk",
    "edit_organisation",
    "edit_person",
    "edit_signing_right",
    "end_organisation",
    "end_signing_right",
    "give_access_right",
    "is_first",
    "is_new",
    "items",
    "mark_of",
    "newest_terms_version",
    "people",
    "reopen_organisation",
    "rights_of_people",
    "save_in_catalogue",
    "send_test_mail",
    "send_test_sms",
    "subjects",
    "weeks",
    "wrong_addresses",
    "wrong_numbers",
]
