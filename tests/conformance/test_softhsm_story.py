"""Every key in a token: one complete run of the story with SoftHSM, from the ceremony to the revocation."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from certportal import runs, scheduler
from certportal.ca import Reason
from certportal.ca.reference import is_reference
from certportal.certificates import authorities, revocation_lists, service, signers
from certportal.certificates.models import CertificateState
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.settings import Settings, current_settings
from tests.ca.openssl import KEYS, make_key, make_request, openssl
from tests.ca.softhsm import MODULE, PIN, Reader, needs_softhsm, reader_in
from tests.certificates.steps import PROGRAM, Kit
from tests.conftest import FakeClock
from tests.orders.steps import housed

pytestmark = needs_softhsm


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    folder = tmp_path / "reader"
    folder.mkdir()
    with reader_in(folder) as made:
        yield made


@pytest.fixture
def settings(settings: Settings, reader: Reader) -> Settings:
    """An installation without authorities yet, and with a token. (The room's own fixture has copied some: they go.)"""
    for path in sorted(settings.ca_dir.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return replace(settings, ca_token_module=MODULE, ca_token="portal", ca_token_pin=PIN)


def job(name: str) -> bool:
    (found,) = [each for each in scheduler.jobs(current_settings()) if each.name == name]
    return scheduler.run_now(found)


def test_a_complete_run_of_the_story(app: object, reader: Reader, tmp_path: Path, clock: FakeClock) -> None:
    for environment in Environment:
        authorities.initialise(environment)
    kit = Kit(housed(), tmp_path)
    assert job(runs.PUBLISH)
    assert job(runs.ANSWERS)
    reply = signers.reply_signer(Environment.PRODUCTION)
    keys = list(current_settings().ca_dir.rglob("*.key"))
    assert len(keys) >= 2 * 4 + 2 * 2
    assert all(is_reference(path.read_bytes()) for path in keys), "no key lies in a file"
    assert reply.certificate.issuer.rfc4514_string() == "CN=Certportal Services Issuing CA (production)"

    issued = kit.certificate(kit.order(), make_request(make_key(tmp_path, *KEYS["EC P-256"])))
    leaf = tmp_path / "leaf.der"
    leaf.write_bytes(issued.der or b"")
    chain = tmp_path / "chain.pem"
    chain.write_bytes(
        b"".join(path.read_bytes() for path in [current_settings().ca_dir / "production" / "issuing.pem"])
    )
    openssl("x509", "-inform", "DER", "-in", leaf, "-out", tmp_path / "leaf.pem")
    at = str(int(clock.at.timestamp()) + 60)

    def verdict() -> str:
        crl = revocation_lists.bundle_file(Environment.PRODUCTION)
        checks = ("-crl_check_all", "-purpose", "sslclient", "-attime", at, "-CAfile", chain, "-CRLfile", crl)
        return openssl("verify", *checks, tmp_path / "leaf.pem", succeeds=False).decode()

    assert "leaf.pem: OK" in verdict()
    service.revoke(issued.id, Reason.UNNECESSARY, PROGRAM)
    assert "certificate revoked" in verdict()
    assert service.published_crl(Environment.PRODUCTION).entries == 1  # type: ignore[union-attr]


def test_while_the_token_is_away_what_is_asked_for_waits_and_what_is_signed_is_served(
    app: object, reader: Reader, tmp_path: Path, clock: FakeClock
) -> None:
    authorities.initialise(Environment.PRODUCTION)
    kit = Kit(housed(), tmp_path)
    kit.certificate()
    assert job(runs.PUBLISH)
    assert job(runs.ANSWERS)
    listed = service.published_crl(Environment.PRODUCTION)
    assert listed is not None
    number = listed.number
    reader.pull()
    waiting = kit.certificate()
    assert (waiting.state, waiting.der) == (CertificateState.PREPARED, None)
    asked = service.sample(Environment.PRODUCTION, "issuing")
    assert asked is not None
    from certportal.certificates.answering import answer

    assert answer(asked[0]).der == asked[1]
    db.session.rollback()
    assert revocation_lists.crl_file(Environment.PRODUCTION).exists()
    reader.put_back()
    clock.move(minutes=5)
    assert job(runs.RESUME)
    db.session.rollback()
    again = service.by_retrieval_id(waiting.retrieval_id)
    assert again is not None
    assert again.state is CertificateState.ISSUED
    assert x509.load_der_x509_certificate(again.der or b"")
    assert number == 1
