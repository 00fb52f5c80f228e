"""The set-up list, each item looked at anew, and the tests of mail, text messages and revocation lists."""

from werkzeug.wrappers import Response

from certportal import runs
from certportal.answers import allow, page, see_other, tell
from certportal.console import service
from certportal.console.blueprint import blueprint
from certportal.console.forms.reasons import TestMessageForm
from certportal.health.service import look
from certportal.languages import gettext
from certportal.registry.operators import operator as operator_row
from certportal.signin.guard import operator


@blueprint.get("/set-up")
@allow("operator")
def setup() -> Response:
    """The set-up list of a service that is in use already."""
    return set_up_list()


@blueprint.post("/set-up/test-letter")
@allow("operator")
def test_letter() -> Response:
    """Send a test letter to one's own address."""
    service.send_test_mail(operator())
    found = operator_row(operator().id)
    tell(gettext("A test letter is on its way to %(address)s.", address=found.email if found else ""))
    return see_other("console.setup")


@blueprint.post("/set-up/test-text-message")
@allow("operator")
def test_text_message() -> Response:
    """Send a test text message to a number."""
    form = TestMessageForm()
    if not form.validate() or form.phone.data is None:
        return set_up_list(form, status=422)
    service.send_test_sms(form.phone.data, operator())
    tell(gettext("A test text message is on its way to %(number)s.", number=form.phone.data.grouped))
    return see_other("console.setup")


@blueprint.post("/set-up/look")
@allow("operator")
def look_now() -> Response:
    """Fetch the revocation lists as others do, now."""
    if not runs.run(runs.LOOK, look):
        tell(gettext("They are being fetched at this moment. Open the page again in a minute."), "info")
    return see_other("console.setup")


def set_up_list(form: TestMessageForm | None = None, *, first: bool = False, status: int = 200) -> Response:
    """The list as it stands. ``first``: it is the desk's own page."""
    items = service.items()
    return page(
        "console/setup.html",
        items=items,
        left=sum(1 for each in items if not each.done),
        form=form or TestMessageForm(formdata=None),
        first=first,
        status=status,
    )
