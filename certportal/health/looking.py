"""The portal fetches its own lists and answers as others do, at the addresses that its certificates name, and looks (F6)."""

import base64
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
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

from certportal.certificates import authorities
from certportal.certificates import service as certificates
from certportal.extensions import db
from certportal.health.rules import REDIRECTED, UNREACHABLE
from certportal.identifiers import Environment
from certportal.runs import Lease
from certportal.settings import current_settings

TIMEOUT = 10.0
LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as the fault names it; ``body``: by POST; ``wanted``: the bytes that should come, None: there are none."""

    what: str
    address: str
    wanted: bytes | None
    body: bytes | None = None


def look(lease: Lease) -> str:
    """A job: fetch list and certificate of each authority that lasts, and an answer of each that issues. Tells how many came, or
    ``unreachable:`` and what went wrong; never raises for it, so that an installation that cannot reach itself goes on."""
    faults: list[str] = []
    looked = 0
    for environment, label in [
        (each, label) for each in certificates.present() for label in authorities.lasting_labels(each)
    ]:
        for question in _published(environment, label):
            db.session.rollback()  # nothing is open while the network is asked
            fault = _fault(question)
            faults += [f"{question.what} {authorities.published_name(environment, label)}: {fault}"] if fault else []
            looked += 1
            lease.renew()
    return f"{UNREACHABLE} {'; '.join(faults)}" if faults else f"{looked} fetched"


def _published(environment: Environment, label: str) -> Iterator[Question]:
    """What others ask about an authority, at the addresses that its certificates name."""
    newest = certificates.published_crl(environment, label)
    yield Question("CRL", authorities.crl_url(environment, label), newest.der if newest is not None else None)
    certificate = authorities.authority(environment, label).certificate.public_bytes(Encoding.DER)
    yield Question("CA", authorities.certificate_url(environment, label), certificate)
    asked = certificates.sample(environment, label)
    if asked is not None:
        question, answer = asked
        address = current_settings().ocsp_url
        yield Question("OCSP by GET", f"{address}/{quote(base64.b64encode(question).decode(), safe='')}", answer)
        yield Question("OCSP by POST", address, answer, question)


def _fault(question: Question) -> str:
    """What is wrong with what the address gives; empty: it is the newest."""
    if question.wanted is None:
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
    return "" if fetched == question.wanted else "the address gives another one than the newest"


def fetch(address: str, body: bytes | None = None) -> bytes:
    """What an address of ours gives, by POST where there is a body: asked directly, whatever proxies the environment names, and
    without following a redirect, as openssl and others ask. Raises OSError."""
    opener, context = OpenerDirector(), ssl.create_default_context()
    for each in (HTTPHandler(), HTTPSHandler(context=context), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(each)
    headers = {"Content-Type": "application/ocsp-request"} if body is not None else {}
    with opener.open(Request(address, body, headers), timeout=TIMEOUT) as answer:  # noqa: S310 - settings allow http(s) alone
        return answer.read(LARGEST)
