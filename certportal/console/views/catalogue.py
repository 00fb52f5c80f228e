"""What the views of channels, purposes and terms share: one form, saved by its key."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from werkzeug.wrappers import Response

from certportal.answers import page, see_other, tell
from certportal.console import service
from certportal.console.blueprint import again
from certportal.console.forms.registering import EditForm
from certportal.refusals import Refusal
from certportal.signin.guard import operator


def save(
    template: str, form: Any, row: Callable[[], Any], saved: Callable[[], EditForm] | None, **about: Any
) -> Response:
    """Save what the form says and go back to the list. ``row`` makes the row of a valid form; ``saved`` the form as it is
    saved now, None for a new entry."""
    if not form.validate():
        return page(template, form=form, status=422, **about)
    seen = str(form.seen.data or "") if saved is not None else None
    try:
        service.save_in_catalogue(row(), seen, operator())
    except Refusal as refusal:
        differing: list[tuple[str, str]] = []
        if saved is not None and refusal.code == "changed_meanwhile":
            now = saved()
            differing, form.seen.data = form.differing(now), now.seen.data
        return again(template, form, refusal, differing=differing, **about)
    tell(gettext("It has been saved."))
    return see_other("console.channels")
