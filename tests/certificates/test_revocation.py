"""Revocation, and the lists that tell of it: at once, daily, as a row, over HTTP and as a file."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from certportal import ca
from certportal.certificates import revocation_lists, service
from certportal.certificates.models import CertificateState, RevocationList
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.refusals import Conflict, Forbidden
from tests import builders
from tests.browsing import BrowsingClient
from tests.ca.openssl import KEYS, make_key, make_request, openssl
from tests.certificates.steps import Kit, certificates
from tests.conftest import FakeClock
from tests.orders.steps import House

Reason = service.Reason


class Lease:
    """A job's lease that nobody contests; ``renewed`` counts its batches."""

    renewed = 0

    def renew(self) -> None:
        self.renewed += 1


def listed(environment: Environment = Environment.PRODUCTION) -> x509.CertificateRevocationList:
    db.session.rollback()
    published = service.published_crl(environment)
    assert published is not None
    return x509.load_der_x509_crl(published.der)


def serials(crl: x509.CertificateRevocationList) -> set[int]:
    return {entry.serial_number for entry in crl}


def revoke(kit: Kit, certificate_id: int, reason: Reason = Reason.UNNECESSARY) -> None:
    service.revoke(certificate_id, reason, builders.acting(kit.house.person))


def publish() -> str:
    return service.publish_crls(Lease())  # type: ignore[arg-type]


def test_a_revocation_is_on_the_list_at_once(kit: Kit, visitor: BrowsingClient, clock: FakeClock) -> None:
    issued = kit.certificate()
    revoke(kit, issued.id, Reason.KEY_LOST)
    assert serials(listed()) == {int(issued.serial, 16)}
    entry = next(iter(listed()))
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    answer = visitor.http.get("/crl/production.crl")
    assert answer.data == service.published_crl(Environment.PRODUCTION).der  # type: ignore[union-attr]
    assert answer.mimetype == "application/pkix-crl"
    assert revocation_lists.crl_file(Environment.PRODUCTION).read_bytes() == answer.data
    assert listed().next_update_utc == clock.at + timedelta(days=7)


def test_a_list_is_published_before_anything_was_revoked_and_then_daily(kit: Kit, clock: FakeClock) -> None:
    """failures.md, F6: an empty list lapses like any other."""
    assert service.published_crl(Environment.PRODUCTION) is None
    assert publish() == "8 published"
    assert publish() == "0 published"
    first = listed()
    clock.move(hours=23)
    assert publish() == "0 published"
    clock.move(hours=1)
    assert publish() == "8 published"
    second = listed()
    assert second.next_update_utc == clock.at + timedelta(days=7)
    assert number(second) == number(first) + 1


def number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_after_a_week_of_downtime_the_next_run_publishes(kit: Kit, clock: FakeClock) -> None:
    publish()
    clock.move(days=30)
    assert publish() == "8 published"
    assert listed().next_update_utc > clock.at


