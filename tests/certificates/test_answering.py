"""Answers about certificates: signed ahead of time, never behind the register, and changing nothing when they are asked for."""

import base64
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from flask import Flask
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from certportal.audit import AuditEntry
from certportal.ca import Reason, serial_hex
from certportal.ca.ocsp import issuer_hashes
from certportal.certificates import answering, authorities, service, signers
from certportal.certificates.models import Certificate, OcspAnswer
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.settings import Settings
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.conftest import FakeClock

GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
LATER, STRANGER = ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.UNAUTHORIZED


class Lease:
    """A job's lease that nobody contests."""

    def renew(self) -> None:
        """Nobody else works here."""

    def tell(self, _text: str) -> None:
        """Nobody watches."""


def sign() -> str:
    return answering.sign_answers(Lease())  # type: ignore[arg-type]


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(OcspAnswer)) or 0


def rows() -> list[str]:
    """The serial numbers of the service's own certificates in the record."""
    made = select(AuditEntry.details).where(AuditEntry.verb == "service_certificate_issued")
    return [details["serial"] for details in db.session.scalars(made)]


def question(certificate: Certificate, hashed: hashes.HashAlgorithm | None = None, nonce: bytes | None = None) -> bytes:
    issuer = authorities.authority(certificate.environment, certificate.issuer).certificate
    leaf = x509.load_der_x509_certificate(certificate.der or b"")
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashed or hashes.SHA1())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def about_serial(serial: int) -> bytes:
    hashed = issuer_hashes(authorities.authority(Environment.PRODUCTION), "sha1")
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*hashed, serial, hashes.SHA1())
    return builder.build().public_bytes(Encoding.DER)


def get(visitor: BrowsingClient, sent: bytes) -> TestResponse:
    return visitor.http.get(f"/ocsp/{quote(base64.b64encode(sent).decode(), safe='')}")


def ask(visitor: BrowsingClient, sent: bytes) -> ocsp.OCSPResponse:
    answer = visitor.http.post("/ocsp", data=sent, content_type="application/ocsp-request")
    assert (answer.status_code, answer.mimetype) == (200, "application/ocsp-response")
    assert "Set-Cookie" not in answer.headers
    return ocsp.load_der_ocsp_response(answer.data)


