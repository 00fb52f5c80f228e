"""EST for other people's programs: strongSwan's pki, and curl with openssl, over TLS through nginx.

The configuration and the commands are those of docs/est.md, as they stand but for ports and paths.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from certportal.identifiers import Environment
from tests.conformance.est import Portal, blocks, portal, verify
from tests.conftest import settings_in
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.no_skips import needs

pytestmark = [needs("nginx", "nginx-light"), needs("curl")]
strongswan = needs("pki", "strongswan-pki")

Starting = Callable[..., AbstractContextManager[Portal]]
FIRST, FIRST_BY_STRONGSWAN, NEXT, NEXT_BY_STRONGSWAN = blocks("sh")
[SERVERS] = blocks("nginx")
ENROL = (
    'curl --silent --show-error --fail-with-body --user "$TRANSFER_ID:$TRANSFER_PASSWORD" --data-binary @body '
    '--output my.b64 "$PORTAL/.well-known/est/simpleenroll"\n'
    "openssl base64 -d -A -in my.b64 | openssl pkcs7 -inform DER -print_certs -out my.pem\n"
)
REQUEST = "openssl req -new -newkey rsa:2048 -nodes -keyout my.key -subj / -out my.csr 2>/dev/null\n"
BY_RFC_9440 = "proxy_set_header Client-Cert $by_rfc_9440;"


@pytest.fixture(scope="module")
def starting(
    tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd, empty_database: Path
) -> Starting:
    """Starts a portal with the ``server`` blocks and settings that it is called with."""

    def start(servers: str = SERVERS, **more: str) -> AbstractContextManager[Portal]:
        folder = tmp_path_factory.mktemp("est")
        (folder / "certportal.sqlite3").write_bytes(empty_database.read_bytes())
        return portal(folder, settings_in(folder, smtp_server, sms_server), smtp_server, sms_server, servers, **more)

    return start


@pytest.fixture(scope="module")
def behind_nginx(starting: Starting) -> Iterator[Portal]:
    with starting() as running:
        yield running


def done(finished: "subprocess.CompletedProcess[str]") -> str:
    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    return finished.stdout


def asked(portal: Portal, folder: Path, arguments: str) -> tuple[int, str]:
    """Status and body of a call by curl."""
    told = done(portal.shell(f"curl --silent --show-error --write-out '\\n%{{http_code}}' {arguments}", folder))
    body, _, status = told.rpartition("\n")
    return int(status), body


def public_key(folder: Path, key: str) -> bytes:
    printed = subprocess.run(["openssl", "pkey", "-in", folder / key, "-pubout"], capture_output=True, check=True)
    return printed.stdout


def is_for(certificate: x509.Certificate, folder: Path, key: str) -> bool:
    return load_pem_public_key(public_key(folder, key)) == certificate.public_key()


def test_the_guides_commands_give_a_first_certificate(behind_nginx: Portal, tmp_path: Path) -> None:
    assert "my.pem: OK" in done(behind_nginx.shell(FIRST, tmp_path, behind_nginx.codes()))
    assert is_for(verify(tmp_path / "my.pem", behind_nginx.chain(tmp_path)), tmp_path, "my.key")


def test_the_guides_commands_renew_it(behind_nginx: Portal, tmp_path: Path) -> None:
    behind_nginx.of_long_ago(tmp_path)
    done(behind_nginx.shell(NEXT, tmp_path))
    assert is_for(verify(tmp_path / "next.pem", behind_nginx.chain(tmp_path)), tmp_path, "next.key")


@strongswan
def test_wire_2_strongswan_fetches_the_authorities_and_a_certificate_over_tls(
    behind_nginx: Portal, tmp_path: Path
) -> None:
    """It authenticates at once, sends base64 without line breaks, and reads only base64 on one line with its length."""
    finished = behind_nginx.shell(FIRST_BY_STRONGSWAN, tmp_path, behind_nginx.codes())
    done(finished)
    assert "Issued certificate is trusted" in finished.stderr
    assert is_for(verify(tmp_path / "swan.pem", behind_nginx.chain(tmp_path)), tmp_path, "swan.key")


@strongswan
def test_wire_2_strongswan_renews_with_the_certificate_in_force(behind_nginx: Portal, tmp_path: Path) -> None:
    behind_nginx.of_long_ago(tmp_path, "swan")
    done(
        behind_nginx.shell('pki --estca --url "$PORTAL" --cacert "$TLS_CA" --caout swan-ca.pem --outform pem', tmp_path)
    )
    finished = behind_nginx.shell(NEXT_BY_STRONGSWAN, tmp_path)
    done(finished)
    assert "Issued certificate is trusted" in finished.stderr
    assert is_for(verify(tmp_path / "swan-next.pem", behind_nginx.chain(tmp_path)), tmp_path, "swan-next.key")


@strongswan
def test_wire_2_strongswan_sends_no_labels_and_gets_a_test_certificate_all_the_same(
    behind_nginx: Portal, tmp_path: Path
) -> None:
    codes = behind_nginx.codes(Environment.TEST)
    chain = (
        'curl --silent --fail "$PORTAL/.well-known/est/test/cacerts" | openssl base64 -d -A | '
        "openssl pkcs7 -inform DER -print_certs -out swan-ca.pem\n"
    )
    ours = "\n".join(line for line in FIRST_BY_STRONGSWAN.splitlines() if "--estca" not in line)
    done(behind_nginx.shell(chain + ours, tmp_path, codes))
    certificate = verify(tmp_path / "swan.pem", behind_nginx.chain(tmp_path, Environment.TEST))
    assert "Issuing CA (test)" in certificate.issuer.rfc4514_string()
    verify(tmp_path / "swan.pem", tmp_path / "swan-ca.pem")


@strongswan
def test_wire_2_strongswan_asks_again_while_the_certificate_is_only_prepared(
    starting: Starting, tmp_path: Path
) -> None:
    with starting(PREPARED_SECONDS="1") as running:
        key, away = running.folder / "ca" / "production" / "issuing.key", tmp_path / "issuing.key"
        key.rename(away)
        codes = running.codes()
        command = ["pki", "--est", "--url", running.address, "--in", str(tmp_path / "swan.csr"), "--interval", "1"]
        command += ["--userpass", f"{codes.transfer_id}:{codes.password.reveal()}", "--cacert", str(running.tls_ca)]
        done(running.shell("\n".join(FIRST_BY_STRONGSWAN.splitlines()[:2]), tmp_path))
        with (tmp_path / "swan.pem").open("wb") as told:
            process = subprocess.Popen([*command, "--outform", "pem"], stdout=told, stderr=subprocess.PIPE, text=True)
            running.served.wait_for_line("not signed yet")
            away.rename(key)
            _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        verify(tmp_path / "swan.pem", running.chain(tmp_path))


@pytest.mark.parametrize(
    "body",
    [
        "openssl req -in my.csr -outform DER | openssl base64 > body",
        "openssl req -in my.csr -text > body",
        "openssl req -in my.csr -outform DER > body",
        "sed 's/$/\\r/' my.csr > body",
    ],
    ids=["wrapped base64", "PEM with header lines", "DER", "PEM with CRLF"],
)
def test_wire_2_curl_sends_what_openssl_writes(behind_nginx: Portal, tmp_path: Path, body: str) -> None:
    """With curl's own Content-Type, a form's."""
    done(behind_nginx.shell(f"{REQUEST}{body}\n{ENROL}", tmp_path, behind_nginx.codes()))
    assert is_for(verify(tmp_path / "my.pem", behind_nginx.chain(tmp_path)), tmp_path, "my.key")


def test_wire_2_one_port_serves_those_with_a_client_certificate_and_those_without(
    behind_nginx: Portal, tmp_path: Path
) -> None:
    behind_nginx.of_long_ago(tmp_path)
    with_one, page = "--cert my.pem --key my.key", '--output /dev/null "$PORTAL/sign-in"'
    for who in ("", with_one):
        assert asked(behind_nginx, tmp_path, f"{who} {page}") == (200, "")
    renewal = '--data x "$PORTAL/.well-known/est/simplereenroll"'
    assert asked(behind_nginx, tmp_path, renewal)[0] == 403
    assert asked(behind_nginx, tmp_path, f"{with_one} {renewal}")[0] == 400


def test_wire_2_cacerts_are_a_certs_only_pkcs7_and_csrattrs_are_none(behind_nginx: Portal, tmp_path: Path) -> None:
    script = 'curl --silent --fail "$PORTAL/.well-known/est/cacerts" | openssl base64 -d -A | openssl pkcs7 -inform DER'
    printed = done(behind_nginx.shell(f"{script} -print_certs -noout", tmp_path))
    subjects = [line for line in printed.splitlines() if line.startswith("subject")]
    assert any("Certportal Issuing CA (production)" in subject for subject in subjects)
    assert any("Certportal Root CA (production)" in subject for subject in subjects)
    assert not [subject for subject in subjects if "(test)" in subject or "Services" in subject]
    assert asked(behind_nginx, tmp_path, '"$PORTAL/.well-known/est/csrattrs"') == (204, "")


def test_another_client_certificate_is_let_through_by_nginx_and_refused_by_the_portal(
    behind_nginx: Portal, tmp_path: Path
) -> None:
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout their.key -subj /CN=9900001-8 -out their.pem 2>/dev/null"
    done(behind_nginx.shell(make, tmp_path))
    call = '--cert their.pem --key their.key --data x "$PORTAL/.well-known/est/simplereenroll"'
    status, text = asked(behind_nginx, tmp_path, call)
    assert (status, text.partition(":")[0]) == (403, "client_certificate_unknown")


@pytest.mark.parametrize("name", ["X-SSL-Client-Cert", "x_ssl_client_cert", "X-SSL_Client-Cert", "Client-Cert"])
def test_f17_what_a_caller_sends_in_the_headers_never_passes_nginx(
    behind_nginx: Portal, tmp_path: Path, name: str
) -> None:
    """The certificate is one that could be renewed, and only its key is not the caller's."""
    old = behind_nginx.old[0].with_suffix(".pem")
    value = f"$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.stdin.read(), safe=\"\"))' < {old})"
    call = f'--header "{name}: {value}" --data x "$PORTAL/.well-known/est/simplereenroll"'
    status, text = asked(behind_nginx, tmp_path, call)
    assert (status, text.partition(":")[0]) == (403, "client_certificate_missing")


