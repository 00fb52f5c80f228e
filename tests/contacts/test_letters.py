"""The right mail to the right person (failures.md, F5): recipients are found when a letter is sent."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from certportal.certificates import service as certificates
from certportal.contacts import service
from certportal.extensions import db
from certportal.identifiers import EmailAddress, Language
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry.models import TechnicalContact
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.contacts.steps import ERIK, PHONE, SAMI, erik, now, pages_of, update, with_changes
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone
from tests.orders.steps import House
from tests.signin.steps import Mailbox

IN_ENGLISH = {"language": Language.EN}


def rows(kind: str) -> list[OutboxRow]:
    db.session.rollback()
    return list(db.session.query(OutboxRow).filter_by(kind=kind).order_by(OutboxRow.id))


class TestTheNewAddress:
    def test_learns_what_it_is_contact_for(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.certificate()
        kit.certificate(description="Mallilön 7")
        update(house, sami, erik(**IN_ENGLISH))
        [letter] = mailbox.to(ERIK)
        for words in (
            "Mallilön Ab (9900001-8) has named you",
            "Mallilön 6, Earnings payment data – Web Service, production",
            "Mallilön 7",
            "Last day: 1 December 2028",
            "The first reminder comes to this address 60 days before a certificate ends",
            "•• 77",
        ):
            assert words in letter

    def test_opens_each_certificates_page_with_a_pin_to_the_new_number(
        self,
        app: Flask,
        house: House,
        sami: TechnicalContact,
        kit: Kit,
        mailbox: Mailbox,
        phone: Phone,
    ) -> None:
        kit.certificate()
        mailbox.to(SAMI)
        update(house, sami, erik(**IN_ENGLISH))
        [path] = re.findall(r"/messages/[\w-]{43}", mailbox.to(ERIK)[0])
        page = BrowsingClient(app).get(path, expect=200).submit("Send the PIN code to •• 77")
        assert phone.pin()
        assert phone.gateway.messages[-1].to == PHONE.e164
        opened = page.submit("Show the message", pin=phone.pin())
        assert "Mallilön 6" in opened.text

    def test_gets_one_letter_when_it_was_changed_twice_before_any_left(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.certificate()
        mailbox.to(SAMI)
        update(house, sami, erik())
        update(house, sami, erik(name="Kalle Kolmas", email=EmailAddress("kalle@taksi.example")))
        assert len(mailbox.to("kalle@taksi.example")) == 1
        assert mailbox.to(ERIK) == []

    def test_is_not_told_of_a_certificate_that_was_revoked_meanwhile(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        certificate = kit.certificate()
        kit.certificate(description="Mallilön 7")
        update(house, sami, erik())
        certificates.revoke(certificate.id, certificates.Reason.UNNECESSARY, house.actor)
        [named] = [text for text in mailbox.to(ERIK) if "Mallilön 7" in text]
        assert "Mallilön 6" not in named

    def test_gets_new_links_when_the_first_try_fails(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox, smtp: SmtpFarEnd, clock: object
    ) -> None:
        certificate = kit.certificate()
        mailbox.to(SAMI)
        update(house, sami, erik())
        smtp.script("rcpt", "450 4.2.1 Try later", "450 4.2.1 Try later")
        assert mailbox.to(ERIK) == []
        clock.move(minutes=5)  # type: ignore[attr-defined]
        [letter] = mailbox.to(ERIK)
        [token] = re.findall(r"/messages/([\w-]{43})", letter)
        assert messages.behind(token) is not None
        assert messages.behind(token).id == pages_of(certificate)[-1].id

    def test_of_nothing_but_orders_hears_of_them_by_the_secure_message(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.order()
        update(house, sami, erik())
        assert mailbox.to(ERIK) == []
        assert rows("contact_named") == []


class TestTheOldAddress:
    def test_learns_that_it_is_no_longer_used_and_nothing_else(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.certificate()
        before = len(mailbox.to(SAMI))
        update(house, sami, erik())
        [letter] = mailbox.to(SAMI)[before:]
        assert "Mallilön Ab no longer uses this address" in letter
        for secret in ("Mallilön 6", "Erik", ERIK, "Earnings", "2026-", "/messages/", "Sami"):
            assert secret not in letter

    def test_hears_nothing_when_the_change_is_taken_back_before_the_letter_leaves(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.certificate()
        before = len(mailbox.to(SAMI))
        original = with_changes(sami)
        update(house, sami, erik())
        update(house, sami, original)
        told = mailbox.to(SAMI)[before:]
        assert not any("no longer uses" in text for text in told)
        assert {row.state for row in rows("contact_no_longer_used")[:1]} == {RowState.SILENCED}
        assert mailbox.to(ERIK) == []

    def test_that_keeps_other_certificates_is_told_so(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        one = kit.certificate()
        kit.certificate(description="Mallilön 7")
        before = len(mailbox.to(SAMI))
        update(house, sami, erik(), one)
        [letter] = mailbox.to(SAMI)[before:]
        assert "It is still used for the others" in letter
        assert "Mallilön 6" not in letter

    def test_of_an_order_that_never_reached_it_hears_nothing(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.order()
        update(house, sami, erik())
        assert mailbox.to(SAMI) == []

    def test_that_is_refused_is_not_tried_again(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox, smtp: SmtpFarEnd
    ) -> None:
        smtp.refuse(SAMI)
        kit.certificate()
        mailbox.to(SAMI)
        update(house, sami, erik())
        mailbox.to(ERIK)
        [row] = rows("contact_no_longer_used")
        assert (row.state, row.reply) == (RowState.SILENCED, "the address is refused")


class TestLaterLetters:
    def test_about_a_certificate_go_to_whoever_is_its_contact_when_they_leave(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        """The revocation was queued for Sami; Erik is the contact when the letter leaves."""
        certificate = kit.certificate()
        before = len(mailbox.to(SAMI))
        certificates.revoke(certificate.id, certificates.Reason.UNNECESSARY, house.actor)
        update(house, sami, erik(**IN_ENGLISH))
        assert any("no longer works" in text or "revoked" in text for text in mailbox.to(ERIK))
        assert not any("revoked" in text for text in mailbox.to(SAMI)[before:])

    def test_that_an_order_is_cancelled_reach_nobody_who_never_heard_of_it(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        order = kit.order()
        mailbox.to(SAMI)
        update(house, sami, erik())
        orders.cancel_order(order.id, house.actor)
        assert mailbox.to(ERIK) == []

    def test_of_a_certificate_still_being_issued_go_to_the_new_contact(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = kit.order()
        mailbox.to(SAMI)
        with monkeypatch.context() as token_away:
            token_away.setattr("certportal.ca.sign", _away)
            prepared = kit.certificate(order)
        assert prepared.state is certificates.CertificateState.PREPARED
        update(house, sami, erik(**IN_ENGLISH))
        certificates.finish(prepared.id, house.actor)
        assert now(prepared).state is certificates.CertificateState.ISSUED
        assert any("The certificate is ready" in text for text in mailbox.to(ERIK))
        assert pages_of(prepared)[0].phone == PHONE.e164


def _away(*_values: object) -> bytes:
    raise OSError("the token is away")


@pytest.mark.parametrize("language", list(Language))
def test_every_letter_is_written_in_each_language(
    house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox, smtp: SmtpFarEnd, language: Language
) -> None:
    kit.certificate()
    order = kit.order(description="Mallilön 7")
    update(house, sami, with_changes(sami, language=language))
    mailbox.to(SAMI)
    update(house, sami, erik(language=language))
    service.correct_and_send(order.id, now(order).version, erik(language=language), builders.OPERATOR, "Asked to")
    mailbox.to(ERIK)
    kinds = ("contact_no_longer_used", "contact_named", "contact_corrected_by_operator")
    assert {row.state for kind in kinds for row in rows(kind)} == {RowState.ACCEPTED}


def test_a_letter_says_how_many_it_does_not_list(
    house: House,
    sami: TechnicalContact,
    kit: Kit,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    deliver: Callable[[], int],
) -> None:
    monkeypatch.setattr("certportal.contacts.letters.MOST_LISTED", 1)
    kit.certificate()
    kit.certificate(description="Mallilön 7")
    update(house, sami, erik(**IN_ENGLISH))
    [letter] = mailbox.to(ERIK)
    assert "and one more. Their links come with the reminders." in letter
    assert letter.count("/messages/") == 1