@pytest.mark.parametrize("hashed", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
def test_what_is_asked_often_is_signed_ahead_and_served_as_it_is(
    kit: Kit, visitor: BrowsingClient, hashed: hashes.HashAlgorithm, clock: FakeClock
) -> None:
    issued = kit.certificate()
    assert sign() == "1 signed"
    assert sign() == "0 signed"
    asked = question(issued, hashed)
    stored = set(db.session.scalars(select(OcspAnswer.der)))
    answer = get(visitor, asked)
    assert answer.data in stored
    read = ocsp.load_der_ocsp_response(answer.data)
    assert (read.certificate_status, read.next_update_utc) == (GOOD, clock.at + timedelta(days=7))
    assert answer.headers["Cache-Control"] == "max-age=30, public, no-transform, must-revalidate"
    assert answer.headers["ETag"]
    assert visitor.http.post("/ocsp", data=asked).data == answer.data


def test_a_revocation_is_told_by_the_very_next_answer_everywhere(kit: Kit, visitor: BrowsingClient) -> None:
    issued, other = kit.certificate(), kit.certificate()
    sign()
    service.revoke(issued.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    for _ in range(2):  # before the job has signed anew, and after
        read = ask(visitor, question(issued))
        assert (read.certificate_status, read.revocation_reason) == (REVOKED, x509.ReasonFlags.key_compromise)
        assert get(visitor, question(issued, hashes.SHA256())).data
        assert ask(visitor, question(other)).certificate_status is GOOD
        sign()
    assert count() == 4


def test_a_nonce_is_echoed_and_such_an_answer_is_kept_by_nobody(kit: Kit, visitor: BrowsingClient) -> None:
    issued = kit.certificate()
    sign()
    nonce = bytes(range(32))
    read = ask(visitor, question(issued, nonce=nonce))
    assert read.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
    assert get(visitor, question(issued, nonce=nonce)).headers["Cache-Control"] == "no-store"


def test_a_serial_that_was_never_issued_is_unknown_and_another_issuers_is_not_ours(
    kit: Kit, visitor: BrowsingClient
) -> None:
    issued = kit.certificate()
    sign()
    assert ask(visitor, about_serial(2**100 + 1)).certificate_status is UNKNOWN
    leaf = x509.load_der_x509_certificate(issued.der or b"")
    root = authorities.authority(Environment.PRODUCTION, "root").certificate
    foreign = ocsp.OCSPRequestBuilder().add_certificate(leaf, root, hashes.SHA1()).build().public_bytes(Encoding.DER)
    assert ask(visitor, foreign).response_status is STRANGER


@pytest.mark.parametrize("sent", [b"", b"\x30\x00", b"nonsense", b"\x30" * 10_000])
def test_what_is_no_question_gets_an_answer_that_says_so(sent: bytes, kit: Kit, visitor: BrowsingClient) -> None:
    assert ask(visitor, sent).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert visitor.http.get("/ocsp/%%%").status_code in (200, 400)


def test_asking_changes_nothing(kit: Kit, visitor: BrowsingClient, app: Flask) -> None:
    issued = kit.certificate()
    db.session.rollback()
    path = Path(db.engine.url.database or "")
    before = db.session.execute(select(func.count()).select_from(OcspAnswer)).scalar(), path.stat().st_size
    assert ocsp.load_der_ocsp_response(get(visitor, question(issued)).data).certificate_status is GOOD
    db.session.rollback()
    assert (count(), path.stat().st_size) == before


def test_while_the_key_is_away_what_is_signed_is_served_until_it_lapses(
    kit: Kit, visitor: BrowsingClient, app: Flask, clock: FakeClock
) -> None:
    issued = kit.certificate()
    sign()
    for path in (app.extensions["certportal.settings"].ca_dir / "production" / "own").glob("ocsp-*.key"):
        path.unlink()
    app.extensions.pop("certportal.signers")
    clock.move(days=6)
    assert ask(visitor, question(issued)).certificate_status is GOOD
    assert ask(visitor, question(issued, nonce=b"1")).response_status is LATER
    clock.move(days=2)
    assert ask(visitor, question(issued)).response_status is LATER


def test_answers_are_signed_anew_daily_and_forgotten_with_their_certificate(kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    sign()
    clock.move(hours=23)
    assert sign() == "0 signed"
    clock.move(hours=1)
    assert sign() == "1 signed"
    assert count() == 2
    clock.move(days=731)
    sign()
    assert count() == 0


def test_what_was_revoked_while_it_was_signed_is_not_stored(kit: Kit) -> None:
    issued = kit.certificate()
    responder = signers.keep_responder(Environment.PRODUCTION, "issuing")
    batch = list(answering._due(Environment.PRODUCTION, "issuing", responder.certificate.not_valid_after_utc))
    assert [row[0] for row in batch] == [issued.id]
    rows = [row for each in batch for row in answering._answers(responder, each, issued.prepared_at)]
    service.revoke(issued.id, Reason.KEY_LOST, builders.acting(kit.house.person))
    answering._store(batch, rows)
    assert count() == 0
    assert sign() == "1 signed"


def test_an_authority_whose_key_is_away_holds_up_no_other(kit: Kit, app: Flask) -> None:
    kit.certificate()
    folder = app.extensions["certportal.settings"].ca_dir / "production"
    for path in (folder / "services.key", *folder.glob("own/replies-*")):
        path.unlink()
    with pytest.raises(Exception, match="ca_missing"):
        sign()
    assert count() == 2


def test_while_nothing_has_ended_the_job_writes_nothing(kit: Kit) -> None:
    kit.certificate()
    sign()
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        written.append(statement.split()[0])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert sign() == "0 signed"
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert "DELETE" not in written


def test_answers_that_end_with_their_responder_are_signed_anew_as_soon_as_it_is_followed(
    kit: Kit, app: Flask, clock: FakeClock
) -> None:
    kit.certificate()
    key = app.extensions["certportal.settings"].ca_dir / "production" / "issuing.key"
    aside = key.rename(key.with_suffix(".away"))
    app.extensions.pop("certportal.authorities")
    clock.move(days=29, hours=12)
    assert [sign(), sign()] == ["1 signed", "0 signed"]
    assert answering.answers_until() == signers.ends(Environment.PRODUCTION, "ocsp-issuing")
    aside.rename(key)
    assert [sign(), sign()] == ["1 signed", "0 signed"]
    assert answering.answers_until() == clock.at + timedelta(days=7)


class TestSigners:
    def test_a_responder_is_followed_before_it_ends_by_whichever_process_sees_it_first(
        self, kit: Kit, app: Flask, clock: FakeClock
    ) -> None:
        first = signers.keep_responder(Environment.PRODUCTION, "issuing")
        clock.move(days=14)
        assert signers.keep_responder(Environment.PRODUCTION, "issuing").certificate == first.certificate
        clock.move(days=2)
        second = signers.keep_responder(Environment.PRODUCTION, "issuing")
        assert second.certificate.not_valid_after_utc > first.certificate.not_valid_after_utc
        app.extensions.pop("certportal.signers")
        found = signers.responder(Environment.PRODUCTION, "issuing")
        assert found is not None
        assert found.certificate == second.certificate

    def test_the_signer_of_replies_is_followed_too_and_stands_below_the_services_authority(
        self, kit: Kit, clock: FakeClock
    ) -> None:
        first = signers.reply_signer(Environment.TEST)
        issuer = first.certificate.issuer.rfc4514_string()
        assert issuer == "CN=Certportal Services Issuing CA (test)"
        constraints = first.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        assert constraints.ca is False
        clock.move(days=360)
        assert signers.reply_signer(Environment.TEST).certificate != first.certificate

    @pytest.mark.parametrize(
        "name",
        ["x" * 60, "ä" * 40, "Certificate  service", "Valtion varmenne- ja tietoliikennepalvelukeskus", "\u202e"],
    )
    def test_whatever_the_service_is_called_each_is_made_and_has_a_name_of_its_own(
        self, kit: Kit, app: Flask, name: str
    ) -> None:
        before: Settings = app.extensions["certportal.settings"]
        app.extensions["certportal.settings"] = replace(before, service_name=name)
        named: set[str] = set()
        for environment in Environment:
            shutil.rmtree(before.ca_dir / environment.value.lower() / "own")
            for made in (
                signers.reply_signer(environment).certificate,
                signers.keep_responder(environment, authorities.ISSUING).certificate,
            ):
                named.add(made.subject.rfc4514_string())
        assert len(named) == 4

    def test_what_is_refused_fills_neither_the_record_nor_the_folder_with_keys(self, kit: Kit, app: Flask) -> None:
        before: Settings = app.extensions["certportal.settings"]
        own = before.ca_dir / "production" / "own"
        shutil.rmtree(own)
        app.extensions["certportal.settings"] = replace(before, ca_organisation="x" * 65)
        left: set[bytes] = set()
        for _ in range(3):
            with pytest.raises(Exception, match="subject_refused"):
                signers.reply_signer(Environment.PRODUCTION)
            left |= {path.read_bytes() for path in own.iterdir()}
        assert len(left) == 1
        assert rows() == []
        app.extensions["certportal.settings"] = before
        made = signers.reply_signer(Environment.PRODUCTION)
        assert rows() == [serial_hex(made.certificate.serial_number)]
        assert {path.read_bytes() for path in own.glob("*.key")} == left

    def test_a_key_that_was_left_is_of_no_use_where_another_kind_is_wanted(self, kit: Kit, app: Flask) -> None:
        before: Settings = app.extensions["certportal.settings"]
        shutil.rmtree(before.ca_dir / "production" / "own")
        app.extensions["certportal.settings"] = replace(before, ca_organisation="x" * 65)
        with pytest.raises(Exception, match="subject_refused"):
            signers.reply_signer(Environment.PRODUCTION)
        app.extensions["certportal.settings"] = replace(before, reply_key="EC-P256")
        made = signers.reply_signer(Environment.PRODUCTION)
        assert isinstance(made.certificate.public_key(), ec.EllipticCurvePublicKey)

    def test_one_whose_certificate_cannot_be_kept_is_tried_again_by_its_row(self, kit: Kit, app: Flask) -> None:
        own = app.extensions["certportal.settings"].ca_dir / "production" / "own"
        shutil.rmtree(own)
        in_the_way = own / ".replies-1.pem.draft"
        in_the_way.mkdir(parents=True)
        for _ in range(2):
            with pytest.raises(OSError, match="draft"):
                signers.reply_signer(Environment.PRODUCTION)
        in_the_way.rmdir()
        made = signers.reply_signer(Environment.PRODUCTION)
        assert rows() == [serial_hex(made.certificate.serial_number)]

    def test_one_that_cannot_be_followed_goes_on_until_its_end(
        self, kit: Kit, app: Flask, clock: FakeClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = signers.reply_signer(Environment.PRODUCTION)
        (app.extensions["certportal.settings"].ca_dir / "production" / "services.key").unlink()
        clock.move(days=350)
        assert signers.reply_signer(Environment.PRODUCTION).certificate == first.certificate
        assert "could not be followed" in caplog.text
        clock.move(days=30)
        with pytest.raises(Exception, match="ca_missing"):
            signers.reply_signer(Environment.PRODUCTION)
