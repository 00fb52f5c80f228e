"""The PKI web service over HTTP from the server as people run it, beside the bare cryptography that it cannot do without."""

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

from certportal import create_app, tables
from certportal.certificates import authorities, signers
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.protocols.pkiws.names import MESSAGES, Operation
from certportal.protocols.pkiws.replying import succeeded
from certportal.protocols.pkiws.signing import Signer
from certportal.serving import Server
from certportal.settings import Settings
from tests.bench.measuring import ROUNDS, Row, of_rounds
from tests.bench.pages import settings
from tests.bench.servers import PATIENCE, Running
from tests.certificates.steps import Codes, Kit
from tests.orders.steps import housed
from tests.protocols.pkiws.wire import ADDRESS, der_request, get, in_envelope, sign_new

PAIRS, WARM, LINTED = 60, 40, 12
BARE = 2000
REPLIES = 40


class Service:
    """The server, and codes that nobody has redeemed yet."""

    def __init__(self, chosen: Settings, pairs: int) -> None:
        self.settings = chosen
        app = create_app(chosen)
        with app.app_context():
            assert tables.ROOMS
            db.create_all()
            authorities.initialise(Environment.PRODUCTION)
            kit = Kit(housed(), chosen.data_dir)
            self.codes = [kit.codes() for _ in range(pairs)]
            db.session.remove()
            db.engine.dispose()
        self.server = Running(Server, chosen)

    def cost(self, count: int) -> float:
        """CPU seconds of the server's processes for one certificate: signNewCertificate and getCertificate."""
        taken, self.codes = self.codes[:count], self.codes[count:]
        asked = [(codes, der_request()) for codes in taken]
        before = self.server.cpu_seconds()
        for codes, request in asked:
            self.fetch(codes, request)
        return (self.server.cpu_seconds() - before) / count

    def fetch(self, codes: Codes, request: bytes) -> bytes:
        [retrieval_id] = re.findall("<RetrievalId>(.*)</RetrievalId>", self.asked(sign_new(codes, request)))
        [certificate] = re.findall("<Certificate>(.*)</Certificate>", self.asked(get(retrieval_id)))
        return base64.b64decode(certificate)

    def asked(self, message: str) -> str:
        """Each call has a connection of its own, as from nginx (docs/deploy.md)."""
        with closing(http.client.HTTPConnection("localhost", self.server.port, timeout=PATIENCE)) as connection:
            headers = {"Content-Type": "text/xml; charset=utf-8", "Connection": "close"}
            connection.request("POST", ADDRESS, in_envelope(message).encode(), headers)
            return connection.getresponse().read().decode()


def with_short_replies(pairs: int, *, pkilint: bool) -> Service:
    """A service whose own key and whose authorities' keys are P-256."""
    return Service(replace(settings(), ca_key="EC-P256", reply_key="EC-P256", pkilint=pkilint), pairs)


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


def in_turn(service: Service, pairs: int) -> list[float]:
    bare = bare_certificate()
    spent(bare, BARE)
    service.cost(
        WARM if pairs == PAIRS else 3
    )  # statements and schema are compiled, keys decrypted, as in a running service
    found = [service.cost(pairs) / spent(bare, BARE) for _ in range(ROUNDS)]
    service.server.stop()
    return found


def g1() -> Row:
    """One certificate over SOAP beside a bare one."""
    service = with_short_replies(WARM + PAIRS * ROUNDS, pkilint=False)
    text = (
        "SOAP signNewCertificate and getCertificate of one P-256 certificate, replies signed with P-256, every check and the "
        "record, pkilint off, CPU of the server’s processes / a bare P-256 certificate by the builder"
    )
    return of_rounds("G1", in_turn(service, PAIRS), 60, 25, text)


def g1l() -> Row:
    """The same with pkilint."""
    service = with_short_replies(3 + LINTED * ROUNDS, pkilint=True)
    return of_rounds("G1l", in_turn(service, LINTED), None, None, "The same with pkilint on, which has no limit")


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


ROWS = {"G1": g1, "G1l": g1l, "G8": g8}
