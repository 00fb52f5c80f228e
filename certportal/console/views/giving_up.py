"""Giving up a certificate that was prepared and cannot be signed."""

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, see_other, tell
from certportal.certificates import service as certificates
from certportal.console.blueprint import again, blueprint
from certportal.console.forms.reasons import GiveUpForm
from certportal.console.views.orders import about_order
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.signin.guard import operator

TEMPLATE = "console/give_up.html"


@blueprint.get("/orders/<number>/give-up")
@allow("operator")
def give_up(number: str) -> Response:
    """What giving it up means, before it is done."""
    about = about_order(number)
    if about["unsigned"] is None:
        return see_other("console.order", number=number)
    return page(TEMPLATE, form=GiveUpForm(formdata=None), **about)


@blueprint.post("/orders/<number>/give-up")
@allow("operator")
def give_up_now(number: str) -> Response:
    """Give it up; new codes can be sent for the order, or the certificate that it was to renew is renewed again."""
    about, form = about_order(number), GiveUpForm()
    if about["unsigned"] is None:  # signed or given up meanwhile: the order's page shows which
        return see_other("console.order", number=number)
    if not form.validate():
        return page(TEMPLATE, form=form, status=422, **about)
    try:
        given_up = certificates.give_up(found(about["unsigned"]).id, form.reason.data or "", operator())
    except Refusal as refusal:
        return again(TEMPLATE, form, refusal, **about)
    if given_up.is_renewal:
        tell(gettext("The renewal has been given up. The certificate that it was for can be renewed again."))
    else:
        tell(gettext("The certificate has been given up, and its transfer codes are void. New codes can be sent now."))
    return see_other("console.order", number=number)
