"""The portal fetches its own lists and answers as others do, at the addresses that its certificates name, and looks (F6)."""

import base64
import ssl
from collections.abc import Iterator
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import HTTPHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from certportal.certificates import authorities
from certportal.certificates import service as certificates
from certportal.extensions import db
from certportal.health.rules import UNREACHABLE
from certportal.identifiers import Environment
from certportal.runs import Lease
from certportal.settings import current_settings

TIMEOUT = 10.0
LARGEST = 64 * 2**20


def look(lease: Lease) -> str:
    """A job: fetch each published list of the authorities that last, and an answer of each that issues. Answers that all came, or
    ``unreachable:`` and what went wrong; never raises for it, so that an installation that cannot reach itself goes on."""
    faults: list[str] = []
    looked = 0
    for environment, label in [
        (each, label) for each in certificates.present() for label in authorities.lasting_labels(each)
    ]:
        for what, address, wanted in _published(environment, label):
            db.session.rollback()  # nothing is open while the network is asked
            fault = _fault(address, wanted)
            faults += [f"{what} {authorities.published_name(environment, label)}: {fault}"] if fault else []
            looked += 1
            lease.renew()
    return f"{UNREACHABLE} {'; '.join(faults)}" if faults else f"{looked} fetched"


def _published(environment: Environment, label: str) -> Iterator[tuple[str, str, bytes | None]]:
    """What others fetch of an authority: what it is called, its address, and the bytes that should come."""
    newest = certificates.published_crl(environment, label)
    yield "CRL", authorities.crl_url(environment, label), newest.der if newest is not None else None
    asked = certificates.sample(environment, label)
    if asked is not None:
        question, answer = asked
        encoded = quote(base64.b64encode(question).decode(), safe="")
        yield "OCSP", f"{current_settings().ocsp_url}/{encoded}", answer


def _fault(address: str, wanted: bytes | None) -> str:
    """What is wrong with what the address gives; empty: it is the newest."""
    if wanted is None:
        return "nothing has been published"
    try:
        fetched = fetch(address)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        return f"{type(reason).__name__}: {reason}"[:200]
    return "" if fetched == wanted else "the address gives another one than the newest"


def fetch(address: str) -> bytes:
    """The body at an address under BASE_URL, asked directly, whatever proxies the environment names. Raises OSError."""
    opener = build_opener(ProxyHandler({}), HTTPHandler(), HTTPSHandler(context=ssl.create_default_context()))
    with opener.open(Request(address), timeout=TIMEOUT) as answer:  # noqa: S310 - BASE_URL is http or https
        return answer.read(LARGEST)