def by_rfc_9440() -> str:
    """A map that makes nginx, which knows only PEM, write the header of RFC 9440."""
    lines = "".join(rf"(?:(?<l{number}>[^\n-]+)\n)?" for number in range(30))
    whole = "".join(f"${{l{number}}}" for number in range(30))
    pem = rf"~^-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n*$"
    return f'map $ssl_client_raw_cert $by_rfc_9440 {{ default ""; "{pem}" ":{whole}:"; }}\n'


def test_a_proxy_that_speaks_rfc_9440_hands_the_certificate_over_too(starting: Starting, tmp_path: Path) -> None:
    servers = SERVERS.replace("X-SSL-Client-Cert $ssl_client_escaped_cert;", 'X-SSL-Client-Cert "";')
    servers = by_rfc_9440() + servers.replace('proxy_set_header Client-Cert "";', BY_RFC_9440, 1)
    with starting(servers, CLIENT_CERTIFICATE_HEADER="client-cert") as running:
        running.of_long_ago(tmp_path)
        done(running.shell(NEXT, tmp_path))
        assert is_for(verify(tmp_path / "next.pem", running.chain(tmp_path)), tmp_path, "next.key")
        forged = '--header "X-SSL-Client-Cert: x" --data x "$PORTAL/.well-known/est/simplereenroll"'
        assert asked(running, tmp_path, forged)[0] == 403
