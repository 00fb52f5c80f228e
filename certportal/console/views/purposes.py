"""Purposes of use in three languages."""

from typing import Any

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page
from certportal.console import service
from certportal.console.blueprint import blueprint
from certportal.console.forms.catalogue import PurposeForm
from certportal.console.views.catalogue import save
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
    return page(TEMPLATE, form=_saved(one), purpose=one)


@blueprint.post("/channels/purposes/<int(max=2147483647):purpose_id>")
@allow("operator")
def save_purpose(purpose_id: int) -> Response:
    """Change a purpose."""
    one, form = found(registry.purpose(purpose_id)), PurposeForm()
    del form.code
    code = one.code
    return save(
        TEMPLATE, form, lambda: form.row(code), lambda: _saved(found(registry.purpose(purpose_id))), purpose=one
    )


def _saved(one: Any) -> PurposeForm:
    form = PurposeForm(
        formdata=None,
        data={
            **{name: getattr(one, name) for name in ("text_fi", "text_sv", "text_en")},
            "position": one.position,
            "last_day": registry.last_day_of(one.closed_on) if one.closed_on else None,
        },
    )
    del form.code
    form.seen.data = service.mark_of(one)
    return form
