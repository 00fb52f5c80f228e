"""Taking an import file: everything in it or nothing, or only the difference that it would make."""

from collections.abc import Callable, Sequence
from pathlib import Path

from certportal.extensions import transaction
from certportal.identifiers import Actor
from certportal.refusals import Refusal
from certportal.registry.mistakes import ImportRefused, Mistake
from certportal.registry.reading import ReadRow, read_registry
from certportal.registry.rights import save_access_right
from certportal.registry.rows import (
    AccessRightRow,
    Change,
    ChannelRow,
    OrganisationRow,
    PurposeRow,
    Row,
    SignatoryRow,
    TermsRow,
)
from certportal.registry.saving import save_channel, save_organisation, save_purpose, save_signing_right, save_terms
from certportal.settings import current_settings

__all__ = ["ImportRefused", "Mistake", "ReadRow", "difference", "import_file", "read_registry", "save", "take"]


class _OnlyTold(Exception):
    """Ends the transaction of a difference, so that nothing of it stays."""


Progress = Callable[[int, int], None]
"""Hears after each row how many of how many are done."""


def unheard(_done: int, _of: int) -> None:
    """Progress that nobody waits for."""


def import_file(path: Path, by: Actor, *, dry_run: bool, progress: Progress = unheard) -> list[Change]:
    """``certportal registry import FILE``: take the file, or with ``dry_run`` tell what taking it would change.

    Raises ImportRefused with every mistake, and then nothing was taken; OSError when the file cannot be read.
    """
    rows = read_registry(path.read_bytes(), path.name, current_settings().default_country)
    return difference(rows, by, progress) if dry_run else take(rows, by, progress)


def take(rows: Sequence[ReadRow], by: Actor, progress: Progress = unheard) -> list[Change]:
    """A use case: add or update everything in one transaction. What is absent stays as it is."""
    with transaction():
        return _saved(rows, by, progress)


def difference(rows: Sequence[ReadRow], by: Actor, progress: Progress = unheard) -> list[Change]:
    """A use case that leaves nothing: what ``take`` would change, found by doing it and taking it back."""
    changes: list[Change] = []
    try:
        with transaction():
            changes = _saved(rows, by, progress)
            raise _OnlyTold
    except _OnlyTold:
        return changes


def save(row: Row, by: Actor) -> Change | None:
    """A step: add or update one thing by its key, whatever it is."""
    match row:
        case OrganisationRow():
            return save_organisation(row, by)
        case SignatoryRow():
            return save_signing_right(row, by)
        case ChannelRow():
            return save_channel(row, by)
        case PurposeRow():
            return save_purpose(row, by)
        case TermsRow():
            return save_terms(row, by)
        case AccessRightRow():
            return save_access_right(row, by)


def _saved(rows: Sequence[ReadRow], by: Actor, progress: Progress) -> list[Change]:
    changes: list[Change] = []
    mistakes: list[Mistake] = []
    for done, each in enumerate(rows, start=1):
        try:
            change = save(each.row, by)
        except Refusal as refusal:
            mistakes.append(Mistake(each.line, "", refusal))
        else:
            changes += [change] if change else []
        progress(done, len(rows))
    if mistakes:
        raise ImportRefused(mistakes)
    return changes