def test_a_revocation_whose_list_could_not_be_signed_stands_and_is_published_by_the_job(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publish()
    issued = kit.certificate()
    with monkeypatch.context() as broken:
        broken.setattr(revocation_lists.authorities, "issuer", _away)
        revoke(kit, issued.id)
        assert "could not be published now" in caplog.text
        with pytest.raises(OSError, match="away"):
            publish()
    assert certificates()[0].state is CertificateState.REVOKED
    assert serials(listed()) == set()
    assert publish() == "1 published"
    assert serials(listed()) == {int(issued.serial, 16)}


def _away(_environment: Environment, _label: str) -> Any:
    raise OSError("the token is away")


def test_a_lost_or_foreign_file_is_put_back(kit: Kit) -> None:
    publish()
    path = revocation_lists.crl_file(Environment.TEST)
    for spoil in (path.unlink, lambda: path.write_bytes(b"an older list")):
        spoil()
        assert publish() == "0 published"
        assert path.read_bytes() == service.published_crl(Environment.TEST).der  # type: ignore[union-attr]


def test_lists_of_the_two_environments_never_mix(kit: Kit) -> None:
    real, trial = kit.certificate(), kit.certificate(environment=Environment.TEST)
    revoke(kit, real.id)
    revoke(kit, trial.id)
    assert serials(listed(Environment.PRODUCTION)) == {int(real.serial, 16)}
    assert serials(listed(Environment.TEST)) == {int(trial.serial, 16)}
    assert listed(Environment.PRODUCTION).issuer != listed(Environment.TEST).issuer


def test_a_revoked_certificate_leaves_the_list_only_after_its_end_and_one_list_more(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    revoke(kit, issued.id)
    clock.move(days=731 + 7)
    publish()
    assert serials(listed()) == {int(issued.serial, 16)}
    clock.move(days=2)
    publish()
    assert serials(listed()) == set()


def test_of_lists_published_at_once_the_newest_stays_everywhere(kit: Kit, app: Flask) -> None:
    ids, actor = [kit.certificate().id for _ in range(8)], kit.house.actor
    start, failed = threading.Barrier(len(ids)), []

    def work(certificate_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                service.revoke(certificate_id, Reason.UNNECESSARY, actor)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                failed.append(error)
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=work, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len(serials(listed())) == len(ids)
    newest = db.session.get_one(RevocationList, (Environment.PRODUCTION, "issuing"))
    assert newest.number == newest.reserved == number(listed())
    assert revocation_lists.crl_file(Environment.PRODUCTION).read_bytes() == newest.der


def test_what_has_ended_or_is_revoked_or_not_yet_issued_is_not_revoked(kit: Kit, clock: FakeClock) -> None:
    issued = kit.certificate()
    revoke(kit, issued.id)
    with pytest.raises(Conflict, match="certificate_revoked"):
        revoke(kit, issued.id)
    other = kit.certificate()
    clock.move(days=800)
    with pytest.raises(Conflict, match="certificate_expired"):
        revoke(kit, other.id)


@pytest.mark.parametrize("reason", [Reason.AGREEMENT_ENDED, Reason.MISUSE])
def test_the_issuers_reasons_are_the_operators_alone(kit: Kit, reason: Reason) -> None:
    issued = kit.certificate()
    with pytest.raises(Forbidden, match="reason_for_operator"):
        revoke(kit, issued.id, reason)
    service.revoke(issued.id, reason, builders.OPERATOR, "by the agreement")
    assert certificates()[0].revocation_reason == reason.value


def test_two_revocations_at_once_are_one(kit: Kit, app: Flask) -> None:
    certificate_id, actor = kit.certificate().id, kit.house.actor
    start, done, refused = threading.Barrier(2), [], []

    def work() -> None:
        with app.app_context():
            start.wait()
            try:
                done.append(service.revoke(certificate_id, Reason.UNNECESSARY, actor))
            except Conflict as refusal:
                refused.append(refusal.code)
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(done), refused) == (1, ["certificate_revoked"])


def root_key(app: Flask) -> Path:
    return app.extensions["certportal.settings"].ca_dir / "production" / "root.key"


def x509_lists(pem: bytes) -> list[x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----\n"
    return [x509.load_pem_x509_crl(part + end) for part in pem.split(end) if part]


def test_every_authority_has_a_list_and_all_are_served_at_once_as_pem(
    kit: Kit, visitor: BrowsingClient, clock: FakeClock
) -> None:
    """A server that checks the whole chain, as nginx does with ssl_crl, refuses everybody without the root's list."""
    publish()
    answer = visitor.http.get("/crl/production-root.crl")
    assert (answer.status_code, answer.mimetype) == (200, "application/pkix-crl")
    root = x509.load_der_x509_crl(answer.data)
    top = service.authority(Environment.PRODUCTION).chain[-1]
    assert (root.issuer, serials(root)) == (top.subject, set())
    assert root.is_signature_valid(top.public_key())  # type: ignore[arg-type]
    assert root.next_update_utc == clock.at + timedelta(days=7)
    assert revocation_lists.crl_file(Environment.PRODUCTION, "root").read_bytes() == answer.data
    both = visitor.http.get("/crl/production.pem")
    assert (both.status_code, both.mimetype) == (200, "application/x-pem-file")
    issuers = [each.issuer.rfc4514_string() for each in x509_lists(both.data)]
    names = ("Root CA", "Intermediate CA", "Issuing CA", "Services Issuing CA")
    assert issuers == [f"CN=Certportal {name} (production)" for name in names]
    assert listed().public_bytes(Encoding.PEM) in both.data
    assert root.public_bytes(Encoding.PEM) in both.data
    assert revocation_lists.bundle_file(Environment.PRODUCTION).read_bytes() == both.data


def test_while_the_roots_key_is_away_its_last_list_is_served_and_the_issuing_one_goes_on(
    kit: Kit, app: Flask, visitor: BrowsingClient, clock: FakeClock
) -> None:
    publish()
    key = root_key(app)
    kept, last = key.read_bytes(), visitor.http.get("/crl/production-root.crl").data
    key.unlink()
    clock.move(days=3)
    assert publish() == "7 published"
    assert visitor.http.get("/crl/production-root.crl").data == last
    assert last in {
        path.read_bytes() for path in revocation_lists.crl_file(Environment.PRODUCTION).parent.glob("*.crl")
    }
    key.write_bytes(kept)
    assert publish() == "1 published"
    assert number(x509.load_der_x509_crl(visitor.http.get("/crl/production-root.crl").data)) == 2


def test_while_the_machines_clock_is_behind_no_list_is_published_and_the_revocation_stands(
    kit: Kit, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """failures.md, F6 and F11: a list dated back would have lapsed already, and would take the place of a good one."""
    issued = kit.certificate()
    publish()
    before = listed()
    clock.move(days=-10)
    with pytest.raises(Conflict, match="clock_behind"):
        service.publish(Environment.PRODUCTION)
    revoke(kit, issued.id)
    assert "could not be published now" in caplog.text
    assert listed() == before
    clock.move(days=10)
    assert publish() == "1 published"
    assert serials(listed()) == {int(issued.serial, 16)}


def test_there_is_no_list_for_an_environment_that_does_not_exist(visitor: BrowsingClient, kit: Kit) -> None:
    for name in ("mars.crl", "mars-root.crl", "mars.pem", "production.pem", "production-root.crl"):
        assert visitor.http.get(f"/crl/{name}").status_code == 404, name
    assert visitor.http.get("/crl/production.crl").status_code == 404


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_verifies_the_certificate_against_chain_and_list_and_refuses_it_once_revoked(
    kit: Kit, house: House, tmp_path: Path, kind: str, verify: Callable[..., bytes]
) -> None:
    key = make_key(tmp_path, *KEYS[kind])
    issued = kit.certificate(sent=make_request(key))
    publish()
    (tmp_path / "issued.der").write_bytes(issued.der or b"")
    openssl("x509", "-inform", "DER", "-in", tmp_path / "issued.der", "-out", tmp_path / "issued.pem")
    assert b"issued.pem: OK" in verify(tmp_path / "issued.pem")
    revoke(kit, issued.id)
    assert b"certificate revoked" in verify(tmp_path / "issued.pem", succeeds=False)
    public = openssl("pkey", "-in", key, "-pubout")
    assert openssl("x509", "-in", tmp_path / "issued.pem", "-noout", "-pubkey") == public


@pytest.fixture
def verify(kit: Kit, tmp_path: Path, app: Flask, clock: FakeClock) -> Callable[..., bytes]:
    """``openssl verify`` as a server that is shown the certificate does it, at the test's own time."""

    def run(certificate: Path, *, succeeds: bool = True) -> bytes:
        chain = service.authority(Environment.PRODUCTION).chain
        root, issuing = tmp_path / "root.pem", tmp_path / "issuing.pem"
        root.write_bytes(ca.chain_pem(chain[-1:]))
        issuing.write_bytes(ca.chain_pem(chain[:-1]))
        crl = revocation_lists.bundle_file(Environment.PRODUCTION)
        at = str(int(clock.at.timestamp()) + 60)
        return openssl(
            "verify", "-crl_check_all", "-purpose", "sslclient", "-attime", at, "-x509_strict",
            "-CAfile", root, "-untrusted", issuing, "-CRLfile", crl, certificate, succeeds=succeeds,
        )  # fmt: skip

    return run
