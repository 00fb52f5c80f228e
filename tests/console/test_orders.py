"""Orders and certificates at the desk: found by whatever somebody reads out on the telephone; put right with a reason."""

import re

import pytest
from flask import Flask

from certportal.certificates import enrolment
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.messages import service as messages
from certportal.orders.models import Order
from certportal.registry.models import Operator
from tests.browsing import BrowsingClient
from tests.certificates.steps import PROGRAM, days_before_the_end
from tests.certificates.test_enrolment import Breakdown
from tests.conftest import FakeClock
from tests.console.steps import Post, another_organisation, at_desk, issued, recorded, signing_request
from tests.orders.steps import House, order_placed

ANNA = "anna.andersson@mallilon.example"
ERIK = "erik.exempelsson@taksi.example"


@pytest.fixture
def collected(authorities: None, house: House) -> tuple[Order, Certificate]:
    return issued(house, description="Palkka 1")


class TestSearching:
    def test_finds_an_order_by_what_somebody_reads_out(
        self, desk: BrowsingClient, collected: tuple[Order, Certificate]
    ) -> None:
        order, certificate = collected
        another_organisation()
        pairs = " ".join(re.findall("..", certificate.serial.upper()))
        for words in (
            order.number,
            order.number[:8],
            "9900001-8",
            "mallilön",
            ERIK,
            "Erik Ex",
            "palkka",
            certificate.serial,
            pairs,
        ):
            page = desk.get("/desk/orders").submit("Search", words=words)
            assert order.number in page.text, words
        assert "Nothing was found" in desk.get("/desk/orders?words=9900002-6").text

    def test_finds_a_certificate_by_the_same_and_by_fingerprint(
        self, desk: BrowsingClient, collected: tuple[Order, Certificate]
    ) -> None:
        order, certificate = collected
        colons = ":".join(re.findall("..", certificate.sha256 or ""))
        for words in (order.number, "9900001-8", ERIK, certificate.serial[:10], colons, "palkka"):
            assert "Palkka 1" in desk.get("/desk/orders/certificates", query_string={"words": words}).text, words

    @pytest.mark.parametrize(
        ("state", "found"),
        [
            ("valid", 1),
            ("expires_soon", 0),
            ("expired", 0),
            ("revoked", 0),
            ("without_right", 0),
            ("prepared", 0),
            ("", 1),
        ],
    )
    def test_narrows_certificates_to_a_state(
        self, desk: BrowsingClient, collected: tuple[Order, Certificate], state: str, found: int
    ) -> None:
        assert len(desk.get(f"/desk/orders/certificates?state={state}").soup.select("tbody tr")) == found

    @pytest.mark.parametrize(
        ("state", "found"), [("open", 1), ("lapsed", 0), ("collected", 1), ("cancelled", 0), ("", 2)]
    )
    def test_narrows_orders_to_a_state(
        self, desk: BrowsingClient, house: House, collected: tuple[Order, Certificate], state: str, found: int
    ) -> None:
        order_placed(house, description="Palkka 2")
        assert len(desk.get(f"/desk/orders?state={state}").soup.select("tbody tr")) == found


class TestAnOrder:
    def test_shows_its_life_and_neither_codes_nor_pin_nor_link(
        self, desk: BrowsingClient, house: House, post: Post
    ) -> None:
        order = order_placed(house)
        token = re.search(r"/messages/([\w-]{43})", post.to(ERIK)[0])
        assert token is not None
        page = desk.get(f"/desk/orders/{order.number}")
        assert "The mail server accepted the message" in page.text
        html = str(page.soup)
        assert messages.codes_of(order.id)[0].transfer_id not in html
        assert token[1] not in html

    def test_whose_contact_is_corrected_with_a_reason_sends_new_codes_and_tells_the_signatory(
        self, desk: BrowsingClient, house: House, post: Post
    ) -> None:
        order = order_placed(house)
        before = messages.codes_of(order.id)[0].transfer_id
        page = desk.get(f"/desk/orders/{order.number}").follow("Correct the contact")
        assert page.submit("Correct and send new codes", email="kerstin@taksi.example").status == 422
        page = page.submit(
            "Correct and send new codes", email="kerstin@taksi.example", name="Kerstin", reason="They rang us"
        )

        assert page.h1 == f"Order {order.number}"
        db.session.rollback()
        assert messages.codes_of(order.id)[0].transfer_id != before
        assert len(post.to("kerstin@taksi.example")) >= 1
        assert any("They rang us" in letter for letter in post.to(ANNA))
        assert recorded("order_contact_corrected")[0].actor_name == "Olli Operaattori"

    def test_that_has_changed_meanwhile_is_told_and_what_was_typed_stays(
        self, desk: BrowsingClient, house: House
    ) -> None:
        order = order_placed(house)
        form = desk.get(f"/desk/orders/{order.number}/contact")
        form.submit("Correct and send new codes", email="a@taksi.example", reason="First")
        told = form.submit("Correct and send new codes", email="b@taksi.example", reason="Second")
        assert told.status == 409
        assert told.field("email") == "b@taksi.example"

    def test_that_was_collected_offers_no_correction(
        self, desk: BrowsingClient, collected: tuple[Order, Certificate]
    ) -> None:
        page = desk.get(f"/desk/orders/{collected[0].number}")
        assert "Correct the contact" not in page.text
        assert page.link(collected[1].serial[:16]) == f"/desk/orders/certificates/{collected[1].id}"


