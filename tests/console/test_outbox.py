"""The outbox at the desk: failures with what was said, sending again, addresses that are right after all."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from certportal.console.wording import KIND_WORDS
from certportal.extensions import db, transaction
from certportal.identifiers import Actor, ActorKind
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.outbox import service as outbox
from certportal.outbox.kinds import KINDS
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry import service as registry
from certportal.registry.models import Operator
from tests.browsing import BrowsingClient
from tests.conftest import FakeClock
from tests.console.steps import Post, at_desk, recorded
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.far_ends.script import DROP
from tests.messages.steps import token_in
from tests.orders.steps import House, order_placed

ANNA = "anna.andersson@mallilon.example"
ERIK = "erik.exempelsson@taksi.example"


def newest() -> OutboxRow:
    db.session.rollback()
    return db.session.query(OutboxRow).order_by(OutboxRow.id.desc()).first()


def ended_right(desk: BrowsingClient, house: House) -> None:
    """Something that mails Anna without a secret."""
    right = registry.valid_rights(house.organisation.id, registry.today())[0]
    desk.get(f"/desk/organisations/{house.organisation.id}/access-rights/{right.id}/end").submit(
        "End the access right", reason="Not used"
    )


class TestAFailedDelivery:
    def test_is_on_the_desk_and_in_the_list_with_what_the_server_said(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.refuse(ERIK, "550 5.1.1 No such user here")
        number = order_placed(house).number
        deliver()
        page = desk.get("/desk/messages?state=failed")
        assert len(page.soup.select("tbody tr")) == 1
        for words in ("Secure e-mail with transfer codes", "Refused", "No such user here", number):
            assert words in page.text

    def test_of_a_pin_code_is_told_in_words_and_is_over_when_new_codes_have_gone_out(
        self,
        app: Flask,
        olli: Operator,
        house: House,
        sms: SmsFarEnd,
        smtp: SmtpFarEnd,
        deliver: Callable[[], int],
        clock: FakeClock,
    ) -> None:
        order = order_placed(house, mobile="040 123 4567")
        deliver()
        sms.always("503 Service Unavailable")
        messages.send_pin(token_in(smtp.messages[-1]), Actor(ActorKind.ANONYMOUS, None, "", "203.0.113.5"))
        deliver()
        clock.move(minutes=11)
        deliver()
        desk = at_desk(app, olli)
        for page in (desk.get("/desk"), desk.get(f"/desk/orders/{order.number}")):
            assert "The text message gateway did not take it." in page.text
            assert "Failed to send" not in page.text
        assert "Failed to send" in desk.get("/desk/messages?state=failed").follow("PIN code").text

        orders.send_again(order.id, order.version, house.actor)

        assert "Nothing was found" in desk.get("/desk/messages?state=failed").text
        assert "delivery has failed" not in desk.get("/desk").text

    def test_of_a_letter_with_a_secret_is_not_sent_again_and_its_page_says_what_to_do(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.refuse(ERIK)
        order = order_placed(house)
        deliver()
        page = desk.get("/desk/messages?state=failed").follow("Secure e-mail")
        assert "It carried a secret, which is not kept" in page.text
        assert page.link(order.number) == f"/desk/orders/{order.number}"
        assert not page.soup.find("button", string=re.compile("Send again"))
        forged = desk.post(f"{page.path}/send-again")
        assert forged.status == 409
        assert "secret" in forged.errors[0]

    def test_of_another_letter_is_sent_again_with_one_press(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, post: Post
    ) -> None:
        smtp.script("dot", DROP)
        ended_right(desk, house)
        post.deliver()
        assert newest().state is RowState.UNKNOWN
        page = desk.get("/desk/messages?state=failed").follow("Access right ended")
        assert "it may have arrived" in page.text
        page = page.submit("Send again")

        assert "It is sent once more" in page.text
        assert post.to(ANNA)
        assert "Nothing was found" in desk.get("/desk/messages?state=failed").text
        assert recorded("message_sent_again")[0].actor_name == "Olli Operaattori"
        assert "It was sent once more" in desk.get(f"/desk/messages/{newest().id - 1}").text

    def test_is_history_once_new_codes_have_been_sent(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.refuse(ERIK)
        order = order_placed(house)
        deliver()
        form = desk.get(f"/desk/orders/{order.number}/contact")
        form.submit("Correct and send new codes", email="kerstin@taksi.example", reason="Mistyped")
        deliver()
        assert "Nothing was found" in desk.get("/desk/messages?state=failed").text


class TestARefusedAddress:
    @pytest.fixture(autouse=True)
    def refused(self, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]) -> None:
        smtp.refuse(ERIK)
        order_placed(house)
        deliver()
        smtp.heal()

    def test_stands_with_whose_it_is(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/messages").follow("Addresses and numbers that do not work")
        assert ERIK in page.text.replace("\u200b", "")
        assert "Technical contact Erik Exempelsson of Mallilön Ab" in page.text

    def test_that_is_right_after_all_is_tried_again(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/messages/addresses").submit("The address is right, try again")
        assert "No address is refused" in page.text
        assert outbox.marked(ERIK) is None
        assert recorded("address_unmarked")[0].actor_name == "Olli Operaattori"

    def test_that_nobody_refused_is_not_found(self, desk: BrowsingClient) -> None:
        desk.get("/desk/messages/addresses")
        assert desk.post("/desk/messages/addresses/try-again", {"address": "nobody@x.example"}).status == 404


class TestANumberSaidToBeWrong:
    def test_that_is_right_after_all_leaves_the_list(self, desk: BrowsingClient, house: House) -> None:
        order = order_placed(house)
        with transaction():
            registry.note_wrong_number(registry.contact(order.contact_id))
        page = desk.get("/desk/messages/addresses").submit("The number is right")
        assert page.path == "/desk/messages/addresses"
        assert "No number has been reported" in page.text
        assert recorded("number_said_right")[0].actor_name == "Olli Operaattori"

    def test_of_a_contact_that_is_not_there_is_not_found(self, desk: BrowsingClient) -> None:
        desk.get("/desk/messages/addresses")
        assert desk.post("/desk/messages/addresses/99/number-is-right").status == 404


class TestAServerInTrouble:
    def test_is_told_above_the_list_and_what_it_holds_is_found(
        self, desk: BrowsingClient, house: House, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.always("connect", "554 5.3.2 Closed today")
        order_placed(house)
        deliver()
        page = desk.get("/desk/messages?state=held")
        assert "E-mail does not go out" in page.text
        assert "Closed today" in page.text
        assert len(page.soup.select("tbody tr")) == 1
        assert "the server’s" in page.follow("Secure e-mail").text


class TestTheList:
    def test_is_narrowed_by_kind_medium_address_and_organisation(
        self, desk: BrowsingClient, house: House, deliver: Callable[[], int]
    ) -> None:
        order_placed(house)
        deliver()
        for query, found in (
            ("kind=secure_message", 1),
            ("kind=pin", 0),
            ("medium=mail", 1),
            ("medium=sms", 0),
            ("words=erik", 1),
            ("words=mallil%C3%B6n", 1),
            ("words=zz", 0),
            ("state=accepted", 1),
            ("state=waiting", 0),
        ):
            assert len(desk.get(f"/desk/messages?{query}").soup.select("tbody tr")) == found, query

    def test_never_shows_what_a_letter_says(
        self, desk: BrowsingClient, house: House, post: Post, clock: FakeClock
    ) -> None:
        order_placed(house)
        token = re.search(r"/messages/([\w-]{43})", post.to(ERIK)[0])
        assert token is not None
        page = desk.get("/desk/messages").follow("Secure e-mail")
        assert token[1] not in str(page.soup)


def test_every_kind_of_letter_is_called_something(app: Flask) -> None:
    assert sorted(KINDS.keys() - KIND_WORDS.keys()) == []


def test_every_word_for_a_kind_belongs_to_one(app: Flask) -> None:
    assert sorted(KIND_WORDS.keys() - KINDS.keys()) == []
