"""The openssl commands that the opened message shows, run as they are copied."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from certportal.messages.commands import commands_for
from tests.browsing import BrowsingClient
from tests.messages.steps import NUMBER, Phone, Post, open_with_pin


def run(commands: str, folder: Path) -> x509.CertificateSigningRequest:
    subprocess.run(["sh", "-e", "-c", commands], cwd=folder, check=True, capture_output=True, timeout=120)
    return x509.load_pem_x509_csr((folder / f"{NUMBER}.csr").read_bytes())


@pytest.mark.parametrize("shell", ["posix", "windows"])
def test_the_copied_commands_make_an_ec_key_and_a_signing_request(
    client: BrowsingClient, post: Post, phone: Phone, tmp_path: Path, shell: str
) -> None:
    page = open_with_pin(client, post, phone)
    shown = page.soup.find(id=f"ec-{shell}")
    assert shown is not None
    request = run(shown.get_text(), tmp_path)
    key = request.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == f"CN={NUMBER}"
    if shell == "posix":
        assert (tmp_path / f"{NUMBER}.key").stat().st_mode & 0o077 == 0


def test_the_other_commands_make_an_rsa_key(tmp_path: Path) -> None:
    request = run(commands_for(NUMBER).rsa.posix, tmp_path)
    key = request.public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 3072
    assert request.is_signature_valid


def test_windows_shells_know_only_double_quotes() -> None:
    commands = commands_for(NUMBER)
    for pair in (commands.ec, commands.rsa):
        assert "'" not in pair.windows
        assert f'"/CN={NUMBER}"' in pair.windows
        assert "umask" not in pair.windows


@pytest.mark.parametrize("number", ["2026-1; rm -rf ~", "$(reboot)", "a b'c\"d", "", "../../etc"])
def test_an_odd_order_number_cannot_become_a_command(number: str) -> None:
    commands = commands_for(number)
    for text in (commands.key_file, commands.request_file):
        assert text.removesuffix(".key").removesuffix(".csr").replace("-", "").isalnum()
    for line in (commands.ec.posix, commands.rsa.windows):
        assert not set(line) & set(";$()~*|&<>`")
