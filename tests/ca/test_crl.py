"""Revocation lists: openssl refuses what is on them, their words are RFC 5280's, and their cost grows with their length alone."""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certportal.ca import Issuer, Reason, Revoked, build_crl, sign
from tests.ca.making import NOW, prepared, serial
from tests.ca.openssl import openssl
from tests.no_skips import needs

WEEK = timedelta(days=7)


def parsed(issuer: Issuer, *entries: Revoked, number: int = 1) -> x509.CertificateRevocationList:
    crl = build_crl(issuer, entries, number=number, this_update=NOW, next_update=NOW + WEEK)
    return x509.load_der_x509_crl(crl)


@needs("openssl")
def test_wire_3_verify_refuses_what_is_on_the_list_and_accepts_the_rest(
    any_issuer: Issuer, request_pem: bytes, tmp_path: Path
) -> None:
    chain, listed = tmp_path / "chain.pem", tmp_path / "list.pem"
    chain.write_bytes(b"".join(link.public_bytes(Encoding.PEM) for link in any_issuer.chain))
    listed.write_bytes(parsed(any_issuer, Revoked(serial(2), NOW, Reason.KEY_LOST)).public_bytes(Encoding.PEM))
    at = str(int((NOW + timedelta(days=6)).timestamp()))
    verify = ["verify", "-x509_strict", "-CAfile", chain, "-crl_check", "-CRLfile", listed, "-purpose", "sslclient"]
    for number, answer in ((1, b"OK"), (2, b"certificate revoked")):
        leaf = tmp_path / f"{number}.pem"
        tbs = prepared(any_issuer, request_pem, serial=serial(number)).tbs
        leaf.write_bytes(openssl("x509", "-inform", "DER", stdin=sign(any_issuer, tbs)))
        assert answer in openssl(*verify, "-attime", at, leaf, succeeds=number == 1)
    late = str(int((NOW + timedelta(days=8)).timestamp()))
    assert b"CRL has expired" in openssl(*verify, "-attime", late, tmp_path / "1.pem", succeeds=False)


def test_the_list_says_when_which_and_why(production: Issuer) -> None:
    revoked_at = datetime(2026, 11, 30, 22, 15, 1, 999, tzinfo=UTC)
    crl = parsed(production, *(Revoked(serial(i), revoked_at, reason) for i, reason in enumerate(Reason)), number=2**70)
    assert [entry.serial_number for entry in crl] == [serial(i) for i in range(len(Reason))]
    assert {entry.revocation_date_utc for entry in crl} == {revoked_at.replace(microsecond=0)}
    flags = x509.ReasonFlags
    reasons = [[extension.value.reason for extension in entry.extensions] for entry in crl]
    assert reasons == [
        [flags.key_compromise],
        [flags.key_compromise],
        [flags.cessation_of_operation],
        [flags.affiliation_changed],
        [flags.privilege_withdrawn],
        [flags.privilege_withdrawn],
        [],
    ]
    assert (crl.last_update_utc, crl.next_update_utc) == (NOW.replace(microsecond=0), NOW.replace(microsecond=0) + WEEK)


def test_the_list_points_to_its_issuer_and_has_its_number(production: Issuer) -> None:
    crl = parsed(production, number=17)
    assert crl.issuer == production.certificate.subject
    assert [(extension.critical, extension.value) for extension in crl.extensions] == [
        (False, x509.AuthorityKeyIdentifier(production.key_identifier, None, None)),
        (False, x509.CRLNumber(17)),
    ]


