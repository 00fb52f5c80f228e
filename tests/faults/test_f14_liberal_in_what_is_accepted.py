"""F14: a protocol too strict for real clients, or tightened later, locks fleets out; and nobody can tell why from the log."""

import base64
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certportal.settings import Settings
from tests.certificates.steps import Kit, request
from tests.orders.steps import housed
from tests.protocols.conftest import settings as with_authorities  # noqa: F401  the fixture is asked for by its name
from tests.protocols.est import WRONG, Caller, der_of, issued, one_line, refused

Wrapping = Callable[[bytes], bytes]


def wrapped(pem: bytes, width: int, ends: bytes) -> bytes:
    digits = one_line(pem)
    return b"".join(digits[at : at + width] + ends for at in range(0, len(digits), width))


def headed(pem: bytes) -> bytes:
    """With the lines that ``openssl req -text`` puts before it, and those of RFC 1421 inside."""
    begin, rest = pem.split(b"\n", 1)
    return b"Certificate Request:\n    Data:\n        Version: 1 (0x0)\n" + begin + b"\nProc-Type: 4,CLEAR\n\n" + rest


WRAPPINGS: dict[str, Wrapping] = {
    "base64 on one line": one_line,
    "base64 on one line with a line break": lambda pem: one_line(pem) + b"\n",
    "base64 in lines of 64": lambda pem: wrapped(pem, 64, b"\n"),
    "base64 in lines of 76 with CRLF": lambda pem: wrapped(pem, 76, b"\r\n"),
    "base64 with spaces": lambda pem: wrapped(pem, 40, b" \t"),
    "base64 without padding": lambda pem: one_line(pem).rstrip(b"="),
    "base64 for addresses": lambda pem: base64.urlsafe_b64encode(der_of(pem)),
    "PEM": bytes,
    "PEM with CRLF": lambda pem: pem.replace(b"\n", b"\r\n"),
    "PEM with header lines": headed,
    "PEM of older programs": lambda pem: pem.replace(b" CERTIFICATE REQUEST", b" NEW CERTIFICATE REQUEST"),
    "PEM of which curl took the line breaks": lambda pem: pem.replace(b"\n", b""),
    "PEM with a byte order mark": lambda pem: b"\xef\xbb\xbf" + pem,
    "PEM in UTF-16": lambda pem: pem.decode().encode("utf-16"),
    "base64 of PEM": base64.b64encode,
    "DER": der_of,
}
TYPES = [
    "application/pkcs10",
    "application/pkcs10; charset=utf-8",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "text/plain",
    "multipart/form-data; boundary=x",
    None,
]
ENCODINGS = [None, "base64", "BASE64", "binary", "7bit"]


@pytest.fixture
def settings(with_authorities: Settings) -> Settings:  # noqa: F811
    return with_authorities


@pytest.fixture
def kit(app: Flask, tmp_path: Path) -> Kit:
    return Kit(housed(), tmp_path)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_f14_a_signing_request_is_taken_in_any_wrapping(app: Flask, kit: Kit, wrapping: str) -> None:
    codes, sent = kit.codes(), request()
    assert issued(Caller(app).enrol_as_it_is(codes, WRAPPINGS[wrapping](sent)))


def test_f14_whatever_type_and_encoding_are_named(app: Flask, kit: Kit) -> None:
    """curl names a form's type, and RFC 8951 lets nobody rely on the encoding's header."""
    codes, sent = kit.codes(), request()
    answers = [
        issued(Caller(app).enrol_as_it_is(codes, WRAPPINGS[wrapping](sent), content_type=kind, headers=headers))
        for wrapping in ("base64 in lines of 76 with CRLF", "DER")
        for kind in TYPES
        for headers in [{"Content-Transfer-Encoding": encoding} if encoding else {} for encoding in ENCODINGS]
    ]
    assert len(set(answers)) == 1


def test_f14_codes_are_taken_as_people_copy_them(app: Flask, kit: Kit) -> None:
    codes, sent = kit.codes(), request()
    spaced = f"{codes.transfer_id[:4]} {codes.transfer_id[4:8]} {codes.transfer_id[8:]}"
    auth = (spaced, f" {codes.password.reveal()} ")
    assert issued(Caller(app).post("simpleenroll", one_line(sent), auth=auth))


def test_f14_every_refusal_is_logged_with_its_cause_and_without_a_secret(
    app: Flask, kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    order = kit.order()
    caller, codes, sent = Caller(app), kit.codes(order), request()
    calls = {
        "401: transfer_codes_missing": lambda: caller.post("simpleenroll", b""),
        "401: transfer_codes_wrong": lambda: caller.enrol(codes, sent, WRONG),
        "400: csr_unreadable": lambda: caller.enrol_as_it_is(codes, b"MIIB"),
        "413: csr_too_large": lambda: caller.enrol_as_it_is(codes, bytes(300 * 1024)),
        "403: client_certificate_missing": lambda: caller.reenrol(sent, {}),
    }
    for expected, call in calls.items():
        caplog.clear()
        with caplog.at_level(logging.INFO, "certportal.protocols.est"):
            status, code = refused(call())
        [line] = [record.getMessage() for record in caplog.records if "EST" in record.getMessage()]
        assert f"{status}: {code}" == expected
        assert expected in line
        assert caller.address in line
        assert (order.number in line) == (code in ("transfer_codes_wrong", "csr_unreadable", "csr_too_large"))
        for secret in (codes.password.reveal(), codes.transfer_id, WRONG.reveal(), one_line(sent).decode()[:20]):
            assert secret not in caplog.text


def test_f14_what_a_caller_names_cannot_forge_a_line_of_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    app.test_client().post(
        "/.well-known/est/simpleenroll",
        environ_overrides={"REMOTE_ADDR": "203.0.113.20", "CONTENT_TYPE": "a/b\nEST forged" + "x" * 500},
    )
    [line] = [record.getMessage() for record in caplog.records if "EST" in record.getMessage()]
    assert "\n" not in line
    assert len(line) < 300
