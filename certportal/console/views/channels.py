"""Channels in three languages: the list with purposes and terms beside, adding, editing, closing by a last day."""

from functools import partial
from typing import Any

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page
from certportal.certificates.service import issuing_lines
from certportal.console.blueprint import blueprint
from certportal.console.forms.catalogue import NO, YES, ChannelForm
from certportal.console.views.catalogue import as_saved, edit, save
from certportal.identifiers import Environment
from certportal.registry import service as registry

TEMPLATE = "console/channel_form.html"


@blueprint.get("/channels")
@allow("operator")
def channels() -> Response:
    """Everything that an organisation applies for."""
    today = registry.today()
    return page(
        "console/channels.html",
        channels=registry.channels(),
        purposes=registry.purposes(),
        versions=registry.terms_versions(),
        in_force=registry.terms_in_force(today),
        last_day_of=registry.last_day_of,
        today=today,
    )


@blueprint.get("/channels/new")
@allow("operator")
def new_channel() -> Response:
    """The form for a new channel."""
    given = {
        "environments": list(Environment),
        "decides": YES,
        "position": 10 * (len(registry.channels()) + 1),
        "issuer": registry.SHARED_ISSUER,
    }
    return page(TEMPLATE, form=_form(formdata=None, data=given), channel=None)


@blueprint.post("/channels/new")
@allow("operator")
def add_channel() -> Response:
    """Add a channel."""
    form = _form()
    return save(TEMPLATE, form, lambda: form.row(form.code.data or ""), None, channel=None)


@blueprint.get("/channels/<int(max=2147483647):channel_id>")
@allow("operator")
def channel(channel_id: int) -> Response:
    """The form for a channel that is there."""
    one = found(registry.channel(channel_id))
    return page(TEMPLATE, form=_saved(one), channel=one)


@blueprint.post("/channels/<int(max=2147483647):channel_id>")
@allow("operator")
def save_channel(channel_id: int) -> Response:
    """Change a channel."""
    return edit(TEMPLATE, _form, partial(registry.channel, channel_id), "channel", _saved)


def _form(**how: Any) -> ChannelForm:
    """The form, which offers the authorities that there are."""
    form = ChannelForm(**how)
    form.offer(issuing_lines())
    return form


def _saved(one: Any) -> ChannelForm:
    environments = [each for each in Environment if one.has(each)]
    return as_saved(_form, one, environments=environments, decides=YES if one.operator_decides else NO)
