"""The kinds of message that rooms register at start, and how a row finds its recipient when it is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certportal.identifiers import Language
from certportal.outbox.models import Medium


@dataclass(frozen=True)
class Letter:
    """Whom a row goes to, and what its templates are given.

    ``address``: an e-mail address, or a phone number in E.164. ``on_sending`` is a step that runs in the transaction that
    commits *sending* (a shared notice lets go of lines whose recipient has changed).
    """

    address: str
    name: str
    language: Language
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_sending: Callable[[], None] | None = None


@dataclass(frozen=True)
class Silence:
    """Nobody is to be told any more; the reason is kept on the row. ``on_settling`` is a step in that transaction."""

    reason: str
    on_settling: Callable[[], None] | None = None


Resolver = Callable[[Mapping[str, Any], datetime], Letter | Silence]
ResolveAll = Callable[[Sequence[Mapping[str, Any]], datetime], list[Letter | Silence]]


@dataclass(frozen=True)
class Kind:
    """A kind of message. With ``machine_deadline`` its ``send_before`` is machine time (PIN, sign-in code). ``resolve_all``
    finds the letters of several rows with little more work than for one. ``maker``: the function that said so, by its name."""

    name: str
    medium: Medium
    resolve: Resolver
    maker: str
    machine_deadline: bool = False
    resolve_all: ResolveAll | None = None


KINDS: dict[str, Kind] = {}


def kind(name: str, medium: Medium = Medium.MAIL, *, machine_deadline: bool = False) -> Callable[[Resolver], Resolver]:
    """Register ``resolve(reference, now)`` for a kind; it reads only, in a transaction that ends before anything is sent.

    ``reference`` is what was queued, and ``row``, the outbox row's id.

    Its templates are templates/mail/<name>/{subject.txt,body.txt,body.html}, or templates/sms/<name>.txt.
    """

    def register(resolve: Resolver) -> Resolver:
        _register(Kind(name, medium, resolve, resolve.__qualname__, machine_deadline))
        return resolve

    return register


def kind_of_many(name: str, medium: Medium = Medium.MAIL) -> Callable[[ResolveAll], ResolveAll]:
    """The same for ``resolve_all(references, now)``, which answers the letters in the references' order."""

    def register(resolve_all: ResolveAll) -> ResolveAll:
        def resolve(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
            return resolve_all([reference], now)[0]

        _register(Kind(name, medium, resolve, resolve_all.__qualname__, resolve_all=resolve_all))
        return resolve_all

    return register


def _register(kind: Kind) -> None:
    known = KINDS.get(kind.name)
    if known is not None and known.maker != kind.maker:
        raise ValueError(f"the message kind {kind.name} is registered twice")
    KINDS[kind.name] = kind