@needs("openssl")
def test_an_empty_list_has_no_list_in_it(production: Issuer) -> None:
    """RFC 5280 5.1.2.6: when nothing is revoked, revokedCertificates is absent."""
    der = parsed(production).public_bytes(Encoding.DER)
    assert len(x509.load_der_x509_crl(der)) == 0
    assert b"No Revoked Certificates" in openssl("crl", "-inform", "DER", "-text", "-noout", stdin=der)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(
        st.builds(
            Revoked,
            st.integers(1, 2**159 - 1),
            st.datetimes(datetime(1990, 1, 1), datetime(2120, 1, 1), timezones=st.timezones()),  # noqa: DTZ001
            st.sampled_from(Reason),
        ),
        unique_by=lambda revoked: revoked.serial,
        max_size=20,
    )
)
def test_cryptography_reads_back_every_line_as_it_was_given(entries: list[Revoked], production: Issuer) -> None:
    for found, given_line in zip(parsed(production, *entries), entries, strict=True):
        assert found.serial_number == given_line.serial
        assert found.revocation_date_utc == given_line.at.astimezone(UTC).replace(microsecond=0)
        code = [extension.value.public_bytes()[-1] for extension in found.extensions]
        assert code == [given_line.reason.rfc_code][: given_line.reason is not Reason.UNSPECIFIED]


def test_the_lines_are_octet_for_octet_what_cryptography_writes(production: Issuer) -> None:
    moments = [datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC), NOW]
    entries = [Revoked(serial(i), moments[i % 3], reason) for i, reason in enumerate(Reason)]
    builder = x509.CertificateRevocationListBuilder().issuer_name(production.certificate.subject)
    builder = builder.last_update(NOW).next_update(NOW + WEEK)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier(production.key_identifier, None, None), critical=False)
    builder = builder.add_extension(x509.CRLNumber(4), critical=False)
    for entry, theirs in zip(entries, parsed(production, *entries), strict=True):
        line = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
        for extension in theirs.extensions:
            line = line.add_extension(x509.CRLReason(extension.value.reason), critical=False)
        builder = builder.add_revoked_certificate(line.build())
    theirs_whole = builder.sign(production.key, hashes.SHA384())
    assert parsed(production, *entries, number=4).tbs_certlist_bytes == theirs_whole.tbs_certlist_bytes


def test_reasons_that_distrust_the_key_are_known() -> None:
    assert {reason for reason in Reason if reason.distrusts_key} == {Reason.KEY_LOST, Reason.KEY_SUSPECTED}
    assert {reason for reason in Reason if reason.by_issuer} == {Reason.AGREEMENT_ENDED, Reason.MISUSE}


@pytest.mark.parametrize("number", [0, -1, 2**159])
def test_a_line_without_a_possible_serial_number_is_a_mistake(number: int, production: Issuer) -> None:
    with pytest.raises(ValueError, match="serial"):
        parsed(production, Revoked(number, NOW, Reason.MISUSE))


def test_a_certificate_stands_on_the_list_once(production: Issuer) -> None:
    with pytest.raises(ValueError, match="once"):
        parsed(production, Revoked(serial(1), NOW, Reason.MISUSE), Revoked(serial(1), NOW, Reason.KEY_LOST))


@pytest.mark.parametrize(("number", "lasts"), [(-1, WEEK), (2**159, WEEK), (1, timedelta()), (1, -WEEK)])
def test_a_number_or_span_that_no_list_can_have_is_a_mistake(number: int, lasts: timedelta, production: Issuer) -> None:
    with pytest.raises(ValueError, match="next_update"):
        build_crl(production, [], number=number, this_update=NOW, next_update=NOW + lasts)


def test_a_list_that_another_key_signed_is_not_released(production: Issuer) -> None:
    wrong = Issuer(production.environment, production.chain, production.key)
    object.__setattr__(wrong, "key", ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(ValueError, match="verify"):
        parsed(wrong)


def test_a_hundred_thousand_lines_take_seconds_and_cost_no_more_each_than_five_thousand(production: Issuer) -> None:
    chance = random.Random(7)
    entries = [Revoked(chance.getrandbits(158) + 1, NOW, chance.choice(list(Reason))) for _ in range(100_000)]
    spent: dict[int, float] = {}
    for count in (5_000, 100_000):
        rounds: list[float] = []
        for _ in range(3):
            started = time.process_time()
            crl = build_crl(production, entries[:count], number=1, this_update=NOW, next_update=NOW + WEEK)
            rounds.append(time.process_time() - started)
        spent[count] = min(rounds)
        assert len(x509.load_der_x509_crl(crl)) == count
    assert spent[100_000] < 5
    assert spent[100_000] / spent[5_000] < 20 * 2
