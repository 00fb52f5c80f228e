"""The portal fetches its own lists and answers as others do, at the addresses that its certificates name, and looks (F6)."""

import base64
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

from cryptography.hazmat.primitives.serialization import Encoding

from certportal import clock
from certportal.certificates import authorities, served
from certportal.certificates import service as certificates
from certportal.extensions import db
from certportal.health.rules import KNOWN_EVERYWHERE, REDIRECTED, UNREACHABLE
from certportal.identifiers import Environment
from certportal.runs import Lease
from certportal.settings import current_settings

TIMEOUT = 10.0
LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Published:
    """What should come; ``since``: from when on, None: it never changes."""

    der: bytes
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as the fault names it; ``body``: by POST. ``newest`` reads what is published now; ``was_published`` tells
    whether something else that came once was, and holds still."""

    what: str
    address: str
    newest: Callable[[], Published | None]
    was_published: Callable[[bytes], bool]
    body: bytes | None = None


def look(lease: Lease) -> str:
    """A job: fetch list and certificate of each authority that lasts, and an answer of each that issues. Tells how many came, or
    ``unreachable:`` and what went wrong; never raises for it, so that an installation that cannot reach itself goes on."""
    faults: list[str] = []
    looked = 0
    for environment, label in [
        (each, label) for each in certificates.present() for label in authorities.lasting_labels(each)
    ]:
        for question in _questions(environment, label):
            fault = _fault(question)
            faults += [f"{question.what} {authorities.published_name(environment, label)}: {fault}"] if fault else []
            looked += 1
            lease.renew()
    return f"{UNREACHABLE} {'; '.join(faults)}" if faults else f"{looked} fetched"


def _questions(environment: Environment, label: str) -> Iterator[Question]:
    """What others ask about an authority, at the addresses that its certificates name."""
    listed = partial(_list, environment, label), partial(served.is_list_of, environment, label)
    yield Question("CRL", authorities.crl_url(environment, label), *listed)
    certificate = Published(authorities.authority(environment, label).certificate.public_bytes(Encoding.DER))
    yield Question("CA", authorities.certificate_url(environment, label), lambda: certificate, lambda _fetched: False)
    for method in ("GET", "POST"):
        about = certificates.sample(environment, label)
        if about is None:
            continue
        sent, address = served.question_about(about), current_settings().ocsp_url
        answered = partial(_answer, about), partial(served.is_answer_about, about)
        if method == "GET":
            in_address = quote(base64.b64encode(sent).decode(), safe="")
            yield Question("OCSP by GET", f"{address}/{in_address}", *answered)
        else:
            yield Question("OCSP by POST", address, *answered, sent)


def _list(environment: Environment, label: str) -> Published | None:
    found = certificates.published_crl(environment, label)
    return Published(found.der, found.this_update) if found is not None else None


def _answer(about: bytes) -> Published | None:
    found = certificates.signed_ahead(about, clock.now())
    return Published(found.der, found.since) if found is not None else None


def _newest(question: Question) -> Published | None:
    """What is published now, read anew; nothing is open afterwards, while the network is asked."""
    db.session.rollback()
    found = question.newest()
    db.session.rollback()
    return found


def _fault(question: Question) -> str:
    """What is wrong with what the address gives; empty: it is the newest, or a copy that may still be kept."""
    wanted = _newest(question)
    if wanted is None:
        return "nothing has been published"
    try:
        fetched = fetch(question.address, question.body)
    except HTTPError as error:
        with error:
            moved = error.headers.get("Location") if 300 <= error.code < 400 else None
            return f"{REDIRECTED} {moved}"[:200] if moved else f"HTTP {error.code}"
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        return f"{type(reason).__name__}: {reason}"[:200]
    good = fetched == wanted.der or _may_be_given(question, fetched)
    return "" if good else "the address gives another one than the newest"


def _may_be_given(question: Question, fetched: bytes) -> bool:
    """Whether what came has been published since it was asked for, or gave way less than a minute ago. An answer that is gone has
    given way to a revocation since then."""
    newest = _newest(question)
    if newest is not None and fetched == newest.der:
        return True
    gave_way = newest is None or (newest.since is not None and clock.now() - newest.since < KNOWN_EVERYWHERE)
    return gave_way and question.was_published(fetched)


def fetch(address: str, body: bytes | None = None) -> bytes:
    """What an address of ours gives, by POST where there is a body: asked directly, whatever proxies the environment names, and
    without following a redirect, as openssl and others ask. Raises OSError."""
    opener, context = OpenerDirector(), ssl.create_default_context()
    for each in (HTTPHandler(), HTTPSHandler(context=context), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(each)
    headers = {"Content-Type": "application/ocsp-request"} if body is not None else {}
    with opener.open(Request(address, body, headers), timeout=TIMEOUT) as answer:  # noqa: S310 - settings allow http(s) alone
        return answer.read(LARGEST)
