"""No letter and no password goes to a server that has not proved who it is."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask_mail import Mail

from certportal.outbox.outcomes import Accepted, Temporary
from certportal.outbox.smtp import Post
from tests.far_ends import HOST, SmtpFarEnd
from tests.outbox.letter_writing import a_letter

PASSWORD = "correct-horse-battery"
Tls = Literal["starttls", "tls"]
BOTH: list[Tls] = ["starttls", "tls"]


@dataclass
class Certificate:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    file: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


def certificate(folder: Path, name: str, *, issuer: Certificate | None = None, ca: bool = False) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)
    alternative = x509.IPAddress(ipaddress.ip_address(HOST)) if name == HOST else x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    file = folder / f"{name}-{made.serial_number}.pem"
    encoded_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(encoded_key + made.public_bytes(serialization.Encoding.PEM))
    return Certificate(made, key, file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Certificate:
    return certificate(folder, "authority.example", ca=True)


@pytest.fixture
def trusting(authority: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system trusts this authority: what ssl.create_default_context() reads, not what a test hands in."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


def post_to(far_end: SmtpFarEnd, tls: str, **config: object) -> Post:
    switches = {"MAIL_USE_TLS": tls == "starttls", "MAIL_USE_SSL": tls == "tls"}
    return Post(Mail().init_mail({"MAIL_SERVER": HOST, "MAIL_PORT": far_end.port, **switches, **config}), 5)


@pytest.mark.parametrize("tls", BOTH)
@pytest.mark.usefixtures("trusting")
def test_a_server_with_a_trusted_certificate_gets_the_letter_encrypted(
    folder: Path, authority: Certificate, tls: Tls
) -> None:
    context = certificate(folder, HOST, issuer=authority).server_context()
    with SmtpFarEnd(tls=tls, context=context) as server, post_to(server, tls).connection() as line:
        assert isinstance(line.send(a_letter()), Accepted)
        assert isinstance(line.send(a_letter()), Accepted)
    assert [mail.encrypted for mail in server.messages] == [True, True]


@pytest.mark.parametrize("tls", BOTH)
@pytest.mark.parametrize("flaw", ["self-signed", "another name"])
@pytest.mark.usefixtures("trusting")
def test_a_server_that_cannot_prove_its_name_gets_neither_password_nor_letter(
    folder: Path, authority: Certificate, tls: Tls, flaw: str
) -> None:
    shown = (
        certificate(folder, HOST) if flaw == "self-signed" else certificate(folder, "other.example", issuer=authority)
    )
    login = {"MAIL_USERNAME": "portal", "MAIL_PASSWORD": PASSWORD}
    with (
        SmtpFarEnd(tls=tls, context=shown.server_context(), login=("portal", PASSWORD)) as server,
        post_to(server, tls, **login).connection() as line,
    ):
        outcome = line.send(a_letter())
    assert isinstance(outcome, Temporary)
    assert outcome.of == "server"
    assert outcome.reply.startswith("the mail server's certificate is not trusted: ")
    assert server.messages == []
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


def test_a_server_without_starttls_gets_nothing_in_the_clear(smtp: SmtpFarEnd) -> None:
    with post_to(smtp, "starttls").connection() as line:
        outcome = line.send(a_letter())
    assert isinstance(outcome, Temporary)
    assert outcome.of == "server"
    assert "STARTTLS" in outcome.reply
    assert smtp.messages == []


def test_a_server_that_cannot_start_tls_just_now_is_tried_again_later(folder: Path, smtp: SmtpFarEnd) -> None:
    with SmtpFarEnd(tls="starttls", context=certificate(folder, HOST).server_context()) as server:
        server.script("starttls", "454 4.7.0 TLS not available due to temporary reason")
        with post_to(server, "starttls").connection() as line:
            outcome = line.send(a_letter())
    assert outcome == Temporary("454 4.7.0 TLS not available due to temporary reason", "server")


@pytest.fixture
def guarded() -> Iterator[SmtpFarEnd]:
    with SmtpFarEnd(login=("portal", PASSWORD)) as server:
        yield server


def test_the_right_password_signs_in_and_the_letter_goes(guarded: SmtpFarEnd) -> None:
    with post_to(guarded, "none", MAIL_USERNAME="portal", MAIL_PASSWORD=PASSWORD).connection() as line:
        assert isinstance(line.send(a_letter()), Accepted)
    assert guarded.messages[0].login == "portal"


def test_a_wrong_password_is_the_servers_matter_and_is_not_kept(guarded: SmtpFarEnd) -> None:
    wrong = "wrong-horse-battery"
    with post_to(guarded, "none", MAIL_USERNAME="portal", MAIL_PASSWORD=wrong).connection() as line:
        outcome = line.send(a_letter())
    assert outcome == Temporary("535 5.7.8 Authentication credentials invalid", "server")
    assert guarded.messages == []


def test_a_server_that_repeats_the_auth_line_does_not_get_the_password_kept(guarded: SmtpFarEnd) -> None:
    with post_to(guarded, "none", MAIL_USERNAME="portal", MAIL_PASSWORD=PASSWORD).connection() as line:
        line.send(a_letter())
        sent = next(command for command in guarded.commands if command.startswith("AUTH")).split()[-1]
    guarded.always("auth", f"501 5.5.4 Syntax error in AUTH PLAIN {sent}, password {PASSWORD}")
    with post_to(guarded, "none", MAIL_USERNAME="portal", MAIL_PASSWORD=PASSWORD).connection() as line:
        outcome = line.send(a_letter())
    assert outcome == Temporary("501 5.5.4 Syntax error in AUTH PLAIN ***, password ***", "server")


def test_a_password_that_smtp_cannot_carry_is_said_in_words_without_the_password(guarded: SmtpFarEnd) -> None:
    with post_to(guarded, "none", MAIL_USERNAME="portal", MAIL_PASSWORD="hästbatteri").connection() as line:
        outcome = line.send(a_letter())
    assert isinstance(outcome, Temporary)
    assert outcome.of == "server"
    assert "beyond ASCII" in outcome.reply
    assert "batteri" not in outcome.reply


def test_a_password_for_a_server_that_asks_for_none_is_said(smtp: SmtpFarEnd) -> None:
    with post_to(smtp, "none", MAIL_USERNAME="portal", MAIL_PASSWORD=PASSWORD).connection() as line:
        outcome = line.send(a_letter())
    assert isinstance(outcome, Temporary)
    assert outcome.of == "server"
    assert smtp.messages == []


def test_a_server_that_demands_a_password_that_settings_lack_marks_no_address(guarded: SmtpFarEnd) -> None:
    with post_to(guarded, "none").connection() as line:
        assert line.send(a_letter()) == Temporary("530 5.7.0 Authentication required", "server")
