"""The record of what was done, filtered, page by page."""

from datetime import date

from flask import request
from werkzeug.wrappers import Response

from certportal import acts
from certportal.answers import allow, page
from certportal.console import record
from certportal.console.blueprint import asked, blueprint
from certportal.console.wording import known_acts
from certportal.identifiers import parse_day
from certportal.refusals import Refusal


@blueprint.get("/record")
@allow("operator")
def audit() -> Response:
    """Everything that was done, the newest first."""
    words = {name: asked(name) for name in ("organisation", "actor", "verb", "subject")}
    days = {name: asked(name, 40) for name in ("first", "last")}
    first, last = (_day(days[name]) for name in ("first", "last"))
    routine = asked("routine", 10)
    wanted = record.Wanted(**words, first=first, last=last, routine=routine == "shown")
    before = request.args.get("before", type=int)
    return page(
        "console/record.html",
        "console/_record.html",
        found=record.entries(wanted, before if before and 0 < before < 2**62 else None),
        wanted=wanted,
        given=words | days | {"routine": routine},
        before=before,
        verbs=known_acts(),
        act=acts.act,
        particulars=acts.particulars,
        unread=[name for name in days if days[name] and _day(days[name]) is None],
    )


def _day(text: str) -> date | None:
    """A day as people write it; None for what is none."""
    try:
        return parse_day(text)
    except Refusal:
        return None
