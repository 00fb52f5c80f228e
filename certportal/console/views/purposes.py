"""Purposes of use in three languages."""

from functools import partial

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page
from certportal.console.blueprint import blueprint
from certportal.console.forms.catalogue import PurposeForm
from certportal.console.views.catalogue import as_saved, edit, save
from certportal.registry import service as registry

TEMPLATE = "console/purpose_form.html"


@blueprint.get("/channels/purposes/new")
@allow("operator")
def new_purpose() -> Response:
    """The form for a new purpose."""
    given = {"position": 10 * (len(registry.purposes()) + 1)}
    return page(TEMPLATE, form=PurposeForm(formdata=None, data=given), purpose=None)


@blueprint.post("/channels/purposes/new")
@allow("operator")
def add_purpose() -> Response:
    """Add a purpose."""
    form = PurposeForm()
    return save(TEMPLATE, form, lambda: form.row(form.code.data or ""), None, purpose=None)


@blueprint.get("/channels/purposes/<int(max=2147483647):purpose_id>")
@allow("operator")
def purpose(purpose_id: int) -> Response:
    """The form for a purpose that is there."""
    one = found(registry.purpose(purpose_id))
    return page(TEMPLATE, form=as_saved(PurposeForm, one), purpose=one)


@blueprint.post("/channels/purposes/<int(max=2147483647):purpose_id>")
@allow("operator")
def save_purpose(purpose_id: int) -> Response:
    """Change a purpose."""
    find = partial(registry.purpose, purpose_id)
    return edit(TEMPLATE, PurposeForm, find, "purpose", partial(as_saved, PurposeForm))
