"""What other rooms, the scheduler and the views ask of access. The modules beside hold the subjects."""

from certportal.access.deciding import (
    Waiting,
    decide,
    end_access_right,
    waiting_applications,
    waiting_in,
    withdraw_application,
)
from certportal.access.drafts import (
    application_of_draft,
    delete_draft,
    drafts_of,
    open_draft,
    save_draft,
    version_of,
)
from certportal.access.models import ApplicationState, InterfaceApplication
from certportal.access.overview import Overview, Story, drafts_that_waited, overview, story
from certportal.access.reminding import remind_operators
from certportal.access.rules import ApplicationAnswers, Decision, Sending
from certportal.access.sending import send_application
from certportal.access.standing import (
    Offered,
    Preview,
    application,
    applications_of,
    certificates_without_right,
    latest_application,
    offered,
    prefilled,
    preview,
    purposes_in_force,
    purposes_named,
    standing,
    using,
    waiting_application,
)

__all__ = [
    "ApplicationAnswers",
    "ApplicationState",
    "Decision",
    "InterfaceApplication",
    "Offered",
    "Overview",
    "Preview",
    "Sending",
    "Story",
    "Waiting",
    "application",
    "application_of_draft",
    "applications_of",
    "certificates_without_right",
    "decide",
    "delete_draft",
    "drafts_of",
    "drafts_that_waited",
    "end_access_right",
    "latest_application",
    "offered",
    "open_draft",
    "overview",
    "prefilled",
    "preview",
    "purposes_in_force",
    "purposes_named",
    "remind_operators",
    "save_draft",
    "send_application",
    "standing",
    "story",
    "using",
    "version_of",
    "waiting_application",
    "waiting_applications",
    "waiting_in",
    "withdraw_application",
]
