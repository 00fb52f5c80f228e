"""Correct the contact and send new codes: one press, and everything that was sent before is void."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal.contacts import service
from certportal.extensions import transaction
from certportal.identifiers import Actor, ActorKind, EmailAddress, PhoneNumber
from certportal.messages import service as messages
from certportal.messages.models import CodesState, MessageEnd
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.builders import OPERATOR
from tests.certificates.steps import Kit
from tests.contacts.steps import (
    ERIK,
    NEW,
    PHONE,
    SAMI,
    erik,
    message_of,
    now,
    recorded,
    with_changes,
)
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, token_in
from tests.orders.steps import House, being_collected, browsing, codes_of, order_placed
from tests.signin.steps import Mailbox

BUTTON = "Correct and send new codes"


@pytest.fixture
def order(kit: Kit) -> Order:
    return kit.order()


def correct_page(browser: BrowsingClient, order: Order) -> Page:
    return browser.get(f"/contacts/for-order/{order.number}", expect=200)


def correct(house: House, order: Order, **changes: object) -> Order:
    """The signatory's press, without pages."""
    order = now(order)
    details = with_changes(order.contact, **changes)
    return service.correct_and_send(order.id, order.version, details, house.actor)


class TestThePress:
    def test_from_the_orders_page_to_new_codes_and_back(
        self, house: House, browser: BrowsingClient, order: Order, mailbox: Mailbox
    ) -> None:
        mailbox.to(SAMI)
        old = codes_of(order)
        page = browser.get(f"/orders/{order.number}").follow("Correct the contact and send new codes")
        assert (page.field("name"), page.field("mobile")) == ("Sami Salminen", "+358 45 700 0003")
        page = page.submit(BUTTON, mobile="0457 000 077")
        assert page.path == f"/orders/{order.number}"
        assert "New transfer codes are on their way to Sami Salminen" in page.text
        fresh = codes_of(order)
        assert (now(old).state, now(old).ended_because) == (CodesState.VOID, MessageEnd.CONTACT_CHANGED)
        assert (fresh.state, message_of(order).phone) == (CodesState.LIVE, PHONE.e164)
        assert len(mailbox.to(SAMI)) == 2

    def test_voids_message_pin_and_opening(
        self, app: Flask, house: House, order: Order, phone: Phone, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        deliver()
        path = f"/messages/{token_in(smtp.messages[-1])}"
        visitor = BrowsingClient(app)
        opened = visitor.get(path).submit("Send the PIN code to •• 03").submit("Show the message", pin=phone.pin())
        assert opened.soup.find(id="transfer-password") is not None
        old = message_of(order)
        correct(house, order, phone=PHONE)
        assert (now(old).ended_because, now(old).sealed) == (MessageEnd.CONTACT_CHANGED, None)
        again = visitor.get(f"{path}/content")
        assert again.soup.find(id="transfer-password") is None
        assert "The contact details have been changed" in again.text

    def test_is_recorded_with_what_it_was(self, house: House, order: Order) -> None:
        correct(house, order, phone=PHONE)
        [entry] = recorded("order_contact_corrected")
        assert entry.details["changed"] == {"phone": ["+358457000003", PHONE.e164]}
        assert [each.details["why"] for each in recorded("codes_sent_anew")] == ["contact_corrected"]

    def test_a_contact_of_this_order_alone_is_corrected_in_place(
        self, house: House, order: Order, sami: TechnicalContact
    ) -> None:
        correct(house, order, phone=PHONE)
        assert now(order).contact_id == sami.id
        assert now(sami).phone == PHONE.e164

    def test_a_contact_of_other_things_too_keeps_its_details_for_those(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        certificate, order = kit.certificate(), kit.order(description="Mallilön 7")
        page = correct_page(browser, order)
        assert "Sami Salminen looks after other things too: 1 certificate." in page.text
        page.submit(BUTTON, **NEW)
        assert now(order).contact.name == "Erik Exempelsson"
        assert now(certificate).contact_id == sami.id
        assert now(sami).phone == "+358457000003"
        assert len(registry.contacts_of(house.organisation.id)) == 2

    def test_without_a_change_is_sending_again(self, house: House, order: Order) -> None:
        correct(house, order)
        assert recorded("order_contact_corrected") == []
        assert [each.details["why"] for each in recorded("codes_sent_anew")] == ["sent_again"]
        assert len(messages.codes_of(order.id)) == 2

    def test_sends_to_the_order_after_the_contacts_page_had_withheld_the_codes(
        self, house: House, order: Order, sami: TechnicalContact
    ) -> None:
        service.update_contact(sami.id, sami.version, erik(), house.actor)
        correct(house, order)
        assert codes_of(order).state is CodesState.LIVE
        assert message_of(order).email == ERIK

    def test_ends_the_note_that_the_number_is_wrong(
        self, house: House, browser: BrowsingClient, order: Order, sami: TechnicalContact, mailbox: Mailbox
    ) -> None:
        mailbox.to(SAMI)
        messages.report_wrong_number(token_in(mailbox.smtp.messages[-1]), OPERATOR)
        assert "The mobile number is wrong" in correct_page(browser, order).text
        correct(house, order, phone=PHONE)
        assert now(sami).wrong_number_at is None
        assert orders.life_of(now(order)).problem is None

    def test_leads_where_the_reader_came_from_if_that_is_here(self, browser: BrowsingClient, order: Order) -> None:
        page = browser.get(f"/contacts/for-order/{order.number}?next=/certificates", expect=200)
        assert page.submit(BUTTON, follow=False).headers["Location"] == "/certificates"

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
    )
    def test_leads_nowhere_else(self, browser: BrowsingClient, order: Order, elsewhere: str) -> None:
        page = browser.get(f"/contacts/for-order/{order.number}", query_string={"next": elsewhere}, expect=200)
        assert page.submit(BUTTON, follow=False).headers["Location"] == f"/orders/{order.number}"
        fresh = browser.get(f"/contacts/for-order/{order.number}", expect=200)
        assert fresh.submit(BUTTON, follow=False, next=elsewhere).headers["Location"] == f"/orders/{order.number}"

    def test_with_htmx_the_form_stands_alone_and_success_leads_away(
        self, browser: BrowsingClient, order: Order
    ) -> None:
        browser.get("/contacts")
        form = browser.get(f"/contacts/for-order/{order.number}", htmx=True, expect=200)
        assert [tag["id"] for tag in form.soup.find_all(recursive=False)] == ["correct-contact"]
        wrong = form.submit(BUTTON, htmx=True, email="sami@ohjelmisto")
        assert (wrong.status, len(wrong.errors)) == (422, 1)
        assert "ending" in wrong.errors[0]
        sent = wrong.submit(BUTTON, htmx=True, email=SAMI)
        assert (sent.status, sent.headers["HX-Redirect"]) == (204, f"/orders/{order.number}")


class TestTheFields:
    def test_the_number_is_shown_back_as_it_will_be_dialled(self, browser: BrowsingClient, order: Order) -> None:
        browser.get("/contacts")
        part = browser.post("/contacts/check/mobile", {"mobile": "0457 000 077"}, htmx=True, expect=200)
        assert "Text messages go to +358 45 700 0077 (Finland)" in part.text
        assert [tag["id"] for tag in part.soup.find_all(recursive=False)] == ["mobile-field"]

    def test_a_foreign_number_is_offered_by_a_button_that_keeps_the_rest(
        self, browser: BrowsingClient, order: Order
    ) -> None:
        page = correct_page(browser, order).submit(BUTTON, mobile="070-123 45 67", name="Sven Svensson")
        assert page.status == 422
        page = page.submit("Did you mean +46 70 123 45 67 (Sweden)?", follow=False)
        assert page.status == 303
        assert (now(order).contact.phone, now(order).contact.name) == ("+46701234567", "Sven Svensson")

    def test_a_missing_ending_is_named(self, browser: BrowsingClient, order: Order) -> None:
        browser.get("/contacts")
        part = browser.post("/contacts/check/email", {"email": "sami@ohjelmisto"}, htmx=True, expect=422)
        assert "ending" in part.text

    def test_two_forms_on_one_page_have_ids_of_their_own(self, browser: BrowsingClient, order: Order) -> None:
        browser.get("/contacts")
        part = browser.post("/contacts/check/name?of=7", {"name": ""}, htmx=True, expect=422)
        assert [tag["id"] for tag in part.soup.find_all(recursive=False)] == ["contact-7-name-field"]

    def test_a_field_that_is_none_is_not_found(self, browser: BrowsingClient, order: Order) -> None:
        browser.get("/contacts")
        assert browser.post("/contacts/check/version", {}, htmx=True).status == 404


class TestSomebodyWhoIsHereAlready:
    def test_gets_the_codes_by_one_press(
        self, house: House, browser: BrowsingClient, order: Order, sami: TechnicalContact
    ) -> None:
        kalle = builders.contact(house.organisation, "Kalle Kolmas", "kalle@ohjelmisto.example", phone=PHONE.e164)
        page = correct_page(browser, order).submit("Send new codes : Kalle Kolmas")
        assert page.path == f"/orders/{order.number}"
        assert now(order).contact_id == kalle.id
        assert message_of(order).email == "kalle@ohjelmisto.example"
        assert now(sami).replaced_at is not None, "who looks after nothing more leaves the list"

    def test_of_another_organisation_is_not_here(self, house: House, browser: BrowsingClient, order: Order) -> None:
        foreign = builders.contact(builders.organisation("Exempelholm Oy", "9900002-6"), "Fia Främmande")
        page = correct_page(browser, order)
        assert "Fia" not in page.text
        answer = browser.post(
            f"/contacts/for-order/{order.number}/to/{foreign.id}", {"version": str(now(order).version)}, expect=409
        )
        assert "no longer here" in answer.text
        assert now(order).contact.name == "Sami Salminen"

    def test_whose_page_is_old_gets_nothing(self, house: House, browser: BrowsingClient, order: Order) -> None:
        builders.contact(house.organisation, "Kalle Kolmas", "kalle@ohjelmisto.example", phone=PHONE.e164)
        page = correct_page(browser, order)
        correct(house, order, phone=PhoneNumber("+358457000088"))
        told = page.submit("Send new codes : Kalle Kolmas")
        assert told.status == 409
        assert now(order).contact.phone == "+358457000088"


class TestWhatCannotBe:
    def test_two_windows_the_later_is_told_and_what_was_typed_stays(
        self, house: House, browser: BrowsingClient, order: Order
    ) -> None:
        page = correct_page(browser, order)
        correct(house, order, phone=PHONE)
        told = page.submit(BUTTON, name="Sven Svensson")
        assert told.status == 409
        assert told.errors == ["Nothing was sent: the order has changed since you opened it. This is how it stands now"]
        assert told.field("name") == "Sven Svensson"
        assert "+358 45 700 0077" in told.text, "what is saved now is shown beside it"
        assert told.submit(BUTTON).status == 200
        assert now(order).contact.name == "Sven Svensson"

    def test_a_certificate_that_is_being_collected_is_left_alone(
        self, house: House, browser: BrowsingClient, order: Order
    ) -> None:
        page = correct_page(browser, order)
        being_collected(order)
        told = page.submit(BUTTON, name="Sven Svensson")
        assert (told.status, told.field("name")) == (409, "Sven Svensson")
        assert "being collected at this moment" in told.errors[0]
        assert codes_of(order).state is CodesState.TAKEN
        assert now(order).contact.name == "Sami Salminen"

    def test_a_collected_order_leads_to_its_page(self, browser: BrowsingClient, kit: Kit, order: Order) -> None:
        page = correct_page(browser, order)
        kit.certificate(order)
        told = page.submit(BUTTON, name="Sven Svensson")
        assert told.path == f"/orders/{order.number}"
        assert "has been collected already" in told.text
        assert browser.get(f"/contacts/for-order/{order.number}").path == f"/orders/{order.number}"

    def test_without_a_right_nothing_is_sent_that_nobody_could_use(self, house: House, order: Order) -> None:
        right = registry.right_to(house.organisation.id, house.channel.id, registry.today())
        right_id = right.id
        with transaction():
            registry.end_right(registry.access_right(right_id), registry.today(), house.actor, "given up")
        with pytest.raises(Refusal, match="no_access_right"):
            correct(house, order, phone=PHONE)
        assert codes_of(order).state is CodesState.LIVE
        assert now(order).contact.phone == "+358457000003"

    def test_the_order_of_another_organisation_is_not_found(self, app: Flask, house: House, order: Order) -> None:
        other = builders.organisation("Exempelholm Oy", "9900002-6")
        stranger = builders.signatory(other, "aino@exempelholm.example", "Aino Esimerkki")
        browser = browsing(app, stranger, other)
        assert browser.get(f"/contacts/for-order/{order.number}").status == 404
        assert browser.post(f"/contacts/for-order/{order.number}", NEW | {"version": "1"}).status == 404
        assert now(order).contact.name == "Sami Salminen"

    def test_a_link_in_a_mail_to_who_signs_for_several_leads_to_choosing(
        self, app: Flask, house: House, order: Order
    ) -> None:
        other = builders.organisation("Exempelholm Oy", "9900002-6")
        builders.right_to_sign(house.person, other)
        page = browsing(app, house.person, other).get(f"/contacts/for-order/{order.number}", expect=200)
        assert "The order belongs to Mallilön Ab" in page.text


def tries(smtp: SmtpFarEnd) -> int:
    """How often the server has been asked to take mail for Sami."""
    return sum(command.startswith("RCPT") and SAMI in command for command in smtp.commands)


class TestTheOldAddress:
    def test_that_had_accepted_the_mail_learns_that_it_is_no_longer_used(
        self, house: House, order: Order, mailbox: Mailbox
    ) -> None:
        mailbox.to(SAMI)
        correct(house, order, email=EmailAddress(ERIK))
        letter = mailbox.to(SAMI)[-1]
        assert "Mallilön Ab no longer uses this address" in letter
        assert "Mallilön 6" not in letter
        assert order.number not in letter
        assert "Sami" not in letter

    def test_that_nothing_had_reached_hears_nothing(self, house: House, order: Order, mailbox: Mailbox) -> None:
        correct(house, order, email=EmailAddress(ERIK))
        assert mailbox.to(SAMI) == []
        assert len(mailbox.to(ERIK)) == 1

    def test_that_refused_the_mail_hears_nothing(
        self, house: House, order: Order, mailbox: Mailbox, smtp: SmtpFarEnd
    ) -> None:
        smtp.refuse(SAMI)
        mailbox.to(SAMI)
        tried = tries(smtp)
        assert tried == 1
        correct(house, order, email=EmailAddress(ERIK))
        assert len(mailbox.to(ERIK)) == 1
        assert mailbox.to(SAMI) == []
        assert tries(smtp) == tried

    def test_that_only_got_another_number_hears_nothing_but_the_new_codes(
        self, house: House, order: Order, mailbox: Mailbox
    ) -> None:
        mailbox.to(SAMI)
        correct(house, order, phone=PHONE)
        assert ["secure message" in text.lower() for text in mailbox.to(SAMI)] == [True, True]


class TestTheOperator:
    def test_says_why_and_the_signatories_are_mailed(self, house: House, order: Order, mailbox: Mailbox) -> None:
        builders.signatory(house.organisation, "bertil@mallilon.example", "Bertil Berg")
        details = with_changes(order.contact, phone=PHONE)
        service.correct_and_send(order.id, order.version, details, OPERATOR, "The number was wrong; they called us")
        for address in ("anna.andersson@mallilon.example", "bertil@mallilon.example"):
            letter = mailbox.to(address)[-1]
            assert "The number was wrong; they called us" in letter
            assert order.number in letter
        [entry] = recorded("order_contact_corrected")
        assert (entry.actor_kind, entry.details["reason"]) == (
            ActorKind.OPERATOR,
            "The number was wrong; they called us",
        )

    @pytest.mark.parametrize("by", [OPERATOR, Actor(ActorKind.COMMAND, None, "root")])
    def test_who_gives_no_reason_changes_nothing(self, order: Order, by: Actor) -> None:
        with pytest.raises(Refusal, match="correction_reason_missing"):
            service.correct_and_send(order.id, order.version, erik(), by, "  ")
        assert codes_of(order).state is CodesState.LIVE

    def test_chooses_somebody_too(self, house: House, order: Order, mailbox: Mailbox) -> None:
        kalle = builders.contact(house.organisation, "Kalle Kolmas", "kalle@ohjelmisto.example", phone=PHONE.e164)
        service.choose_and_send(order.id, order.version, kalle.id, OPERATOR, "Sami has left")
        assert "Sami has left" in mailbox.to("anna.andersson@mallilon.example")[-1]

    def test_a_signatory_is_not_mailed_about_what_they_did(self, house: House, order: Order, mailbox: Mailbox) -> None:
        correct(house, order, phone=PHONE)
        assert mailbox.to("anna.andersson@mallilon.example") == []


def test_an_unplaced_contact_of_the_order_form_is_corrected_as_well(
    house: House, browser: BrowsingClient, mailbox: Mailbox
) -> None:
    """An order made through the application form, with a new contact of its own."""
    placed = order_placed(house, mobile="040 123 4567")
    correct_page(browser, placed).submit(BUTTON, mobile="0457 000 077")
    assert now(placed).contact.phone == PHONE.e164


def test_a_cancelled_order_is_not_corrected(house: House, order: Order) -> None:
    orders.cancel_order(order.id, house.actor)
    with pytest.raises(Conflict, match="order_cancelled"):
        correct(house, order)


def test_what_an_operator_corrected_is_told_to_whoever_signs_when_the_mail_leaves(
    house: House, order: Order, mailbox: Mailbox
) -> None:
    details = with_changes(order.contact, phone=PHONE)
    service.correct_and_send(order.id, order.version, details, OPERATOR, "The number was wrong")
    builders.no_longer_signs(house.person)
    builders.signatory(house.organisation, "bengt@mallilon.example", "Bengt Berg")
    assert any("The number was wrong" in text for text in mailbox.to("bengt@mallilon.example"))
    assert not any("The number was wrong" in text for text in mailbox.to("anna.andersson@mallilon.example"))
