"""A key that is lost or may have been disclosed: whatever else it is in, or has signed for, is found and told."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from certportal.audit import AuditEntry
from certportal.ca import pairs
from certportal.certificates import answering, service, signers
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Environment, Language
from certportal.refusals import Conflict, Refusal
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import PROGRAM, Kit, certificates, key_and_request, renewable, request, row_of
from tests.certificates.test_answering import ask, question, sign
from tests.certificates.test_by_key import proof_of, sent, shown
from tests.certificates.test_contact_revoking import opened
from tests.certificates.test_enrolment import Breakdown
from tests.certificates.test_letters import CONTACT, SIGNATORY, mails_to
from tests.certificates.test_revocation import listed, publish, serials
from tests.conftest import FakeClock
from tests.console.steps import at_desk
from tests.far_ends import SmtpFarEnd
from tests.far_ends.smtp import ReceivedMail
from tests.messages.steps import Phone, token_in
from tests.orders.steps import browsing

Reason = service.Reason
Key = ec.EllipticCurvePrivateKey
SAME_KEY = "The same key is in another certificate"


def with_key(kit: Kit, key: Key, **changes: Any) -> Certificate:
    return kit.certificate(sent=key_and_request(key)[1], **changes)


@pytest.fixture
def key() -> Key:
    return key_and_request()[0]


@pytest.fixture
def three(kit: Kit, key: Key) -> tuple[Certificate, Certificate, Certificate]:
    """A certificate, one of the same key for tests, and one of another key."""
    trial = with_key(kit, key, environment=Environment.TEST, description="The trial")
    return with_key(kit, key), trial, kit.certificate()


def states() -> list[CertificateState]:
    return [each.state for each in sorted(certificates(), key=lambda each: each.id)]


def entries(verb: str) -> list[AuditEntry]:
    return list(db.session.scalars(db.select(AuditEntry).where(AuditEntry.verb == verb).order_by(AuditEntry.id)))


@pytest.mark.parametrize("reason", [Reason.KEY_LOST, Reason.KEY_SUSPECTED])
def test_every_certificate_in_force_with_the_key_is_revoked_with_it(
    kit: Kit, three: tuple[Certificate, Certificate, Certificate], reason: Reason
) -> None:
    """RFC 5280, 5.3.1: keyCompromise is of the key, whatever certificate it is in."""
    real, trial, other = three
    ended = with_key(kit, key_and_request()[0])
    service.revoke(ended.id, Reason.UNNECESSARY, kit.house.actor)
    service.revoke(real.id, reason, kit.house.actor, "Stolen laptop")
    assert {each.id for each in certificates() if each.revocation_reason == reason.value} == {real.id, trial.id}
    assert db.session.get_one(Certificate, other.id).state is CertificateState.ISSUED
    assert serials(listed(Environment.TEST)) == {int(trial.serial, 16)}
    [entry] = entries("certificate_revoked_same_key")
    assert entry.subject == f"certificate:{trial.id}"
    assert entry.details == {
        "serial": trial.serial, "reason": reason.value, "note": "Stolen laptop", "other": real.serial,
    }  # fmt: skip


@pytest.mark.parametrize("reason", [each for each in Reason if not each.distrusts_key])
def test_for_another_reason_the_key_goes_on_in_the_others(
    three: tuple[Certificate, Certificate, Certificate], reason: Reason
) -> None:
    service.revoke(three[0].id, reason, builders.OPERATOR)
    assert sum(each.state is CertificateState.ISSUED for each in certificates()) == 2


def test_what_waits_for_its_signature_with_the_key_is_given_up(
    kit: Kit, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = with_key(kit, key)
    Breakdown(monkeypatch)
    waiting = with_key(kit, key)
    assert waiting.state is CertificateState.PREPARED
    service.revoke(issued.id, Reason.KEY_LOST, kit.house.actor)
    assert states() == [CertificateState.REVOKED, CertificateState.GIVEN_UP]


def test_everyone_concerned_is_told_once_which_certificates_they_are(
    kit: Kit,
    three: tuple[Certificate, Certificate, Certificate],
    key: Key,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
) -> None:
    real, trial, other = three
    theirs = with_key(kit, key, description="The payroll's")
    new = builders.contact(kit.house.organisation, "Nina Ny", "nina@ohjelmisto.example", language=Language.EN)
    with transaction() as session:
        session.get_one(Certificate, theirs.id).name_contact(new.id)
    service.revoke(real.id, Reason.KEY_LOST, kit.house.actor)
    [to_contact] = revoked_mails(CONTACT, deliver, smtp)
    [to_signatory] = revoked_mails(SIGNATORY, deliver, smtp)
    [to_other] = revoked_mails("nina@ohjelmisto.example", deliver, smtp)
    assert to_contact.subject == "The certificate was revoked: Mallilön 6"
    for mail in (to_contact, to_signatory, to_other):
        for each in (real, trial, theirs):
            assert pairs(each.serial) in flat(mail.text)
            assert pairs(each.serial) in flat(mail.html)
        assert pairs(other.serial) not in flat(mail.text)


def revoked_mails(address: str, deliver: Callable[[], int], smtp: SmtpFarEnd) -> list[ReceivedMail]:
    wanted = ("revoked", "spärr")
    return [mail for mail in mails_to(address, deliver, smtp) if any(word in mail.subject.lower() for word in wanted)]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_signatory_and_contact_see_beforehand_what_is_revoked_with_it(
    kit: Kit,
    key: Key,
    browser: BrowsingClient,
    visitor: BrowsingClient,
    phone: Phone,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
) -> None:
    real = with_key(kit, key)
    [issued_mail] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject]
    trial = with_key(kit, key, environment=Environment.TEST, description="The trial")
    to_see = ("The trial", pairs(trial.serial))
    by_signatory = browser.get(f"/certificates/{real.id}/revoke")
    by_contact = opened(visitor, token_in(issued_mail), phone).follow("Revoke the certificate")
    on_a_date = browser.get(f"/certificates/{real.id}/revoke-later")
    for page in (by_signatory, by_contact, on_a_date):
        assert SAME_KEY in page.text
        assert all(text in page.text for text in to_see)
    by_signatory.submit("Revoke the certificate", reason="key_lost")
    assert states() == [CertificateState.REVOKED] * 2


def test_whoever_has_the_key_sees_the_serial_numbers_and_is_answered_with_them(
    kit: Kit, key: Key, visitor: BrowsingClient
) -> None:
    real, trial = with_key(kit, key), with_key(kit, key, environment=Environment.TEST, description="The trial")
    page = shown(visitor, real.serial)
    assert SAME_KEY in page.text
    assert pairs(trial.serial) in page.text
    assert "The trial" not in page.text, "whoever types a serial number learns nothing of the organisation"
    assert sent(visitor, proof_of(real, key).der()) == (200, f"revoked {real.serial}\nrevoked {trial.serial}\n")
    assert states() == [CertificateState.REVOKED] * 2


def test_a_key_that_is_in_no_other_certificate_is_not_spoken_of(
    kit: Kit, browser: BrowsingClient, visitor: BrowsingClient
) -> None:
    issued = kit.certificate()
    for page in (browser.get(f"/certificates/{issued.id}/revoke"), shown(visitor, issued.serial)):
        assert SAME_KEY not in page.text


def test_the_operator_sees_it_too(kit: Kit, key: Key, app: Flask) -> None:
    real, trial = with_key(kit, key), with_key(kit, key, environment=Environment.TEST, description="The trial")
    page = at_desk(app, builders.operator()).get(f"/desk/orders/certificates/{real.id}/revoke")
    assert SAME_KEY in page.text
    assert pairs(trial.serial) in page.text
    page.submit("Revoke the certificate", reason="key_suspected")
    assert states() == [CertificateState.REVOKED] * 2


@pytest.fixture
def renewed(kit: Kit, key: Key, clock: FakeClock) -> tuple[Certificate, Certificate]:
    """A certificate, and one that a program renewed with its key alone."""
    old = renewable(kit, clock, sent=key_and_request(key)[1])
    return old, row_of(service.renew(old.id, request(), PROGRAM))


RENEWED = "Renewed with the key"


def test_what_was_renewed_with_the_key_is_revoked_too_unless_it_is_unticked(
    kit: Kit, app: Flask, renewed: tuple[Certificate, Certificate]
) -> None:
    old, new = renewed
    page = browsing(app, kit.house.person, kit.house.organisation).get(f"/certificates/{old.id}/revoke")
    assert RENEWED in page.text
    assert pairs(new.serial) in page.text
    page.submit("Revoke the certificate", reason="key_lost")
    assert states() == [CertificateState.REVOKED] * 2
    assert {each.revocation_reason for each in certificates()} == {"key_lost"}
    [entry] = entries("certificate_revoked_renewed_with_key")
    assert (entry.details["serial"], entry.details["other"]) == (new.serial, old.serial)


@pytest.mark.parametrize(("reason", "ticked"), [("key_lost", []), ("unnecessary", [2])])
def test_it_stays_where_it_is_unticked_or_the_reason_is_another(
    kit: Kit, app: Flask, renewed: tuple[Certificate, Certificate], reason: str, ticked: list[int]
) -> None:
    page = browsing(app, kit.house.person, kit.house.organisation).get(f"/certificates/{renewed[0].id}/revoke")
    page.submit("Revoke the certificate", reason=reason, renewed=ticked)
    assert states() == [CertificateState.REVOKED, CertificateState.ISSUED]


def test_only_what_was_renewed_with_the_key_can_be_ticked(
    kit: Kit, app: Flask, renewed: tuple[Certificate, Certificate]
) -> None:
    other = kit.certificate()
    page = browsing(app, kit.house.person, kit.house.organisation).get(f"/certificates/{renewed[0].id}/revoke")
    assert page.submit("Revoke the certificate", reason="key_lost", renewed=[other.id]).status == 422
    service.revoke(renewed[0].id, Reason.KEY_LOST, kit.house.actor, renewed=[other.id])
    assert db.session.get_one(Certificate, other.id).state is CertificateState.ISSUED


def test_what_needed_more_than_the_key_is_not_offered(kit: Kit, app: Flask, key: Key, clock: FakeClock) -> None:
    """Renewed by the contact behind the PIN code, or ordered by a signatory in its place."""
    old = renewable(kit, clock, sent=key_and_request(key)[1])
    service.renew(old.id, request(), Actor(ActorKind.CONTACT, 1, "Sami Salminen"))
    kit.certificate(replaces_certificate_id=old.id)
    page = browsing(app, kit.house.person, kit.house.organisation).get(f"/certificates/{old.id}/revoke")
    assert RENEWED not in page.text
    assert "nothing stops" in page.text


def test_the_operator_and_the_contact_are_offered_it_too(
    app: Flask,
    renewed: tuple[Certificate, Certificate],
    visitor: BrowsingClient,
    phone: Phone,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
) -> None:
    old, new = renewed
    [mail] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject]
    desk = at_desk(app, builders.operator()).get(f"/desk/orders/certificates/{old.id}/revoke")
    page = opened(visitor, token_in(mail), phone).follow("Revoke the certificate")
    for each in (desk, page):
        assert RENEWED in each.text
        assert pairs(new.serial) in each.text
    page.submit("Revoke the certificate", reason="key_suspected")
    assert states() == [CertificateState.REVOKED] * 2


def test_a_contact_revokes_no_renewal_that_another_contact_looks_after(
    kit: Kit,
    renewed: tuple[Certificate, Certificate],
    visitor: BrowsingClient,
    phone: Phone,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
) -> None:
    [mail] = [mail for mail in mails_to(CONTACT, deliver, smtp) if "ready" in mail.subject]
    new_contact = builders.contact(kit.house.organisation, "Nina Ny", "nina@ohjelmisto.example", language=Language.EN)
    with transaction() as session:
        session.get_one(Certificate, renewed[1].id).name_contact(new_contact.id)
    page = opened(visitor, token_in(mail), phone).follow("Revoke the certificate")
    assert RENEWED not in page.text


def test_with_the_key_alone_it_is_named_in_the_mails_with_the_way_to_revoke_it(
    kit: Kit,
    key: Key,
    renewed: tuple[Certificate, Certificate],
    visitor: BrowsingClient,
    phone: Phone,
    deliver: Callable[[], int],
    smtp: SmtpFarEnd,
) -> None:
    old, new = renewed
    deliver()
    assert sent(visitor, proof_of(old, key).der()) == (200, f"revoked {old.serial}\n")
    [to_contact] = revoked_mails(CONTACT, deliver, smtp)
    [to_signatory] = revoked_mails(SIGNATORY, deliver, smtp)
    for mail in (to_contact, to_signatory):
        assert pairs(new.serial) in flat(mail.text)
        assert pairs(new.serial) in flat(mail.html)
    assert f"http://localhost/certificates/{new.id}/revoke" in to_signatory.text
    assert f"http://localhost/certificates/{new.id}/revoke" in to_signatory.html
    page = opened(visitor, token_in(to_contact), phone).follow("Revoke the certificate")
    page.submit("Revoke the certificate", reason="key_lost")
    assert states() == [CertificateState.REVOKED] * 2


def raised(kit: Kit, certificate: Certificate, reason: Reason = Reason.KEY_LOST) -> None:
    service.revoke(certificate.id, reason, kit.house.actor, "It was stolen after all")


@pytest.fixture
def given_up(kit: Kit, key: Key, clock: FakeClock) -> Certificate:
    """Revoked an hour ago, because it was no longer needed."""
    issued = with_key(kit, key)
    service.revoke(issued.id, Reason.UNNECESSARY, kit.house.actor)
    clock.move(hours=1)
    db.session.rollback()
    return db.session.get_one(Certificate, issued.id)


def test_a_key_that_is_found_stolen_later_changes_the_reason_and_nothing_else(
    kit: Kit, key: Key, given_up: Certificate, clock: FakeClock
) -> None:
    at = given_up.revoked_at
    raised(kit, given_up)
    [row] = certificates()
    assert (row.revoked_at, row.revocation_reason, row.reason_raised_at) == (at, "key_lost", clock.at)
    [entry] = listed()
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.key_compromise
    assert entry.revocation_date_utc == at
    with pytest.raises(Refusal, match="key_distrusted"):
        with_key(kit, key)
    [said] = entries("certificate_revoked_reason_raised")
    assert said.details == {
        "serial": row.serial, "reason": "key_lost", "note": "It was stolen after all", "before": "unnecessary",
    }  # fmt: skip


def test_answers_say_the_new_reason_at_once_and_when_signed_ahead(
    kit: Kit, given_up: Certificate, visitor: BrowsingClient
) -> None:
    sign()
    assert ask(visitor, question(given_up)).revocation_reason is x509.ReasonFlags.cessation_of_operation
    responder = signers.keep_responder(Environment.PRODUCTION, "issuing")
    batch = list(answering._due(Environment.PRODUCTION, "issuing", responder.certificate.not_valid_after_utc))
    assert batch == []
    raised(kit, given_up)
    for _ in range(2):
        answer = ask(visitor, question(given_up))
        assert answer.revocation_reason is x509.ReasonFlags.key_compromise
        assert answer.revocation_time_utc == given_up.revoked_at
        sign()


def test_an_answer_with_the_old_reason_that_was_being_signed_is_not_stored(kit: Kit, given_up: Certificate) -> None:
    responder = signers.keep_responder(Environment.PRODUCTION, "issuing")
    batch = list(answering._due(Environment.PRODUCTION, "issuing", responder.certificate.not_valid_after_utc))
    rows = [row for each in batch for row in answering._answers(responder, each, given_up.prepared_at)]
    raised(kit, given_up)
    answering._store(batch, rows)
    assert sign() == "1 signed"


def test_while_the_list_cannot_be_signed_it_is_known_that_it_has_the_old_reason(
    kit: Kit, given_up: Certificate, app: Flask, clock: FakeClock
) -> None:
    key_file = app.extensions["certportal.settings"].ca_dir / "production" / "issuing.key"
    kept = key_file.read_bytes()
    key_file.unlink()
    app.extensions.pop("certportal.authorities")
    raised(kit, given_up)
    newest = service.published_crl(Environment.PRODUCTION)
    assert newest is not None
    assert service.unlisted_since(newest) == clock.at
    assert not service.is_listed(certificates()[0])
    key_file.write_bytes(kept)
    assert publish()
    assert service.is_listed(certificates()[0])


@pytest.mark.parametrize(("first", "then"), [
    (Reason.KEY_LOST, Reason.UNNECESSARY), (Reason.KEY_SUSPECTED, Reason.KEY_LOST), (Reason.KEY_LOST, Reason.KEY_SUSPECTED),
    (Reason.UNNECESSARY, Reason.ORGANISATION_ENDED), (Reason.UNNECESSARY, Reason.UNNECESSARY),
])  # fmt: skip
def test_no_other_change_of_a_reason_is_made(kit: Kit, first: Reason, then: Reason) -> None:
    issued = kit.certificate()
    service.revoke(issued.id, first, kit.house.actor)
    with pytest.raises(Conflict, match="certificate_revoked"):
        service.revoke(issued.id, then, kit.house.actor)
    assert certificates()[0].revocation_reason == first.value


def test_what_is_still_in_force_with_the_key_is_revoked_then(kit: Kit, key: Key) -> None:
    first, second = with_key(kit, key), with_key(kit, key)
    service.revoke(first.id, Reason.UNNECESSARY, kit.house.actor)
    raised(kit, first, Reason.KEY_SUSPECTED)
    assert {each.revocation_reason for each in certificates()} == {"key_suspected"}
    assert serials(listed()) == {int(each.serial, 16) for each in (first, second)}


def test_contact_and_signatories_are_told_of_the_new_reason(
    kit: Kit, given_up: Certificate, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    deliver()
    earlier = len(revoked_mails(CONTACT, deliver, smtp))
    raised(kit, given_up)
    mails = revoked_mails(CONTACT, deliver, smtp)
    assert len(mails) == earlier + 1
    assert mails[-1].subject == "Revoked for another reason now: Mallilön 6"
    assert "The certificate is no longer needed" in flat(mails[-1].text)
    assert "The private key is lost or has been disclosed" in flat(mails[-1].text)
    assert "the old one is not accepted again" in flat(mails[-1].text)


def test_signatory_and_operator_change_the_reason_on_the_certificates_page(
    kit: Kit, app: Flask, given_up: Certificate
) -> None:
    mine = browsing(app, kit.house.person, kit.house.organisation)
    form = mine.get(f"/certificates/{given_up.id}").follow("Was the key lost or disclosed?")
    assert "revoked for another reason on 1 December 2026" in form.text
    assert [each["value"] for each in form.soup.select('[name="reason"]')] == ["key_lost", "key_suspected"]
    shown_then = form.submit("Change the reason", reason="key_suspected")
    assert "The private key may have been disclosed" in shown_then.text
    assert "Was the key lost or disclosed?" not in shown_then.text
    assert certificates()[0].revocation_reason == "key_suspected"
    other = kit.certificate()
    service.revoke(other.id, Reason.MISUSE, builders.OPERATOR)
    desk = at_desk(app, builders.operator()).get(f"/desk/orders/certificates/{other.id}")
    desk.follow("Was the key lost or disclosed?").submit("Change the reason", reason="key_lost")
    assert certificates()[1].revocation_reason == "key_lost"


def test_whoever_has_the_key_changes_the_reason_too(
    kit: Kit, key: Key, given_up: Certificate, visitor: BrowsingClient
) -> None:
    page = shown(visitor, given_up.serial)
    assert "Was the key lost or disclosed?" in page.text
    proof = proof_of(given_up, key).der()
    assert sent(visitor, proof, "?reason=unnecessary")[0] == 409
    done = page.submit("Change the reason", proof_file=(io.BytesIO(proof), "revoke.cms"), reason="key_lost")
    assert certificates()[0].revocation_reason == "key_lost"
    assert "Was the key lost or disclosed?" not in done.text
    assert sent(visitor, proof)[0] == 409
