"""What the pages of the technical interface show: how things stand, and the story of one application. Queries only."""

from collections.abc import Iterable
from dataclasses import dataclass

from certportal.access.drafts import drafts_of
from certportal.access.models import ApplicationState, InterfaceApplication, InterfaceDraft
from certportal.access.standing import (
    Touched,
    applications_of,
    certificates_without_right,
    purposes_in_force,
    purposes_named,
    standing,
    using,
    waiting_application,
)
from certportal.certificates.models import Certificate
from certportal.orders import service as orders
from certportal.orders.models import OrderDraft
from certportal.registry import service as registry
from certportal.registry.models import AccessRight, Channel, Purpose, RightState, Terms

OUTCOMES = {
    RightState.APPLIED: "waiting",
    RightState.VALID: "granted",
    RightState.REFUSED: "refused",
    RightState.WITHDRAWN: "withdrawn",
    RightState.ENDED: "ended",
}


@dataclass(frozen=True)
class Overview:
    """Everything that the first page of the technical interface tells of an organisation."""

    valid: list[Touched]
    waiting: list[AccessRight]
    purposes: list[Purpose]
    drafts: list[InterfaceDraft]
    waiting_application: InterfaceApplication | None
    applications: list[InterfaceApplication]
    without_right: list[Certificate]
    newer_terms: Terms | None

    @property
    def is_empty(self) -> bool:
        """Nothing is there yet, nor was."""
        return not (self.valid or self.drafts or self.applications)

    @property
    def is_replacement(self) -> bool:
        """Whether the next application is a replacement application."""
        return bool(self.valid or self.waiting)


@dataclass(frozen=True)
class Line:
    """What became of one channel in an application.

    ``outcome``: waiting, granted, refused, withdrawn, ended (granted, and ended since), moved (waits in a later
    application), kept, given_up, taken_back.
    """

    channel: Channel
    outcome: str
    right: AccessRight | None = None


@dataclass(frozen=True)
class Story:
    """One application from its sending on. ``purposes_added`` is told of a replacement alone; ``drafts``: certificate
    applications that can be sent because of it."""

    application: InterfaceApplication
    lines: list[Line]
    purposes: list[Purpose]
    purposes_added: list[Purpose]
    purposes_given_up: list[Purpose]
    later: InterfaceApplication | None
    drafts: list[tuple[OrderDraft, AccessRight]]

    @property
    def is_waiting(self) -> bool:
        """Whether an operator still decides about something."""
        return self.application.state is ApplicationState.SENT

    def of(self, *outcomes: str) -> list[Line]:
        """The channels of which this became."""
        return [line for line in self.lines if line.outcome in outcomes]


def overview(organisation_id: int) -> Overview:
    """How things stand today."""
    present = standing(organisation_id)
    applications = applications_of(organisation_id)
    terms = registry.terms_in_force(registry.today())
    accepted = applications[0].terms if applications else None
    newer = terms is not None and accepted is not None and accepted.version < terms.version
    return Overview(
        valid=[Touched(right.channel, right, using(organisation_id, right.channel_id)) for right in present.valid],
        waiting=present.waiting,
        purposes=purposes_in_force(organisation_id),
        drafts=drafts_of(organisation_id),
        waiting_application=waiting_application(organisation_id),
        applications=applications,
        without_right=certificates_without_right(organisation_id),
        newer_terms=terms if newer else None,
    )


def story(application: InterfaceApplication) -> Story:
    """What was asked for, and what became of it."""
    rights = {right.channel_id: right for right in registry.rights_of_application(application.id)}
    choices, known = application.choices, {channel.code: channel for channel in registry.channels()}

    def line(code: str, outcome: str | None) -> Line:
        channel = known[code]
        right = rights.get(channel.id) if outcome is None else None
        return Line(channel, outcome or (OUTCOMES[right.state] if right is not None else "moved"), right)

    groups = {"added": None, "still_waiting": None, "kept": "kept", "given_up": "given_up", "taken_back": "taken_back"}
    lines = [line(code, outcome) for group, outcome in groups.items() for code in choices[group] if code in known]
    later = next(
        (each for each in applications_of(application.organisation_id) if each.replaces_id == application.id), None
    )
    drafts = drafts_that_waited(line.right for line in lines if line.outcome == "granted" and line.right is not None)
    purposes = [purposes_named(choices.get(each, ())) for each in ("purposes", "purposes_added", "purposes_given_up")]
    added = purposes[1] if application.replaces_id is not None else []
    return Story(application, lines, purposes[0], added, purposes[2], later, drafts)


def drafts_that_waited(granted: Iterable[AccessRight]) -> list[tuple[OrderDraft, AccessRight]]:
    """Certificate applications that can be sent now that these rights are there, each with its right."""
    return [
        (draft, right)
        for right in granted
        for draft in orders.drafts_waiting_for(right.organisation_id, right.channel_id)
    ]
