"""How the service is, in words."""

from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, page
from certportal.console.blueprint import blueprint
from certportal.health import service as wellness


@blueprint.get("/health")
@allow("operator")
def health() -> Response:
    """Everything that is looked at, the worst first."""
    found = told()
    return page("console/health.html", health=found, worst=found[0][0].level, now=clock.now())


def told() -> list[tuple[wellness.Finding, wellness.Words]]:
    """The findings with their words, the worst first, otherwise in their order."""
    found = sorted(wellness.report(), key=lambda each: -each.level)
    return [(each, wellness.words(each)) for each in found]
