"""Revocation by proof of possession: for programs over one address, for people with a form; the key alone decides."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from certportal import ca
from certportal.audit import AuditEntry
from certportal.certificates import reasons, rules, service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db
from certportal.identifiers import ActorKind, Environment
from certportal.refusals import Refusal
from tests import builders
from tests.browsing import BrowsingClient
from tests.ca.proving import Proof
from tests.certificates.steps import Kit, certificates, key_and_request
from tests.certificates.test_letters import CONTACT, SIGNATORY, mails_to
from tests.certificates.test_revocation import listed, serials
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd


@pytest.fixture
def held(kit: Kit) -> tuple[Certificate, Proof]:
    """A certificate, and a right proof by its key."""
    return holding(kit)


def holding(kit: Kit, **changes: Any) -> tuple[Certificate, Proof]:
    key, request = key_and_request()
    issued = kit.certificate(sent=request, **changes)
    return issued, proof_of(issued, key)


def proof_of(issued: Certificate, key: ec.EllipticCurvePrivateKey) -> Proof:
    return Proof(key, x509.load_der_x509_certificate(issued.der or b""), service.proof_text(issued).encode())


def sent(visitor: BrowsingClient, body: bytes, query: str = "") -> tuple[int, str]:
    answer = visitor.http.post(f"/revocations{query}", data=body, content_type="application/cms")
    assert answer.mimetype == "text/plain"
    assert "Set-Cookie" not in answer.headers
    return answer.status_code, answer.get_data(as_text=True)


def test_the_text_names_the_serial_number_and_the_issuer_as_the_certificate_has_it(
    held: tuple[Certificate, Proof], visitor: BrowsingClient
) -> None:
    issued, proof = held
    text = f"revoke {issued.serial} issued by {ca.describe(issued.der or b'').issuer}"
    assert proof.content.decode() == text
    answer = visitor.http.get(f"/revocations/{issued.serial}.txt")
    assert (answer.mimetype, answer.get_data(as_text=True)) == ("text/plain", text)
    for unknown in ("ab" * 20, "production", "0"):
        assert visitor.http.get(f"/revocations/{unknown}.txt").status_code == 404


def test_a_proof_revokes_at_once_and_everyone_is_told_that_the_key_did_it(
    held: tuple[Certificate, Proof], visitor: BrowsingClient, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    issued, proof = held
    assert sent(visitor, proof.der()) == (200, f"revoked {issued.serial}\n")
    [revoked] = certificates()
    assert (revoked.state, revoked.revocation_reason) == (CertificateState.REVOKED, "key_lost")
    assert serials(listed()) == {int(issued.serial, 16)}
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.verb == "certificate_revoked")).one()
    assert (entry.actor_kind, entry.actor_name) == (ActorKind.PROGRAM, "")
    [to_contact] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "revoked" in mail.subject]
    assert "Whoever has the certificate’s private key, and proved it" in to_contact.text
    assert "privata nyckel" in next(m for m in mails_to(SIGNATORY, deliver, smtp) if "spärr" in m.subject.lower()).text


def test_another_reason_of_the_holders_may_be_given(kit: Kit, visitor: BrowsingClient) -> None:
    for number, reason in enumerate(reasons.HOLDERS):
        _, proof = holding(kit)
        assert sent(visitor, proof.der(), f"?reason={reason.value}")[0] == 200
        assert certificates()[number].revocation_reason == reason.value


@pytest.mark.parametrize("reason", ["misuse", "agreement_ended", "unspecified", "nonsense", "", "KEY_LOST"])
def test_a_reason_that_is_not_the_holders_is_refused(
    held: tuple[Certificate, Proof], visitor: BrowsingClient, reason: str
) -> None:
    status, words = sent(visitor, held[1].der(), f"?reason={reason}")
    assert (status, words.partition(":")[0]) == (422, "revocation_reason_unknown")
    assert certificates()[0].state is CertificateState.ISSUED


def test_detached_without_a_serial_number_of_its_own_the_typed_one_counts(
    held: tuple[Certificate, Proof], visitor: BrowsingClient
) -> None:
    issued, proof = held
    extension = proof.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    detached = replace(proof, attached=False, by_key_identifier=extension.value.digest)
    status, words = sent(visitor, detached.der())
    assert (status, words.partition(":")[0]) == (404, "proof_certificate_unknown")
    grouped = "%20".join(re.findall("..", issued.serial.upper()))
    assert sent(visitor, detached.der(), f"?serial={grouped}")[0] == 200


def test_a_proof_of_one_certificate_never_revokes_another(kit: Kit, visitor: BrowsingClient) -> None:
    """Another certificate's serial number: in the text, as the signer's, or as the one typed."""
    mine, proof = holding(kit)
    other, _ = holding(kit)
    theirs = x509.load_der_x509_certificate(other.der or b"")
    text = service.proof_text(other).encode()
    for bent, code in (
        (replace(proof, content=text), "proof_text"),
        (replace(proof, content=text, attached=False), "proof_text"),
        (replace(proof, content=text, claims_serial=theirs.serial_number), "proof_wrong"),
        (replace(proof, content=text, claims_serial=theirs.serial_number, certificates=[proof.certificate]), "proof_wrong"),
        (replace(proof, claims_serial=theirs.serial_number), "proof_text"),
        (replace(proof, claims_serial=12345), "proof_certificate_unknown"),
        (replace(proof, content=text, by_key_identifier=bytes(20)), "proof_other_certificate"),
    ):  # fmt: skip
        status, words = sent(visitor, bent.der(), f"?serial={other.serial}")
        assert status in (404, 422)
        assert words.partition(":")[0] == code
    assert {each.state for each in certificates()} == {CertificateState.ISSUED}
    assert mine.serial != other.serial


def test_the_other_environments_certificate_has_another_text(kit: Kit, visitor: BrowsingClient) -> None:
    trial, proof = holding(kit, environment=Environment.TEST)
    real = service.authority(Environment.PRODUCTION).name
    assert real not in proof.content.decode()
    wrong = rules.revocation_text(trial.serial, real)
    status, words = sent(visitor, replace(proof, content=wrong.encode()).der())
    assert status == 422
    assert words == f"proof_text: Another text was signed. It must be exactly this: {service.proof_text(trial)}\n"
    assert sent(visitor, proof.der())[0] == 200


def test_what_has_ended_or_is_revoked_is_said_so(
    kit: Kit, held: tuple[Certificate, Proof], visitor: BrowsingClient, clock: FakeClock
) -> None:
    _, proof = held
    _, later = holding(kit)
    assert sent(visitor, proof.der())[0] == 200
    status, words = sent(visitor, proof.der())
    assert (status, words.partition(":")[0]) == (409, "certificate_revoked")
    clock.move(days=732)
    status, words = sent(visitor, later.der())
    assert (status, words.partition(":")[0]) == (409, "certificate_expired")


def test_a_certificate_of_somebody_elses_is_not_known(kit: Kit, visitor: BrowsingClient) -> None:
    issued, proof = holding(kit)
    key = ec.generate_private_key(ec.SECP256R1())
    foreign = replace(proof, key=key, claims_serial=int("7f" * 20, 16))
    status, words = sent(visitor, foreign.der())
    assert (status, words.partition(":")[0]) == (404, "proof_certificate_unknown")
    assert certificates()[0].id == issued.id


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "proof_empty"),
        (b"hello", "proof_unreadable"),
        (b"\x30\x03\x02\x01\x05", "proof_unreadable"),
        (b"A" * (64 * 1024 + 1), "proof_too_large"),
        (b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n", "proof_private_key"),
    ],
)
def test_what_is_no_proof_is_refused_with_code_and_remedy(
    kit: Kit, visitor: BrowsingClient, body: bytes, code: str
) -> None:
    status, words = sent(visitor, body)
    assert status == 422
    assert words.startswith(f"{code}: ")
    assert len(words) > 40


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(kit: Kit, visitor: BrowsingClient) -> None:
    status, words = sent(visitor, b"0" * 10_000_000)
    assert status == 422
    assert words.startswith("proof_too_large: The file is too large for a signed text: at most 64 kB.")


def test_the_refusals_of_programs_are_in_english_whatever_the_browser_says(kit: Kit, app: Flask) -> None:
    answer = app.test_client().post("/revocations", data=b"", headers={"Accept-Language": "fi"})
    assert "Nothing was sent." in answer.get_data(as_text=True)


def shown(visitor: BrowsingClient, serial: str) -> Any:
    return visitor.get("/revocations").submit("Show the commands", serial=serial)


def test_the_page_gives_the_commands_filled_in(held: tuple[Certificate, Proof], visitor: BrowsingClient) -> None:
    issued, proof = held
    page = shown(visitor, issued.serial.upper())
    assert page.status == 200
    commands = {
        each["id"]: each.get_text() for each in page.soup.select("[id^=sign-], [id^=send-], #text") if each.get("id")
    }
    assert commands["text"].strip() == proof.content.decode()
    assert proof.content.decode() in commands["sign-posix"]
    assert f"http://localhost/revocations/{issued.serial}.txt" in commands["sign-windows"]
    for kind in ("posix", "windows"):
        assert "openssl cms -sign -binary -nodetach" in commands[f"sign-{kind}"]
        assert '"http://localhost/revocations"' in commands[f"send-{kind}"]


def test_the_form_takes_a_file(held: tuple[Certificate, Proof], visitor: BrowsingClient) -> None:
    issued, proof = held
    page = shown(visitor, issued.serial)
    done = page.submit(
        "Revoke the certificate", proof_file=(io.BytesIO(proof.der()), "revoke.cms"), reason="unnecessary"
    )
    assert "The certificate is revoked." in done.text
    assert "Revoked on" in done.text
    assert certificates()[0].revocation_reason == "unnecessary"


def test_the_form_takes_a_paste(held: tuple[Certificate, Proof], visitor: BrowsingClient) -> None:
    issued, proof = held
    pem = f"-----BEGIN CMS-----\n{base64.encodebytes(proof.der()).decode()}-----END CMS-----\n"
    done = shown(visitor, issued.serial).submit("Revoke the certificate", proof_text=pem, reason="key_suspected")
    assert "Revoked on" in done.text
    assert certificates()[0].revocation_reason == "key_suspected"


def test_what_the_form_refuses_is_said_at_its_field_and_revokes_nothing(
    held: tuple[Certificate, Proof], visitor: BrowsingClient
) -> None:
    issued, proof = held
    page = shown(visitor, issued.serial)
    nothing = page.submit("Revoke the certificate")
    assert (nothing.status, len(nothing.errors)) == (422, 2)
    secret = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n"
    leaked = page.submit("Revoke the certificate", proof_text=secret, reason="key_lost")
    assert leaked.status == 422
    assert "MC4CAQAwBQYDK2Vw" not in str(leaked.soup)
    wrong = replace(proof, key=ec.generate_private_key(ec.SECP256R1())).der()
    refused = page.submit("Revoke the certificate", proof_file=(io.BytesIO(wrong), "x.cms"), reason="key_lost")
    assert refused.status == 422
    assert refused.errors == [
        "The signature was not made with the private key of this certificate. Nothing has been revoked."
    ]
    assert certificates()[0].state is CertificateState.ISSUED


def test_the_form_is_protected_against_forgery_and_the_programs_address_takes_no_form(
    held: tuple[Certificate, Proof], visitor: BrowsingClient
) -> None:
    issued, proof = held
    fields = {"serial": issued.serial, "reason": "key_lost", "proof_text": base64.encodebytes(proof.der()).decode()}
    assert visitor.http.post("/revocations/signed", data=fields).status_code == 400
    assert visitor.http.post("/revocations", data=fields).status_code == 422
    assert certificates()[0].state is CertificateState.ISSUED


def test_the_page_says_what_became_of_a_certificate(kit: Kit, visitor: BrowsingClient, clock: FakeClock) -> None:
    revoked, ended = kit.certificate(), kit.certificate()
    service.revoke(revoked.id, service.Reason.UNNECESSARY, builders.acting(kit.house.person))
    assert "Revoked on 1 December 2026" in shown(visitor, revoked.serial).text
    assert "We have not issued such a certificate" in shown(visitor, "ab" * 20).text
    assert shown(visitor, "hello").status == 422
    clock.move(days=732)
    assert "Ended on 1 December 2028" in shown(visitor, ended.serial).text


def test_the_signatory_sees_on_the_certificates_page_that_the_key_did_it(
    held: tuple[Certificate, Proof], browser: BrowsingClient, visitor: BrowsingClient
) -> None:
    sent(visitor, held[1].der())
    assert "With the certificate’s private key" in browser.get("/certificates/1").text


@given(st.integers(1, (1 << 159) - 1), st.sampled_from([" ", ":", "", "-", "\u00a0"]), st.booleans())
def test_a_serial_number_is_read_in_any_grouping_and_in_decimal(serial: int, between: str, capitals: bool) -> None:
    digits = ca.serial_hex(serial)
    typed = between.join(re.findall("..", digits))
    assert rules.typed_serial(typed.upper() if capitals else typed) == digits
    assert rules.typed_serial(f"0x{serial:x}") == digits
    assert rules.typed_serial(f"serial={digits.upper()}") == digits
    if len(str(serial)) > rules.SERIAL_DIGITS:
        assert rules.typed_serial(str(serial)) == digits


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_serial_number_or_refused(typed: str) -> None:
    try:
        read = rules.typed_serial(typed)
    except Refusal as refusal:
        read = refusal.code
    assert re.fullmatch("([0-9a-f]{2}){1,20}|serial_missing|serial_form", read)
