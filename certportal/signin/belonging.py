"""What an address names: something of the organisation acted for, or of another one that the same person signs for."""

from collections.abc import Callable
from typing import TypeVar

from flask import abort, request
from werkzeug.exceptions import NotFound

from certportal.answers import see_other, tell
from certportal.signin.guard import acting, my_organisations

Row = TypeVar("Row")


def mine(find: Callable[[int], Row | None], said: Callable[[str], str], instead: str) -> Row:
    """What ``find`` has of the organisation acted for. What is another's for which the person may act, as a mail may link to it,
    leads to choosing for whom to act: it is ``said`` of that organisation's name, and the choice goes on to the page asked for,
    or ``instead`` where a form was sent. Anything else is not found.
    """
    here = find(acting().organisation.id)
    if here is not None:
        return here
    for each in my_organisations():
        if find(each.id) is not None:
            tell(said(each.name), "info")
            wanted = request.full_path if request.query_string else request.path
            return abort(see_other("signin.choose", next=wanted if request.method == "GET" else instead))
    raise NotFound
