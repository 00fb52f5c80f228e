"""The PKI web service beside the bare cryptography that it cannot do without: called as a server calls it, and over HTTP."""

import atexit
import base64
import http.client
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.test import EnvironBuilder

from certportal import create_app, tables
from certportal.certificates import authorities, signers
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.protocols.pkiws.names import MESSAGES, Operation
from certportal.protocols.pkiws.replying import succeeded
from certportal.protocols.pkiws.signing import Signer
from certportal.serving import Server
from certportal.starting import collect_seldom
from tests.bench.measuring import ROUNDS, TURNS, Row, in_turns, of_rounds
from tests.bench.pages import settings
from tests.bench.servers import PATIENCE, Running
from tests.certificates.steps import Codes, Kit
from tests.orders.steps import housed
from tests.protocols.pkiws.wire import ADDRESS, der_request, get, in_envelope, sign_new

PAIRS, WARM, LINTED = 60, 40, 12
BARE = 2000
REPLIES = 40
HEADERS = {"Content-Type": "text/xml; charset=utf-8"}


class Service:
    """The app in this process, as a worker has it, and codes that nobody has redeemed yet."""

    def __init__(self, pairs: int, *, pkilint: bool = False) -> None:
        """Its own key and its authorities' keys are P-256."""
        self.settings = replace(settings(), ca_key="EC-P256", reply_key="EC-P256", pkilint=pkilint)
        self.app = create_app(self.settings)
        with self.app.app_context():
            assert tables.ROOMS
            db.create_all()
            authorities.initialise(Environment.PRODUCTION)
            kit = Kit(housed(), self.settings.data_dir)
            self.codes = [kit.codes() for _ in range(pairs)]
            db.session.remove()
            db.engine.dispose()
        self.spent = 0.0
        self.begin()

    def begin(self) -> None:
        collect_seldom()

    def end(self) -> None:
        """Nothing runs here."""

    def cpu_seconds(self) -> float:
        """What the app has spent so far."""
        return self.spent

    def cost(self, count: int) -> float:
        """CPU seconds of one certificate: signNewCertificate and getCertificate."""
        taken, self.codes = self.codes[:count], self.codes[count:]
        asked = [(codes, der_request()) for codes in taken]
        before = self.cpu_seconds()
        for codes, request in asked:
            self.fetch(codes, request)
        return (self.cpu_seconds() - before) / count

    def fetch(self, codes: Codes, request: bytes) -> bytes:
        [retrieval_id] = re.findall("<RetrievalId>(.*)</RetrievalId>", self.asked(sign_new(codes, request)))
        [certificate] = re.findall("<Certificate>(.*)</Certificate>", self.asked(get(retrieval_id)))
        return base64.b64decode(certificate)

    def asked(self, message: str) -> str:
        """The answer of the whole app, as a server calls it."""
        sent = in_envelope(message).encode()
        environ = EnvironBuilder(
            ADDRESS, self.settings.base_url, method="POST", data=sent, headers=HEADERS
        ).get_environ()
        before = time.process_time()
        answer = self.app(environ, lambda *_: None)
        body = b"".join(answer)
        answer.close()  # type: ignore[attr-defined]
        self.spent += time.process_time() - before
        return body.decode()


class Served(Service):
    """The same in the server as people run it, over HTTP."""

    def begin(self) -> None:
        self.server = Running(Server, self.settings)

    def end(self) -> None:
        self.server.stop()

    def cpu_seconds(self) -> float:
        return self.server.cpu_seconds()

    def asked(self, message: str) -> str:
        """Each call has a connection of its own, as from nginx (docs/deploy.md)."""
        with closing(http.client.HTTPConnection("localhost", self.server.port, timeout=PATIENCE)) as connection:
            connection.request("POST", ADDRESS, in_envelope(message).encode(), HEADERS | {"Connection": "close"})
            return connection.getresponse().read().decode()