class TestACertificateThatCannotBeSigned:
    def test_is_given_up_with_a_reason_after_an_hour(
        self, desk: BrowsingClient, authorities: None, house: House, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
    ) -> None:
        def away(_environment: Environment) -> None:
            raise OSError("the token is away")

        monkeypatch.setattr(enrolment.authorities, "issuer", away)
        order, certificate = issued(house)
        assert "Give up" not in desk.get(f"/desk/orders/{order.number}").text
        clock.move(minutes=40)
        assert desk.get(f"/desk/orders/{order.number}/give-up").h1 == f"Order {order.number}"
        clock.move(minutes=20)
        form = desk.get(f"/desk/orders/{order.number}").follow("Give up the certificate")
        missing = form.submit("Give up the certificate")
        assert (missing.status, missing.errors) == (422, ["Reason: Write why it is given up"])
        page = form.submit("Give up the certificate", reason="The authority has ended")
        assert "its transfer codes are void" in page.text
        assert "The certificate could not be issued" in page.text
        assert form.submit("Give up the certificate", reason="Twice").h1 == f"Order {order.number}"
        [entry] = recorded("certificate_given_up")
        assert (entry.details["reason"], entry.actor_name) == ("The authority has ended", "Olli Operaattori")
        assert desk.get(f"/desk/orders/certificates/{certificate.id}").status == 404

    def test_that_was_to_renew_another_promises_no_codes(
        self,
        app: Flask,
        olli: Operator,
        collected: tuple[Order, Certificate],
        monkeypatch: pytest.MonkeyPatch,
        clock: FakeClock,
    ) -> None:
        order, old = collected
        days_before_the_end(clock, old, 30)
        Breakdown(monkeypatch)
        certificates.renew(old.id, signing_request(), PROGRAM)
        clock.move(hours=2)
        form = at_desk(app, olli).get(f"/desk/orders/{order.number}").follow("Give up the certificate")
        assert "The one that it was to renew stays as it is" in form.text
        assert "codes" not in form.text
        page = form.submit("Give up the certificate", reason="The authority has ended")
        assert "The renewal has been given up. The certificate that it was for can be renewed again." in page.text


class TestACertificate:
    def test_is_revoked_for_a_reason_that_only_operators_may_give(
        self, app: Flask, desk: BrowsingClient, collected: tuple[Order, Certificate], post: Post
    ) -> None:
        _order, certificate = collected
        page = desk.get(f"/desk/orders/certificates/{certificate.id}").follow("Revoke the certificate")
        assert page.submit("Revoke the certificate").status == 422
        page = page.submit("Revoke the certificate", reason="misuse", note="Seen in a foreign network")

        assert "Revoked on" in page.text
        assert "The certificate has been misused" in page.text
        db.session.rollback()
        assert certificates.certificate(certificate.id).revocation_reason == "misuse"
        newest = certificates.published_crl(certificate.environment)
        assert newest is not None
        assert newest.entries == 1
        for address in (ANNA, ERIK):
            assert certificate.serial[:4] in post.to(address)[-1].replace(" ", "")
        assert recorded("certificate_revoked")[0].details["note"] == "Seen in a foreign network"

    def test_that_is_revoked_already_cannot_be_revoked_again(
        self, desk: BrowsingClient, collected: tuple[Order, Certificate]
    ) -> None:
        form = desk.get(f"/desk/orders/certificates/{collected[1].id}/revoke")
        form.submit("Revoke the certificate", reason="key_lost")
        assert form.submit("Revoke the certificate", reason="unnecessary").status == 409
        assert desk.get(f"/desk/orders/certificates/{collected[1].id}/revoke").h1 == "Palkka 1"


def test_on_the_organisations_page_an_order_stands_as_in_the_list(
    app: Flask, olli: Operator, house: House, clock: FakeClock
) -> None:
    order_placed(house)
    clock.move(days=16)
    desk = at_desk(app, olli)
    for page in (desk.get("/desk/orders"), desk.get(f"/desk/organisations/{house.organisation.id}")):
        assert "Not collected The transfer codes lapsed" in page.text
