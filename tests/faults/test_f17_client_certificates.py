"""F17: a forwarded client certificate that is believed from anybody, or in two spellings.

A forged header would renew somebody else's certificate for the forger's key: certificates are no secret.
"""

import http.client
import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from flask import Flask

from certportal import create_app
from certportal.certificates.models import Certificate
from certportal.settings import ClientCertificateHeader, Settings
from tests.certificates.steps import Kit, certificates, renewable, request
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.orders.steps import housed
from tests.protocols.conftest import settings as with_authorities  # noqa: F401  the fixture is asked for by its name
from tests.protocols.est import Caller, by_nginx, by_rfc9440, issued, one_line, refused
from tests.running import command, environment, free_port, serving

PROXY, STRANGER = "127.0.0.1", "203.0.113.66"
NGINX, RFC9440 = ClientCertificateHeader.NGINX, ClientCertificateHeader.RFC9440
HEADERS = {NGINX: by_nginx, RFC9440: by_rfc9440}


@pytest.fixture(params=[NGINX, RFC9440])
def header(request: pytest.FixtureRequest) -> ClientCertificateHeader:
    return request.param


@pytest.fixture
def settings(with_authorities: Settings, header: ClientCertificateHeader) -> Settings:  # noqa: F811
    return replace(with_authorities, trusted_proxies=(ip_network(PROXY),), client_certificate_header=header)


@pytest.fixture
def victim(app: Flask, tmp_path: Path, clock: FakeClock) -> Certificate:
    """A certificate in force that could be renewed now, and that anybody has seen."""
    return renewable(Kit(housed(), tmp_path), clock)


def shown(victim: Certificate, header: ClientCertificateHeader) -> dict[str, str]:
    """The header as the proxy would send it."""
    return HEADERS[header](x509.load_der_x509_certificate(victim.der or b""))


def test_f17_the_trusted_proxy_is_believed(app: Flask, victim: Certificate, header: ClientCertificateHeader) -> None:
    assert issued(Caller(app, address=PROXY).reenrol(request(), shown(victim, header)))


def test_f17_nobody_else_is(app: Flask, victim: Certificate, header: ClientCertificateHeader) -> None:
    answer = Caller(app, address=STRANGER).reenrol(request(), shown(victim, header))
    assert refused(answer) == (403, "client_certificate_missing")
    assert len(certificates()) == 1


def test_f17_the_sockets_peer_decides_and_not_what_it_says_of_itself(
    app: Flask, victim: Certificate, header: ClientCertificateHeader
) -> None:
    forged = shown(victim, header) | {"X-Forwarded-For": PROXY, "Forwarded": f"for={PROXY}", "X-Real-IP": PROXY}
    answer = Caller(app, address=STRANGER).reenrol(request(), forged)
    assert refused(answer) == (403, "client_certificate_missing")


def test_f17_a_proxys_client_that_looks_like_the_proxy_is_still_the_proxys_word(
    app: Flask, victim: Certificate, header: ClientCertificateHeader
) -> None:
    """ProxyFix, which runs behind, changes the address that the record names and nothing of this."""
    answer = Caller(app, address=PROXY).reenrol(request(), shown(victim, header) | {"X-Forwarded-For": STRANGER})
    assert issued(answer)


def test_f17_without_the_setting_not_even_the_proxy_is(
    settings: Settings, clock: FakeClock, victim: Certificate, header: ClientCertificateHeader
) -> None:
    plain = create_app(replace(settings, client_certificate_header=ClientCertificateHeader.NONE), clock)
    answer = Caller(plain, address=PROXY).reenrol(request(), shown(victim, header))
    assert refused(answer) == (403, "client_certificate_missing")


def test_f17_a_proxy_that_passes_on_a_second_header_of_the_name_is_not_believed(
    app: Flask, victim: Certificate, header: ClientCertificateHeader
) -> None:
    [(name, value)] = shown(victim, header).items()
    for second in (value, "x"):
        answer = Caller(app, address=PROXY).post(
            "simplereenroll", one_line(request()), headers=[(name, second), (name, value)]
        )
        assert refused(answer) == (400, "client_certificate_unclear")


def test_f17_nor_one_that_passes_on_the_other_form(
    app: Flask, victim: Certificate, header: ClientCertificateHeader
) -> None:
    """Whichever of the two the proxy has made itself: its configuration must overwrite both."""
    other = shown(victim, RFC9440 if header is NGINX else NGINX)
    for sent in (other, other | shown(victim, header)):
        assert refused(Caller(app, address=PROXY).reenrol(request(), sent)) == (400, "client_certificate_unclear")


@pytest.mark.parametrize("name", ["X_SSL_CLIENT_CERT", "CLIENT_CERT", "SSL_CLIENT_CERT", "HTTP_X_SSL_CLIENT.CERT"])
def test_f17_no_other_spelling_is_believed_from_anybody(
    app: Flask, victim: Certificate, header: ClientCertificateHeader, name: str
) -> None:
    """Names that a server in front of the application might write without HTTP_, or with other signs between the words."""
    value = next(iter(shown(victim, header).values()))
    for address, code in ((STRANGER, "client_certificate_missing"), (PROXY, "client_certificate_unclear")):
        environ = {"REMOTE_ADDR": address, name: value}
        answer = Caller(app).post("simplereenroll", one_line(request()), environ_overrides=environ)
        assert refused(answer)[1] == code
    assert len(certificates()) == 1


@pytest.mark.parametrize("guide", ["deploy.md", "est.md"])
def test_f17_every_place_that_leads_to_the_portal_overwrites_both_headers(guide: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / guide).read_text("utf-8")
    places = [place for place in re.findall(r"location [^{]*{(.*?)}", text, re.DOTALL) if "proxy_pass" in place]
    assert places
    for place in places:
        assert {"X-SSL-Client-Cert", "Client-Cert"} <= set(re.findall(r"proxy_set_header (\S+)", place))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd) -> Iterator[int]:
    """The real server, which trusts its own machine to hand over client certificates."""
    port = free_port()
    trusting = {"TRUSTED_PROXIES": PROXY, "CLIENT_CERTIFICATE_HEADER": "x-ssl-client-cert", "SCHEDULER": "off"}
    environ = environment(tmp_path_factory.mktemp("served"), port, smtp_server, sms_server, **trusting)
    done = command(environ, "init")
    assert done.returncode == 0, done.stderr
    with serving(environ, port):
        yield port


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["X-SSL-Client-Cert"], "client_certificate_unknown"),
        (["x-ssl-client-cert"], "client_certificate_unknown"),
        (["X_SSL_Client_Cert"], "client_certificate_missing"),
        (["X-SSL_Client-Cert"], "client_certificate_missing"),
        (["X_SSL_Client_Cert", "X-SSL-Client-Cert"], "client_certificate_unknown"),
        (["X-SSL-Client-Cert", "X-SSL-Client-Cert"], "client_certificate_unclear"),
        (["X-SSL-Client-Cert", "Client-Cert"], "client_certificate_unclear"),
    ],
)
def test_f17_the_server_drops_names_with_underscores(port: int, names: list[str], code: str) -> None:
    """WSGI writes a dash as an underscore, so behind the server nobody could tell the two apart."""
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    connection.putrequest("POST", "/.well-known/est/simplereenroll")
    for name in names:
        forged = name != names[-1] and len(set(names)) > 1
        connection.putheader(name, "forged" if forged else by_nginx(b"nobody's")["X-SSL-Client-Cert"])
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.read().decode().partition(":")[0] == code
    connection.close()
