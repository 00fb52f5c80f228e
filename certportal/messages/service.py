"""What other rooms ask of messages: transfer codes, PIN-guarded links and what lies behind them.

Steps run in the caller's transaction; use cases open their own and belong to this room's views and to the scheduler.
"""

from certportal.messages.codes import (
    codes_behind,
    codes_of,
    issue_codes,
    spend_codes,
    take_codes,
    void_codes,
    void_taken,
)
from certportal.messages.endings import end_of, forget_lapsed
from certportal.messages.links import behind, message
from certportal.messages.models import (
    CodesState,
    MessageEnd,
    MessageKind,
    SecureMessage,
    TransferCodes,
)
from certportal.messages.openings import Opened, close, opened, transfer_password
from certportal.messages.pages import end_pages, mailed_by, new_page
from certportal.messages.pins import PinOut, enter_pin, pin_mark, pin_out, send_pin
from certportal.messages.verifying import checked_columns, right_codes, verify_codes
from certportal.messages.wrong_numbers import number_is_right, report_wrong_number, take_back_wrong_number

__all__ = [
    "CodesState",
    "MessageEnd",
    "MessageKind",
    "Opened",
    "PinOut",
    "SecureMessage",
    "TransferCodes",
    "behind",
    "checked_columns",
    "close",
    "codes_behind",
    "codes_of",
    "end_of",
    "end_pages",
    "enter_pin",
    "forget_lapsed",
    "issue_codes",
    "mailed_by",
    "message",
    "new_page",
    "number_is_right",
    "opened",
    "pin_mark",
    "pin_out",
    "report_wrong_number",
    "right_codes",
    "send_pin",
    "spend_codes",
    "take_back_wrong_number",
    "take_codes",
    "transfer_password",
    "verify_codes",
    "void_codes",
    "void_taken",
]
