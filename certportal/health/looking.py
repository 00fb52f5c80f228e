"""The portal fetches its own revocation lists as others do, at the address that its certificates name, and looks (F6)."""

import ssl
from urllib.error import URLError
from urllib.request import HTTPHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from certportal.certificates import service as certificates
from certportal.certificates.authorities import crl_url, labels, published_name
from certportal.extensions import db
from certportal.health.rules import UNREACHABLE
from certportal.runs import Lease

TIMEOUT = 10.0
LARGEST = 64 * 2**20


def look(lease: Lease) -> str:
    """A job: fetch each published list. Answers that all came, or ``unreachable:`` and what went wrong; never raises for it,
    so that an installation that cannot reach itself goes on."""
    faults: list[str] = []
    found = [(environment, label) for environment in certificates.present() for label in labels(environment)]
    for environment, label in found:
        newest = certificates.published_crl(environment, label)
        wanted = newest.der if newest is not None else None
        db.session.rollback()  # nothing is open while the network is asked
        fault = _fault(crl_url(environment, label), wanted)
        faults += [f"{published_name(environment, label)}: {fault}"] if fault else []
        lease.renew()
    return f"{UNREACHABLE} {'; '.join(faults)}" if faults else f"{len(found)} fetched"


def _fault(address: str, wanted: bytes | None) -> str:
    """What is wrong with the list that the address gives; empty: it is the newest one."""
    if wanted is None:
        return "no list has been published"
    try:
        fetched = fetch(address)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        return f"{type(reason).__name__}: {reason}"[:200]
    return "" if fetched == wanted else "the address gives another list than the newest"


def fetch(address: str) -> bytes:
    """The body at an address under BASE_URL, asked directly, whatever proxies the environment names. Raises OSError."""
    opener = build_opener(ProxyHandler({}), HTTPHandler(), HTTPSHandler(context=ssl.create_default_context()))
    with opener.open(Request(address), timeout=TIMEOUT) as answer:  # noqa: S310 - BASE_URL is http or https
        return answer.read(LARGEST)
