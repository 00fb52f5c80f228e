"""A key that is lost or may have been disclosed: whatever else it is in, or has signed for, is found and told."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from certportal.audit import AuditEntry
from certportal.ca import pairs
from certportal.certificates import service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind, Environment, Language
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import PROGRAM, Kit, certificates, key_and_request, renewable, request, row_of
from tests.certificates.test_by_key import proof_of, sent, shown
from tests.certificates.test_contact_revoking import opened
from tests.certificates.test_enrolment import Breakdown
from tests.certificates.test_letters import CONTACT, SIGNATORY, mails_to
from tests.certificates.test_revocation import listed, serials
from tests.conftest import FakeClock
from tests.console.steps import at_desk
from tests.far_ends import SmtpFarEnd
from tests.far_ends.smtp import ReceivedMail
from tests.messages.steps import Phone, token_in
from tests.orders.steps import browsing

Reason = service.Reason
Key = ec.EllipticCurvePrivateKey
SAME_KEY = "The same key is in another certificate"


def with_key(kit: Kit, key: Key, **changes: object) -> Certificate:
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