@cache
def bare_certificate() -> Callable[[], object]:
    """A P-256 certificate by the builder, with the extensions that ours has."""
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Issuing CA")])
    point = x509.DistributionPoint(
        [x509.UniformResourceIdentifier("http://localhost/crl/production.crl")], None, None, None
    )
    where = x509.AccessDescription(
        x509.AuthorityInformationAccessOID.CA_ISSUERS,
        x509.UniformResourceIdentifier("http://localhost/ca/production.cer"),
    )
    usage = x509.KeyUsage(True, *[False] * 8)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage, True),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(other.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False),
        (x509.CRLDistributionPoints([point]), False),
        (x509.AuthorityInformationAccess([where]), False),
    ]
    import datetime as dt

    first = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)

    def make() -> object:
        builder = (
            x509.CertificateBuilder()
            .issuer_name(name)
            .subject_name(name)
            .public_key(other.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(first + dt.timedelta(days=730))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    return make


def spent(work: Callable[[], object], times: int) -> float:
    """CPU seconds of this process for one such piece of work."""
    before = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - before) / times


def beside_bare(service: Service, pairs: int, warm: int) -> list[float]:
    """What a certificate over SOAP costs in bare ones. Statements and schema are compiled and keys decrypted before."""
    bare = bare_certificate()
    spent(bare, BARE)
    service.cost(warm)
    found = in_turns(service.cost, pairs, lambda times: spent(bare, times), BARE)
    service.end()
    return found


def g1() -> Row:
    """One certificate over SOAP beside a bare one."""
    found = beside_bare(Service(WARM + PAIRS * ROUNDS), PAIRS, WARM)
    text = (
        "SOAP signNewCertificate and getCertificate of one P-256 certificate, by the app as a server calls it, replies signed "
        "with P-256, every check and the record, pkilint off, CPU / a bare P-256 certificate by the builder"
    )
    return of_rounds("G1", found, 60, 25, text)


def g1h() -> Row:
    """The same from the server."""
    found = beside_bare(Served(WARM + PAIRS * ROUNDS), PAIRS, WARM)
    return of_rounds(
        "G1h",
        found,
        None,
        None,
        "The same over HTTP, CPU of the server’s processes (gunicorn, gthread), which has no limit",
    )


def g1l() -> Row:
    """The same with pkilint."""
    found = beside_bare(Service(TURNS + LINTED * ROUNDS, pkilint=True), LINTED, TURNS)
    return of_rounds("G1l", found, None, None, "G1 with pkilint on, which has no limit")


@cache
def signer() -> Signer:
    """A service's own RSA-3072 key, made as an installation makes it."""
    folder = Path(tempfile.mkdtemp(prefix="certportal-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    chosen = replace(settings(), data_dir=folder)
    app = create_app(replace(chosen, database_url=f"sqlite:///{folder / 'certportal.sqlite3'}"))
    with app.app_context():
        assert tables.ROOMS
        db.create_all()
        authorities.initialise(Environment.PRODUCTION)
        return signers.reply_signer(Environment.PRODUCTION)


def g8() -> Row:
    """A signed reply beside the signature alone."""
    ours, certificate = signer(), "A" * 1900
    payload = f'<c:GetCertificateResponse xmlns:c="{MESSAGES}"><Certificate>{certificate}</Certificate>'.encode()
    key = ours.key

    def reply() -> object:
        return succeeded(Operation.GET, "Certificate", certificate, ours)

    def raw() -> object:
        return key.sign(payload, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[call-arg, arg-type]

    for work in (reply, raw):
        spent(work, 10)
    found = [spent(reply, REPLIES) / spent(raw, REPLIES) for _ in range(ROUNDS)]
    text = "Writing and signing a reply with a certificate in it, RSA-3072, CPU / the RSA-3072 signature alone"
    return of_rounds("G8", found, 1.5, 1.1, text)


ROWS = {"G1": g1, "G1h": g1h, "G1l": g1l, "G8": g8}
