"""One more authority beside those that stand: for a channel of its own, or the next of its line (``issuing-2``).

Issuing authorities stand below the newest intermediate, or below the root where there is none; an intermediate below the root.
"""

from datetime import date, datetime
from pathlib import Path

from certportal.ca import keys
from certportal.ca.authority import Authority
from certportal.ca.ceremony import Below
from certportal.ca.errors import CaRefused, CeremonyRefused
from certportal.ca.folders import only_one
from certportal.ca.hierarchy import Desk, labels, load, make, read, require_name_of_its_own
from certportal.ca.plan import CLIENTS_LOOK_FOR, INTERMEDIATE, ROOT, Plan, line_of, next_label
from certportal.ca.transcript import Transcript
from certportal.keyfiles import write_whole


def add(
    desk: Desk,
    plan: Plan,
    label: str,
    common_name: str,
    said: Transcript,
    *,
    issues_from: date | None = None,
    needed_until: datetime | None = None,
) -> Authority:
    """Make it, with its key.

    ``issues_from``: the day on which it begins to issue, if that is not at once. ``needed_until``: when the first that is issued
    will end, and the authority above no sooner. Raises CaRefused: what ``require_place`` raises, and ``load`` where the key above
    it is away; CeremonyRefused.
    """
    with only_one(desk.directory):
        what, above_label = require_place(desk, plan, label, common_name, needed_until)
        above = load(desk.directory, desk.environment, desk.passphrase, desk.now, above_label, desk.token)
        set_aside(desk.folder / f"{label}.key", desk.now)
        waits = desk.folder / f"{label}.from"
        waits.unlink(missing_ok=True)
        if issues_from is not None:  # before the authority is there, so that it never issues early
            write_whole(waits, f"{issues_from}\n".encode(), 0o644)
            said.note(f"{label}: issues from {issues_from}")
        made = make(desk.folder, above, above_label, what, desk, plan, said)
        keys.sync_directory(desk.folder)
    return Authority(desk.environment, made.chain)


def require_place(
    desk: Desk, plan: Plan, label: str, common_name: str, needed_until: datetime | None
) -> tuple[Below, str]:
    """What is to be made, and the label of the authority above it.

    Raises CaRefused: ca_exists, ca_label_refused, ca_name_refused; CeremonyRefused: ca_name_taken, and ca_above_ends or
    ca_root_ends where the one above ends before ``needed_until``.
    """
    standing, line = labels(desk.directory, desk.environment), line_of(label)
    if label in standing:
        raise CaRefused("ca_exists", name=label)
    if label != next_label(standing, line) or line == ROOT or label == INTERMEDIATE:
        raise CaRefused("ca_label_refused", name=label)
    if line != INTERMEDIATE and CLIENTS_LOOK_FOR not in common_name:
        raise CaRefused("ca_name_refused", name=common_name, needed=CLIENTS_LOOK_FOR)
    require_name_of_its_own(desk, plan, label, common_name)
    plan.name(common_name)
    if line == INTERMEDIATE:
        what, above_label = Below(label, common_name, plan.intermediate_years, authorities_below=1), ROOT
    else:
        what = Below(label, common_name, plan.issuing_years, authorities_below=0)
        above_label = [ROOT, *(each for each in standing if line_of(each) == INTERMEDIATE)][-1]
    above = read(desk.directory, desk.environment, above_label)
    if needed_until is not None and above.not_after < needed_until:
        over = "ca_root_ends" if above_label == ROOT else "ca_above_ends"
        raise CeremonyRefused(over, name=above.name, until=above.not_after)
    return what, above_label


def set_aside(key: Path, now: datetime) -> None:
    """A key without its certificate: a call that was stopped has left it, or somebody has lost the certificate. It is kept."""
    if key.exists():
        key.rename(key.with_name(f"{key.name}.left-{now:%Y%m%dT%H%M%S}"))
