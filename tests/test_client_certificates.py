"""A client certificate is believed in the one header that the installation names, from a trusted proxy alone."""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from certportal.client_certificates import client_certificate, take
from certportal.refusals import Refusal
from certportal.settings import ClientCertificateHeader
from tests.certificates.steps import key_and_request

NGINX, RFC9440, NONE = ClientCertificateHeader.NGINX, ClientCertificateHeader.RFC9440, ClientCertificateHeader.NONE
NGINX_NAME, RFC9440_NAME = "HTTP_X_SSL_CLIENT_CERT", "HTTP_CLIENT_CERT"


@pytest.fixture(scope="module")
def der() -> bytes:
    """Octets with every kind of base64 digit in them; which ones is the register's business."""
    key, _ = key_and_request()
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) + bytes(range(256))


def pem(der: bytes) -> str:
    digits = base64.b64encode(der).decode()
    lines = "\n".join(digits[at : at + 64] for at in range(0, len(digits), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def percent(der: bytes) -> str:
    """As nginx writes it: everything but letters, digits and - . _ ~."""
    return quote(pem(der), safe="")


def colons(der: bytes) -> str:
    return f":{base64.b64encode(der).decode()}:"


def read(app: Flask, environ: dict[str, Any], header: ClientCertificateHeader, *, trusted: bool = True) -> bytes | None:
    """What a view learns of these headers. None of them is left for anybody else to read."""
    given = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80"} | environ
    take(given, header, trusted=trusted)
    assert not [name for name in given if "CERT" in name]
    with app.request_context(given | {"wsgi.url_scheme": "http"}):
        return client_certificate()


def cause(app: Flask, environ: dict[str, Any], header: ClientCertificateHeader) -> str:
    """Why it is unclear which certificate was meant."""
    with pytest.raises(Refusal) as caught:
        read(app, environ, header)
    assert caught.value.code == "client_certificate_unclear"
    return str(caught.value.details["cause"])


def test_nginx_hands_over_percent_encoded_pem(app: Flask, der: bytes) -> None:
    assert read(app, {NGINX_NAME: percent(der)}, NGINX) == der


def test_a_plus_sign_in_it_is_a_digit_of_base64(app: Flask, der: bytes) -> None:
    assert "+" in pem(der)
    assert read(app, {NGINX_NAME: percent(der).replace("%2B", "+")}, NGINX) == der


def test_rfc_9440_hands_over_base64_between_colons(app: Flask, der: bytes) -> None:
    assert read(app, {RFC9440_NAME: colons(der)}, RFC9440) == der


def test_the_chain_and_words_about_the_certificate_do_no_harm(app: Flask, der: bytes) -> None:
    more = {"HTTP_CLIENT_CERT_CHAIN": colons(b"chain"), "HTTP_X_SSL_CLIENT_CERT_SERIAL": "1"}
    assert read(app, {RFC9440_NAME: colons(der)} | more, RFC9440) == der


@pytest.mark.parametrize("environ", [{}, {NGINX_NAME: ""}, {NGINX_NAME: " "}])
def test_without_a_certificate_there_is_none(app: Flask, environ: dict[str, str]) -> None:
    assert read(app, environ, NGINX) is None


def test_nobody_but_a_trusted_proxy_is_believed(app: Flask, der: bytes) -> None:
    assert read(app, {NGINX_NAME: percent(der)}, NGINX, trusted=False) is None
    assert read(app, {RFC9440_NAME: colons(der)}, RFC9440, trusted=False) is None


def test_without_the_setting_nobody_is(app: Flask, der: bytes) -> None:
    assert read(app, {NGINX_NAME: percent(der)}, NONE) is None


def test_no_header_brings_what_only_the_front_may_say(app: Flask, der: bytes) -> None:
    """A server that takes a name as it stands would let a caller write into the request."""
    planted = {"certportal.client_certificate": der, "certportal.client_certificate_cause": "x"}
    assert read(app, dict(planted), NGINX) is None
    assert read(app, dict(planted), NGINX, trusted=False) is None


@pytest.mark.parametrize(
    "name",
    [
        "X_SSL_CLIENT_CERT",
        "SSL_CLIENT_CERT",
        "HTTP_X.SSL.CLIENT.CERT",
        "HTTP_X__SSL_CLIENT_CERT",
        "HTTP_X-SSL-CLIENT-CERT",
    ],
)
def test_another_spelling_is_not_the_header(app: Flask, der: bytes, name: str) -> None:
    assert cause(app, {name: percent(der)}, NGINX) == "another header"


def test_the_other_form_is_not_the_header_either(app: Flask, der: bytes) -> None:
    assert cause(app, {RFC9440_NAME: colons(der)}, NGINX) == "another header"
    assert cause(app, {NGINX_NAME: percent(der)}, RFC9440) == "another header"


def test_both_forms_at_once_are_none(app: Flask, der: bytes) -> None:
    both = {NGINX_NAME: percent(der), RFC9440_NAME: colons(der)}
    assert {cause(app, dict(both), header) for header in (NGINX, RFC9440)} == {"several headers"}


def test_the_header_and_another_spelling_of_it_are_none(app: Flask, der: bytes) -> None:
    assert cause(app, {NGINX_NAME: percent(der), "X_SSL_CLIENT_CERT": percent(b"mine")}, NGINX) == "several headers"


def test_two_headers_of_one_name_are_none(app: Flask, der: bytes) -> None:
    """A server joins them with a comma."""
    twice = cause(app, {NGINX_NAME: f"{percent(b'forged')},{percent(der)}"}, NGINX)
    assert twice == "not one percent-encoded PEM certificate"
    assert (
        cause(app, {RFC9440_NAME: f"{colons(b'forged')}, {colons(der)}"}, RFC9440)
        == "not one byte sequence between colons"
    )


@pytest.mark.parametrize(
    "written",
    [
        lambda der: percent(der) + percent(der),
        lambda der: quote(pem(der).replace("BEGIN CERTIFICATE", "BEGIN TRUSTED CERTIFICATE")),
        lambda der: quote(pem(der) + "x"),
        lambda der: base64.b64encode(der).decode(),
        lambda der: colons(der),
        lambda _der: "%",
        lambda _der: "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
        lambda _der: quote("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"),
        lambda _der: percent(bytes(8 * 1024)),
    ],
)
def test_anything_but_one_pem_certificate_is_none(app: Flask, der: bytes, written: Any) -> None:
    assert cause(app, {NGINX_NAME: written(der)}, NGINX)


@pytest.mark.parametrize(
    "written", ["::", ":A:", ":QUJD", "QUJD", ":QUJD:;a=1", ":QUJD:QUJD:", ":QU JD:", '"QUJD"', ":Q-_D:"]
)
def test_anything_but_one_byte_sequence_is_none(app: Flask, written: str) -> None:
    assert cause(app, {RFC9440_NAME: written}, RFC9440)
