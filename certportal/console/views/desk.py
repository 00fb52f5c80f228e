"""The operator's first page: what waits, what failed, what is wrong, how the service is, what expires."""

from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, page
from certportal.console import service
from certportal.console.blueprint import blueprint
from certportal.console.views.health import told
from certportal.console.views.setup import set_up_list
from certportal.console.wording import kind_words, weekday


@blueprint.get("", strict_slashes=False)
@allow("operator")
def start() -> Response:
    """The desk; on a new installation the set-up list."""
    if service.is_new():
        return set_up_list(first=True)
    return page(
        "console/start.html",
        desk=service.desk(),
        health=told(),
        weeks=service.weeks(),
        is_first=service.is_first,
        kind_words=kind_words,
        now=clock.now(),
        weekday=weekday(clock.now()),
    )
