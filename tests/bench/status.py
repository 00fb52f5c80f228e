"""What says whether a certificate is revoked: answers over HTTP, and long lists."""

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certportal import create_app, tables
from certportal.ca import Issuer, KeyKind, Reason, Revoked
from certportal.certificates import answering, authorities, served, service
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.serving import Server
from tests.bench.measuring import ROUNDS, Row, in_turns, of_rounds
from tests.bench.pages import settings
from tests.bench.servers import Hello, Running
from tests.ca.making import make_authority
from tests.certificates.steps import Kit
from tests.orders.steps import housed

ANSWERS, HELLOS = 600, 600
FEW, MANY = 5_000, 100_000


class _Lease:
    def renew(self) -> None:
        """Nobody else works here."""

    def tell(self, _text: str) -> None:
        """Nobody watches."""


def g6() -> Row:
    """An answer that was signed ahead of time, asked for by GET, beside hello."""
    kept, hello = settings(), Running(Hello, settings())
    app = create_app(kept)
    with app.app_context():
        assert tables.ROOMS
        db.create_all()
        authorities.initialise(Environment.PRODUCTION)
        Kit(housed(), kept.data_dir).certificate()
        answering.sign_answers(_Lease())  # type: ignore[arg-type]
        found = service.sample(Environment.PRODUCTION, authorities.ISSUING)
        assert found is not None
        asked = base64.b64encode(served.question_about(found)).decode()
        db.session.remove()
        db.engine.dispose()
    path = f"/ocsp/{quote(asked, safe='')}"
    ours = Running(Server, kept)
    ours.cost(100, path, {})
    hello.cost(100, "/", {})
    ratios = in_turns(lambda n: ours.cost(n, path, {}), ANSWERS, lambda n: hello.cost(n, "/", {}), HELLOS)
    ours.stop()
    hello.stop()
    text = "OCSP over HTTP (GET, signed ahead), CPU of the server’s processes / Flask hello on the same server"
    return of_rounds("G6", ratios, 3, 1.3, text)


@cache
def _issuer() -> Issuer:
    from certportal.ca import Environment as Of

    return make_authority(Path(tempfile.mkdtemp(prefix="certportal-bench-")), Of.PRODUCTION, KeyKind.EC_P256)


def _entries(count: int) -> list[Revoked]:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    reasons = (Reason.KEY_LOST, Reason.UNNECESSARY, Reason.AGREEMENT_ENDED)
    return [Revoked((1 << 158) + n, began + timedelta(seconds=n), reasons[n % 3]) for n in range(count)]


def _ours(entries: list[Revoked]) -> float:
    """CPU seconds of one list, this process’s own."""
    from certportal.ca import build_crl

    now = datetime(2026, 12, 1, 9, tzinfo=UTC)
    before = os.times()
    build_crl(_issuer(), entries, number=1, this_update=now, next_update=now + timedelta(days=7))
    after = os.times()
    return after.user + after.system - before.user - before.system


def _theirs(folder: Path) -> Callable[[], float]:
    """CPU seconds of ``openssl ca -gencrl`` over an index of the same serials, reasons and dates."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat

    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "ca.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    words = {Reason.KEY_LOST: "keyCompromise", Reason.UNNECESSARY: "cessationOfOperation"}
    lines = [
        f"R\t281201000000Z\t{each.at:%y%m%d%H%M%SZ},{words.get(each.reason, 'superseded')}\t{each.serial:X}\tunknown\t/CN={n}\n"
        for n, each in enumerate(_entries(MANY))
    ]
    (folder / "index.txt").write_text("".join(lines))
    (folder / "crlnumber").write_text("01\n")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndatabase={folder}/index.txt\ncrlnumber={folder}/crlnumber\ndefault_md=sha256\n"
        "default_crl_days=7\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n"
    )
    command = [
        "openssl",
        "ca",
        "-config",
        "ca.cnf",
        "-gencrl",
        "-keyfile",
        "ca.key",
        "-cert",
        "ca.pem",
        "-out",
        "crl.pem",
    ]

    def run() -> float:
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen(command, cwd=folder, stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"openssl ca -gencrl failed: {(folder / 'said').read_text()}")
        return usage.ru_utime + usage.ru_stime

    return run


def g7() -> Row:
    """A list of a hundred thousand, beside openssl’s."""
    folder = Path(tempfile.mkdtemp(prefix="certportal-bench-"))
    try:
        theirs, entries = _theirs(folder), _entries(MANY)
        _ours(_entries(FEW))
        ratios = [_ours(entries) / theirs() for _ in range(ROUNDS)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return of_rounds(
        "G7", ratios, 1.5, 0.5, f"CRL of {MANY:,} entries, read back and verified, CPU / openssl ca -gencrl"
    )


def g7e() -> Row:
    """What an entry costs in a long list, beside what it costs in a short one."""
    few, many = _entries(FEW), _entries(MANY)
    _ours(few)
    ratios = [(_ours(many) / MANY) / (sum(_ours(few) for _ in range(20)) / 20 / FEW) for _ in range(ROUNDS)]
    return of_rounds("G7e", ratios, 1.3, 1.05, f"Cost of an entry of a CRL of {MANY:,}, CPU / of {FEW:,}")


ROWS = {"G6": g6, "G7": g7, "G7e": g7e}
