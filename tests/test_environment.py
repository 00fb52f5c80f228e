"""Settings: read once, every mistake told at once with the variable's name and the remedy."""

import stat
from pathlib import Path

import pytest

from certportal.environment import EXAMPLE_GATEWAY, SettingsError, read_settings

WHOLE = {
    "CERTPORTAL_BASE_URL": "https://certificates.service.example",
    "CERTPORTAL_MAIL_SERVER": "smtp.service.example",
    "CERTPORTAL_MAIL_SENDER": "no-reply@service.example",
    "CERTPORTAL_SMS_URL": "form://gateway.service.example/send?:to={to}",
}


def whole(directory: Path, **more: str) -> dict[str, str]:
    return (
        WHOLE | {"CERTPORTAL_DATA_DIR": str(directory)} | {f"CERTPORTAL_{name}": value for name, value in more.items()}
    )


def mistakes(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    return caught.value.mistakes


def test_without_address_mail_and_sms_production_does_not_start(tmp_path: Path) -> None:
    said = mistakes({"CERTPORTAL_DATA_DIR": str(tmp_path)})
    assert [line.partition(":")[0] for line in said] == [
        "CERTPORTAL_BASE_URL", "CERTPORTAL_MAIL_SENDER", "CERTPORTAL_SMS_URL", "CERTPORTAL_MAIL_SERVER"
    ]  # fmt: skip


def test_every_mistake_is_told_at_once_with_its_remedy(tmp_path: Path) -> None:
    said = mistakes(whole(tmp_path, TIMEZONE="Nowhere", MAIL_PORT="many", NOTICE_DAYS="60,soon", SMS_URL="form://x"))
    assert said == [
        "CERTPORTAL_TIMEZONE: give a zone's name, such as Europe/Helsinki",
        f"CERTPORTAL_SMS_URL: write {{to}} where the recipient's number belongs, such as {EXAMPLE_GATEWAY}",
        "CERTPORTAL_MAIL_PORT: give a whole number from 1 to 65535",
        "CERTPORTAL_NOTICE_DAYS: give days before the end with commas between, such as 60,30,14,7,1",
    ]


def test_a_claim_lasts_longer_than_a_slow_server_may_take_over_a_letter(tmp_path: Path) -> None:
    said = mistakes(whole(tmp_path, CLAIM_SECONDS="120", MAIL_PORT="many"))
    assert said == [
        "CERTPORTAL_MAIL_PORT: give a whole number from 1 to 65535",
        (
            "CERTPORTAL_CLAIM_SECONDS: give more than 120, 4 times CERTPORTAL_MAIL_TIMEOUT_SECONDS, which a slow mail "
            "server may take over one letter"
        ),
    ]
    assert read_settings(whole(tmp_path, CLAIM_SECONDS="121")).claim_seconds == 121


@pytest.mark.parametrize(("timeout", "claim"), [("1", 120), ("30", 180), ("600", 3600)])
def test_a_claim_that_is_not_set_lasts_long_enough(tmp_path: Path, timeout: str, claim: int) -> None:
    assert read_settings(whole(tmp_path, MAIL_TIMEOUT_SECONDS=timeout)).claim_seconds == claim


def test_nothing_is_written_while_something_is_wrong(tmp_path: Path) -> None:
    mistakes(whole(tmp_path / "data", BASE_URL="certificates"))
    assert not (tmp_path / "data").exists()


def test_a_setting_that_does_not_exist_is_named(tmp_path: Path) -> None:
    said = mistakes(whole(tmp_path, BASE_ULR="https://typo.example"))
    assert said == ["CERTPORTAL_BASE_ULR: is no setting; see the table in docs/deploy.md"]


@pytest.mark.parametrize(
    "address", ["certificates.example", "ftp://certificates.example", "https://", "https://a.example/portal"]
)
def test_an_address_that_links_cannot_be_made_from_is_refused(tmp_path: Path, address: str) -> None:
    assert all(line.startswith("CERTPORTAL_BASE_URL: ") for line in mistakes(whole(tmp_path, BASE_URL=address)))


def test_https_means_secure(tmp_path: Path) -> None:
    assert read_settings(whole(tmp_path)).secure
    assert not read_settings(whole(tmp_path, BASE_URL="http://localhost:8000")).secure


def test_secrets_that_are_not_given_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    first, second = read_settings(whole(tmp_path)), read_settings(whole(tmp_path))
    assert first.secret_key == second.secret_key
    assert first.ca_passphrase == second.ca_passphrase
    assert first.secret_key != first.ca_passphrase
    for name in ("secret-key", "ca-passphrase"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    assert mistakes(whole(tmp_path, SECRET_KEY="short"))[0].startswith("CERTPORTAL_SECRET_KEY: ")


def test_settings_do_not_print_their_secrets(tmp_path: Path) -> None:
    settings = read_settings(whole(tmp_path, MAIL_PASSWORD="sesam-12345", SECRET_KEY="k" * 40))
    assert "sesam-12345" not in repr(settings)
    assert "k" * 40 not in repr(settings)
    assert "gateway.service.example" not in repr(settings)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "certportal.env"
    file.write_text('# names as in the environment\nCERTPORTAL_SERVICE_NAME="From the file"\nCERTPORTAL_TIMEZONE=UTC\n')
    settings = read_settings(whole(tmp_path, CONFIG=str(file), TIMEZONE="Europe/Stockholm"))
    assert settings.service_name == "From the file"
    assert settings.timezone.key == "Europe/Stockholm"


def test_a_line_of_the_file_that_is_no_setting_is_named_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "certportal.env"
    file.write_text("CERTPORTAL_TIMEZONE=UTC\nSERVICE NAME Certportal\n")
    said = mistakes(whole(tmp_path, CONFIG=str(file)))
    assert said == [f"CERTPORTAL_CONFIG: line 2 of {file} is not CERTPORTAL_NAME=value"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = mistakes(whole(tmp_path, CONFIG=str(tmp_path / "missing.env")))
    assert said[0].startswith("CERTPORTAL_CONFIG: the file ")


def test_an_issuing_authority_is_called_issuing(tmp_path: Path) -> None:
    said = mistakes(whole(tmp_path, CA_ISSUING_NAME_TEST="Example CA (test)"))
    assert said == ["CERTPORTAL_CA_ISSUING_NAME_TEST: keep the word Issuing in the name: client programs look for it"]


def test_proxies_are_networks(tmp_path: Path) -> None:
    settings = read_settings(whole(tmp_path, TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8"))
    assert [str(network) for network in settings.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert mistakes(whole(tmp_path, TRUSTED_PROXIES="proxy.example"))[0].startswith("CERTPORTAL_TRUSTED_PROXIES: ")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://Certificates.Service.Example/", "https://certificates.service.example"),
        ("https://portal.example:443", "https://portal.example"),
        ("http://portal.example:80", "http://portal.example"),
        ("HTTP://portal.example:443", "http://portal.example:443"),
        ("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_the_address_is_kept_as_browsers_write_it(tmp_path: Path, given: str, meant: str) -> None:
    assert read_settings(whole(tmp_path, BASE_URL=given)).base_url == meant


WRONG = [
    ("BASE_URL", "https://user:password@portal.example"),
    ("BASE_URL", "https://portal.example:many"),
    ("BASE_URL", "https://[portal.example"),
    ("BASE_URL", "https://sertifikaatti-ä.example"),
    ("BASE_URL", "https://portal example"),
    ("CA_PASSPHRASE", "eleven-long"),
    ("SMS_URL", "gateway.service.example/{to}"),
    ("SMS_URL", "form://gateway example/{to}"),
    ("DATABASE_URL", "certportal.sqlite3"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "oracle://scott:tiger@db/x"),
    ("DATABASE_URL", "nothing-like-it://db/x"),
    ("DATABASE_URL", "postgresql+nodriver://db/x"),
    ("DATABASE_URL", "postgresql://db:port/x"),
    ("MAIL_SENDER", "no-reply@service"),
    ("MAIL_SENDER", "no reply@service.example"),
    ("SUPPORT_EMAIL", "support.service.example"),
    ("BIND", "8000"),
    ("BIND", "127.0.0.1:http"),
    ("BIND", "127.0.0.1:70000"),
    ("BIND", "unix:"),
    ("DEFAULT_COUNTRY", "XX"),
    ("DEFAULT_COUNTRY", "Finland"),
    ("CA_ISSUING_NAME_PRODUCTION", "Certportal Issuing CA (test)"),
    ("SERVICE_NAME", "Certificate  service"),
    ("SERVICE_NAME", "x" * 65),
    ("CA_ORGANISATION", "Centre for the Certificates of All Organisations of the Whole Land"),
    ("CA_ORGANISATION", "Kesa\u0308"),
    ("CA_ROOT_NAME_TEST", "ä" * 33),
    ("CA_SERVICES_NAME_TEST", "Services\u202e Issuing CA"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[" ".join(each) for each in WRONG])
def test_what_cannot_work_is_refused_at_start(tmp_path: Path, name: str, value: str) -> None:
    said = mistakes(whole(tmp_path, **{name: value}))
    assert len(said) == 1
    assert "password@portal" not in said[0]
    if name == "CA_ISSUING_NAME_PRODUCTION":
        assert said[0].startswith("CERTPORTAL_CA_ISSUING_NAME_TEST: ")
    else:
        assert said[0].startswith(f"CERTPORTAL_{name}: ")


def test_a_root_and_its_issuing_authority_have_names_of_their_own(tmp_path: Path) -> None:
    same = "Example Issuing CA"
    said = mistakes(whole(tmp_path, CA_ROOT_NAME_PRODUCTION=same, CA_ISSUING_NAME_PRODUCTION=same))
    assert said == [
        "CERTPORTAL_CA_ISSUING_NAME_PRODUCTION: the same as CERTPORTAL_CA_ROOT_NAME_PRODUCTION; each needs its own name"
    ]


def test_a_further_authority_has_a_name_that_certificates_hold_as_it_is(tmp_path: Path) -> None:
    said = mistakes(whole(tmp_path, CA_ISSUERS_TEST="payroll=Payroll  Issuing CA; benefits=Benefits Issuing CA"))
    assert [each.split(":")[0] for each in said] == ["CERTPORTAL_CA_ISSUERS_TEST (payroll)"]


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "[::1]:8000", "localhost:80", "unix:/run/certportal/portal.sock"])
def test_places_to_listen_at(tmp_path: Path, bind: str) -> None:
    assert read_settings(whole(tmp_path, BIND=bind)).bind == bind


def test_a_database_may_be_another(tmp_path: Path) -> None:
    url = "postgresql+psycopg://portal:sesam-54321@db.service.example/certportal"
    settings = read_settings(whole(tmp_path, DATABASE_URL=url))
    assert settings.database_url == url
    assert "sesam-54321" not in repr(settings)


def test_the_shortest_passphrase_is_the_authorities_own() -> None:
    from certportal import environment
    from certportal.ca import keys

    assert environment.SHORTEST_PASSPHRASE == keys.SHORTEST_PASSPHRASE


@pytest.mark.parametrize(
    ("base", "given", "meant"),
    [
        ("https://portal.example", "", "http://portal.example/crl"),
        ("https://portal.example:8443", "", "http://portal.example/crl"),
        ("https://[2001:db8::1]:8443", "", "http://[2001:db8::1]/crl"),
        ("http://portal.example:8000", "", "http://portal.example:8000/crl"),
        ("https://portal.example", "http://lists.example:8080/ca/", "http://lists.example:8080/ca"),
        ("https://portal.example", "https://lists.example", "https://lists.example"),
    ],
)
def test_revocation_lists_are_fetched_over_plain_http_unless_an_address_is_given(
    tmp_path: Path, base: str, given: str, meant: str
) -> None:
    assert read_settings(whole(tmp_path, BASE_URL=base, CRL_URL=given)).crl_url == meant


@pytest.mark.parametrize(
    "given", ["lists.example/crl", "ldap://lists.example", "http://", "http://a b", "http://[1", "http://x.example/?a"]
)
def test_an_address_of_lists_that_no_certificate_can_name_is_refused(tmp_path: Path, given: str) -> None:
    assert mistakes(whole(tmp_path, CRL_URL=given)) == [
        "CERTPORTAL_CRL_URL: give an address without ?, # and @, such as http://certificates.example.org/crl"
    ]


@pytest.mark.parametrize("header", ["x-ssl-client-cert", "X-SSL-Client-Cert", "client-cert", "none"])
def test_the_header_of_client_certificates_is_one_of_those_that_proxies_send(tmp_path: Path, header: str) -> None:
    named = whole(tmp_path, CLIENT_CERTIFICATE_HEADER=header, TRUSTED_PROXIES="127.0.0.1")
    assert read_settings(named).client_certificate_header.value == header.lower()


def test_another_header_is_named_with_its_remedy(tmp_path: Path) -> None:
    assert mistakes(whole(tmp_path, CLIENT_CERTIFICATE_HEADER="X-Cert", TRUSTED_PROXIES="127.0.0.1")) == [
        "CERTPORTAL_CLIENT_CERTIFICATE_HEADER: give none or x-ssl-client-cert or client-cert"
    ]


def test_a_header_that_nobody_is_trusted_to_send_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(whole(tmp_path, CLIENT_CERTIFICATE_HEADER="client-cert")) == [
        "CERTPORTAL_CLIENT_CERTIFICATE_HEADER: name the proxy that sends it in CERTPORTAL_TRUSTED_PROXIES too"
    ]
