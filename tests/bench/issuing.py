"""Issuing over HTTP: a P-256 key certified by a P-256 authority, with a row in the register and, here, in the record."""

import atexit
import base64
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certportal import create_app, tables
from certportal.certificates import authorities
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.serving import Server
from tests.bench import pages, peers
from tests.bench.measuring import ROUNDS, Row, in_turns, of_rounds
from tests.bench.servers import Call, Running
from tests.certificates.steps import Codes, Kit
from tests.orders.steps import housed

OURS, CFSSL, DJANGO = 60, 300, 30
"""How many are issued in a round, on each side: enough for the clock that counts CPU time."""
WARM = 20
ROWS_THAT_ISSUE = 2


def request() -> bytes:
    """A signing request in PEM, made before anything is measured."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM)


class Portal:
    """The portal with an order and live codes for every certificate that it will be asked for."""

    def __init__(self) -> None:
        self.settings = replace(pages.settings(), ca_key="EC-P256", pkilint=False)
        app = create_app(self.settings)
        with app.app_context():
            assert tables.ROOMS
            db.create_all()
            authorities.initialise(Environment.PRODUCTION)
            kit = Kit(housed(), self.settings.data_dir)
            wanted = ROWS_THAT_ISSUE * ROUNDS * OURS + WARM
            self.codes = iter([kit.codes(kit.order()) for _ in range(wanted)])
            db.session.remove()
            db.engine.dispose()
        self.server = Running(Server, self.settings)
        self.cost(WARM)

    def cost(self, times: int) -> float:
        return self.server.cost_of([enrolment(next(self.codes)) for _ in range(times)])


def enrolment(codes: Codes) -> Call:
    """EST's simpleenroll."""
    proof = base64.b64encode(f"{codes.transfer_id}:{codes.password.reveal()}".encode()).decode()
    headers = {"Content-Type": "application/pkcs10", "Authorization": f"Basic {proof}"}
    return Call("/.well-known/est/simpleenroll", headers, request())


@cache
def portal() -> Portal:
    return Portal()


def against(start: Callable[[Path], peers.Peer], times: int) -> list[float]:
    """How many certificates a second of CPU ours issues, over what the other issues, in each round."""
    folder = Path(tempfile.mkdtemp(prefix="certportal-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    peer = start(folder)  # first: where it is missing, nothing else is made
    ours = portal()
    peer.server.cost_of([peer.call(request()) for _ in range(WARM)])
    before = peer.issued
    found = in_turns(lambda n: peer.server.cost_of([peer.call(request()) for _ in range(n)]), times, ours.cost, OURS)
    if peer.issued - before != ROUNDS * times:
        raise SystemExit("the other authority did not issue what it was asked for")
    peer.server.stop()
    return found


def g5() -> Row:
    """Beside a bare signer with a register."""
    text = (
        "Certificates issued over HTTP by EST’s simpleenroll, with certificate and audit row, P-256, for each second of CPU "
        "of the server’s processes / by cfssl with its SQLite register"
    )
    return of_rounds("G5", against(peers.cfssl, CFSSL), 0.15, 0.4, text)


def g5d() -> Row:
    """Beside another portal in the same language."""
    text = "The same / by django-ca’s REST interface, with its SQLite register, on the same server (gunicorn, gthread)"
    return of_rounds("G5d", against(peers.django_ca, DJANGO), 2, 6, text)


ROWS = {"G5": g5, "G5d": g5d}
