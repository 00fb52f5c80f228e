""" "Start over": the running demo gets a new past, while it goes on answering."""

from flask import current_app

from certportal.demo import moving, seeding
from certportal.settings import current_settings


def start_over() -> None:
    """Everything that was done is gone, the clock is the machine's again, and everybody is signed out.

    Refusals: demo_busy (conflict).
    """
    with moving.alone():
        seeding.fill(current_settings(), lambda _done, _of: None)
        current_app.extensions.pop("certportal.authorities", None)  # the old ones, read into memory
        seeding.let_go()
