"""What the views of channels, purposes and terms share: one form, saved by its key."""

from collections.abc import Callable
from typing import Any, TypeVar

from werkzeug.wrappers import Response

from certportal.answers import found, page, see_other, tell
from certportal.console import service
from certportal.console.blueprint import again
from certportal.console.forms.registering import EditForm
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.registry import service as registry
from certportal.signin.guard import operator

Entry = TypeVar("Entry", bound=EditForm)


def as_saved(made: Callable[..., Entry], one: Any, **given: Any) -> Entry:
    """The form of an entry as it is saved now: its columns by the fields' names, but for what is ``given``. A code stays."""
    closed_on = getattr(one, "closed_on", None)
    given["last_day"] = registry.last_day_of(closed_on) if closed_on else None
    form = made(formdata=None, obj=one, data=given)
    if "code" in form:
        del form.code
    form.seen.data = service.mark_of(one)
    return form


def edit(
    template: str, made: Callable[..., Entry], find: Callable[[], Any], name: str, saved: Callable[[Any], Entry]
) -> Response:
    """Save a channel or a purpose that is there: ``find`` finds it, the template knows it by ``name``."""
    one, form = found(find()), made()
    code = one.code
    del form.code
    return save(template, form, lambda: form.row(code), lambda: saved(found(find())), **{name: one})  # pyright: ignore[reportAttributeAccessIssue]


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
