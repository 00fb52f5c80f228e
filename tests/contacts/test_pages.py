"""The pages of contacts: the list and its troubles, the form in place and as a page, and what follows from a change."""

from collections.abc import Callable

import pytest
from flask import Flask

from certportal import clock
from certportal.contacts import service
from certportal.extensions import transaction
from certportal.identifiers import Language
from certportal.messages import service as secure_messages
from certportal.messages.models import CodesState
from certportal.outbox import service as outbox
from certportal.outbox.models import AddressMark, Medium
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.certificates.steps import Kit
from tests.contacts.steps import ERIK, NEW, PHONE, SAMI, erik, now, recorded, update, with_changes
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import token_in
from tests.orders.steps import House, browsing, codes_of
from tests.signin.steps import Mailbox


def roots(page: Page) -> list[str]:
    return [str(tag["id"]) for tag in page.soup.find_all(recursive=False)]


def edit(browser: BrowsingClient, contact: TechnicalContact, certificate_id: int | None = None) -> Page:
    only = f"?certificate={certificate_id}" if certificate_id else ""
    return browser.get(f"/contacts/{contact.id}/edit{only}", expect=200)


class TestTheList:
    def test_without_anybody_says_how_somebody_comes_there(self, browser: BrowsingClient) -> None:
        page = browser.get("/contacts", expect=200)
        assert page.h1 == "Technical contact persons"
        assert "Nobody has been named yet" in page.text
        assert page.link("Apply for a certificate") == "/orders/new"

    def test_shows_who_looks_after_what(self, browser: BrowsingClient, kit: Kit) -> None:
        certificate, order = kit.certificate(), kit.order(description="Mallilön 7")
        page = browser.get("/contacts", expect=200)
        for words in ("Sami Salminen", "Ohjelmisto Oy", "+358 45 700 0003", "valid until 1 December 2028"):
            assert words in page.text
        assert page.link("Mallilön 6") == f"/certificates/{certificate.id}"
        assert page.link(f"order {order.number}") == f"/orders/{order.number}"

    def test_leads_on_where_somebody_looks_after_much(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        for number in range(7):
            kit.order(description=f"Mallilön {number}")
        page = browser.get("/contacts", expect=200)
        assert "Mallilön 6" not in page.text
        page = page.follow("and 2 more")
        assert page.h1 == "Sami Salminen"
        assert "Mallilön 6" in page.text

    def test_begins_with_those_whom_mail_does_not_reach(
        self, house: House, browser: BrowsingClient, kit: Kit, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        builders.contact(house.organisation, "Aatu Aalto", "aatu@ohjelmisto.example")
        smtp.refuse(SAMI)
        kit.order()
        deliver()
        page = browser.get("/contacts", expect=200)
        assert [heading.text for heading in page.soup.select("#contacts h2")] == ["Sami Salminen", "Aatu Aalto"]
        assert "Mail does not arrive" in page.text
        assert "550 5.1.1 No such user here" in page.text

    def test_the_address_is_right_try_again(
        self, browser: BrowsingClient, kit: Kit, smtp: SmtpFarEnd, deliver: Callable[[], int]
    ) -> None:
        smtp.refuse(SAMI)
        kit.order()
        deliver()
        page = browser.get("/contacts").submit("The address is right, try again")
        assert page.path == "/contacts"
        assert "Mail is sent to the address again." in page.text
        assert "Mail does not arrive" not in page.text
        assert outbox.marked(SAMI) is None
        assert [entry.subject for entry in recorded("address_unmarked")] == [f"address:{SAMI}"]

    def test_a_refused_second_address_is_a_trouble_too(
        self, house: House, browser: BrowsingClient, sami: TechnicalContact, smtp: SmtpFarEnd
    ) -> None:
        update(house, sami, with_changes(sami, second_email=erik().email))
        builders.kept(
            AddressMark(address=ERIK, medium=Medium.MAIL, outbox_row_id=1, reply="550 gone", marked_at=clock.now())
        )
        page = browser.get("/contacts")
        assert f"refused mail for {ERIK}" in page.text.replace("\u200b", "")
        page.submit("The address is right, try again")
        assert outbox.marked(ERIK) is None

    def test_a_wrong_number_is_told_until_it_is_corrected(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        with transaction() as session:
            registry.note_wrong_number(session.get_one(TechnicalContact, sami.id))
        page = browser.get("/contacts")
        assert "whoever got the message said that +358 45 700 0003 is not theirs" in page.text
        page.follow("Correct the number").submit("Save", mobile="0457 000 077")
        assert "is not theirs" not in browser.get("/contacts").text

    def test_the_number_is_right(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact, mailbox: Mailbox
    ) -> None:
        order = kit.order()
        mailbox.deliver()
        secure_messages.report_wrong_number(token_in(mailbox.smtp.messages[-1]), house.actor)
        assert "The mobile number is wrong" in browser.get(f"/orders/{order.number}").text
        page = browser.get(f"/contacts/{sami.id}").submit("The number is right")
        assert page.path == "/contacts"
        assert "The mobile number is no longer said to be wrong." in page.text
        assert "is not theirs" not in page.text
        assert "The mobile number is wrong" not in browser.get(f"/orders/{order.number}").text
        assert [entry.subject for entry in recorded("number_said_right")] == [f"contact:{sami.id}"]
        assert "reported as wrong was said to be right" in browser.get("/activity").text

    def test_the_number_is_right_in_place(self, browser: BrowsingClient, sami: TechnicalContact) -> None:
        with transaction() as session:
            registry.note_wrong_number(session.get_one(TechnicalContact, sami.id))
        page = browser.get(f"/contacts/{sami.id}")
        part = browser.post(f"/contacts/{sami.id}/number-is-right", htmx=True)
        assert roots(part) == [f"contact-{sami.id}"]
        assert "The mobile number is no longer said to be wrong." in part.text
        page.submit("The number is right")
        assert len(recorded("number_said_right")) == 1

    def test_who_looks_after_nothing_can_be_removed(self, browser: BrowsingClient, sami: TechnicalContact) -> None:
        page = browser.get("/contacts").submit("Remove from the list")
        assert "Sami Salminen is no longer in the list." in page.text
        assert "Nobody has been named yet" in page.text

    def test_who_was_given_an_order_meanwhile_is_not_removed(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        page = browser.get("/contacts")
        kit.order()
        told = page.submit("Remove from the list")
        assert told.status == 409
        assert "looks after a certificate or an order" in told.errors[0]

    def test_comes_in_pages_of_25(self, house: House, browser: BrowsingClient) -> None:
        for number in range(30):
            builders.contact(house.organisation, f"Kontakt {number:02}", f"k{number}@ohjelmisto.example")
        page = browser.get("/contacts")
        assert len(page.soup.select("#contacts > section")) == 25
        assert "30 contact persons. Page 1 of 2" in page.text
        second = browser.get("/contacts?page=2", htmx=True)
        assert roots(second) == ["contacts"]
        assert len(second.soup.select("#contacts > section")) == 5
        assert len(browser.get("/contacts?page=99").soup.select("#contacts > section")) == 5

    def test_shows_nobody_of_another_organisation(self, app: Flask, sami: TechnicalContact) -> None:
        other = builders.organisation("Exempelholm Oy", "9900002-6")
        browser = browsing(app, builders.signatory(other, "aino@exempelholm.example", "Aino"), other)
        assert "Nobody has been named yet" in browser.get("/contacts").text
        for path in ("", "/edit", "/changed"):
            assert browser.get(f"/contacts/{sami.id}{path}").status == 404
        for path in ("/edit", "/try-again", "/remove"):
            assert browser.post(f"/contacts/{sami.id}{path}", NEW).status == 404
        assert now(sami).name == "Sami Salminen"


class TestTheForm:
    def test_is_a_page_that_works_without_scripts(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        page = browser.get("/contacts").follow("Change the details")
        assert page.h1 == "Change the contact person’s details"
        assert page.field("email") == SAMI
        page = page.submit("Save", **NEW)
        assert page.h1 == "The contact person’s details have been changed"
        assert page.path == f"/contacts/{sami.id}/changed"
        assert now(sami).email == ERIK

    def test_opens_in_place_with_htmx_and_leads_on_when_something_follows(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        listed = browser.get("/contacts")
        anchor = listed.soup.select_one(f'a[hx-get="/contacts/{sami.id}/edit"]')
        assert anchor is not None
        assert anchor["hx-target"] == f"#contact-{sami.id}"
        form = browser.get(str(anchor["hx-get"]), htmx=True, expect=200)
        assert roots(form) == [f"contact-{sami.id}"]
        assert form.soup.select_one(f"#contact-{sami.id}-name") is not None
        saved = form.submit("Save", htmx=True, **NEW)
        assert (saved.status, saved.headers["HX-Redirect"]) == (204, f"/contacts/{sami.id}/changed")

    def test_in_place_gives_the_contact_back_when_nothing_follows(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        browser.get("/contacts")
        form = browser.get(f"/contacts/{sami.id}/edit", htmx=True)
        saved = form.submit("Save", htmx=True, company="Toinen Oy")
        assert roots(saved) == [f"contact-{sami.id}"]
        assert "The details have been saved." in saved.text
        assert "Toinen Oy" in saved.text

    def test_names_every_mistake_and_keeps_what_was_typed(
        self, browser: BrowsingClient, sami: TechnicalContact
    ) -> None:
        page = edit(browser, sami).submit("Save", name=" ", mobile="09 123 4567", email="sami@ohjelmisto")
        assert page.status == 422
        assert len(page.errors) == 3
        assert page.soup.title is not None
        assert page.soup.title.text.startswith("Error: ")
        assert page.field("mobile") == "09 123 4567"
        assert now(sami).email == SAMI

    @pytest.mark.parametrize(("htmx", "status"), [(False, 409), (True, 422)])
    def test_changed_meanwhile_is_told_and_what_was_typed_stays(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact, htmx: bool, status: int
    ) -> None:
        kit.certificate()
        form = edit(browser, sami)
        update(house, sami, with_changes(sami, name="Sami Salmi"))
        told = form.submit("Save", htmx=htmx, **NEW)
        assert told.status == status
        assert "changed in another window" in told.errors[0]
        assert told.field("name") == NEW["name"]
        assert "Saved now" in told.text
        assert "Sami Salmi" in told.text
        assert now(sami).name == "Sami Salmi"
        told.submit("Save", htmx=htmx)
        assert now(sami).name == NEW["name"]

    def test_of_somebody_whose_place_was_taken_leads_to_the_list(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        builders.contact(
            house.organisation, NEW["name"], ERIK, company=NEW["company"], phone=PHONE.e164, language=Language.SV
        )
        form = edit(browser, sami)
        update(house, sami, erik())
        told = form.submit("Save", name="Kalle")
        assert told.path == "/contacts"
        assert "somebody else has taken the place" in told.text


class TestForWhichOfThem:
    def test_is_asked_where_several_share_the_contact(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one = kit.certificate()
        kit.certificate(description="Mallilön 7")
        kit.order(description="Mallilön 8")
        page = browser.get(f"/certificates/{one.id}").follow("Change the contact’s details")
        assert "Only this certificate" in page.text
        assert "Everything that Sami Salminen looks after" in page.text
        for name in ("Mallilön 6", "Mallilön 7", "Mallilön 8"):
            assert name in page.text
        page = page.submit("Save", **NEW)
        assert (page.status, page.errors) == (422, ["What does the change concern? Choose what the change concerns"])
        assert now(sami).name == "Sami Salminen"

    def test_only_this_certificate(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one, other = kit.certificate(), kit.certificate(description="Mallilön 7")
        page = edit(browser, sami, one.id).submit("Save", **NEW, scope="one")
        assert page.h1 == "The contact person’s details have been changed"
        assert "Mallilön 6" in page.text
        assert "Mallilön 7" not in page.text
        assert now(one).contact.email == ERIK
        assert now(other).contact.email == SAMI

    def test_everything(self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact) -> None:
        one, other = kit.certificate(), kit.certificate(description="Mallilön 7")
        page = edit(browser, sami, one.id).submit("Save", **NEW, scope="everything")
        assert "Mallilön 7" in page.text
        assert {now(one).contact.email, now(other).contact.email} == {ERIK}

    def test_is_not_asked_where_there_is_nothing_else(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one = kit.certificate()
        page = edit(browser, sami, one.id)
        assert not page.soup.select("[name=scope]")
        page.submit("Save", **NEW)
        assert now(one).contact.email == ERIK

    def test_from_the_list_everything_is_named_and_each_can_be_chosen_alone(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one = kit.certificate()
        kit.certificate(description="Mallilön 7")
        page = edit(browser, sami)
        assert "The change concerns all of these" in page.text
        alone = page.follow("change for this one only")
        assert alone.path == f"/contacts/{sami.id}/edit?certificate={one.id}"
        assert alone.soup.select("[name=scope]")

    @pytest.mark.parametrize("shared", [True, False])
    def test_a_certificate_that_was_given_away_meanwhile_changes_nothing_else(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact, shared: bool
    ) -> None:
        """ "Only this certificate" never becomes everything that its former contact looks after."""
        one, other = kit.certificate(), kit.certificate(description="Mallilön 7")
        form = edit(browser, sami, one.id)
        update(house, sami, erik(), one)
        if shared:
            kit.order(description="Mallilön 8")
        told = form.submit("Save", name="Kalle Kolmas", scope="one")
        assert (told.status, told.field("name")) == (409, "Kalle Kolmas")
        assert "changed in another window" in told.errors[0]
        assert "Erik Exempelsson" in told.text, "who is the contact now"
        assert (now(one).contact.name, now(other).contact.name) == ("Erik Exempelsson", "Sami Salminen")
        told.submit("Save")
        assert (now(one).contact.name, now(other).contact.name) == ("Kalle Kolmas", "Sami Salminen")

    def test_a_certificate_whose_contacts_place_was_taken_shows_who_took_it(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one = kit.certificate()
        builders.contact(
            house.organisation, NEW["name"], ERIK, company=NEW["company"], phone=PHONE.e164, language=Language.SV
        )
        form = edit(browser, sami, one.id)
        update(house, sami, erik())
        told = form.submit("Save", name="Kalle Kolmas")
        assert (told.status, told.field("name")) == (409, "Kalle Kolmas")
        told.submit("Save")
        assert now(one).contact.name == "Kalle Kolmas"

    def test_an_old_link_from_a_certificate_leads_to_the_contact_it_has_now(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one = kit.certificate()
        kit.certificate(description="Mallilön 7")
        updated = update(house, sami, erik(), one)
        page = edit(browser, sami, one.id)
        assert page.path == f"/contacts/{updated.contact_id}/edit?certificate={one.id}"
        assert page.field("name") == "Erik Exempelsson"

    def test_a_certificate_that_is_nobodys_is_no_choice(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        kit.certificate(description="Mallilön 7")
        assert edit(browser, sami, 999).soup.select("[name=scope]") == []
        assert browser.post(f"/contacts/{sami.id}/edit?certificate=999", NEW | {"version": "1"}).path == "/contacts"
        assert now(sami).name == "Sami Salminen"

    def test_in_place_on_the_certificates_page_leads_back_there(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        one = kit.certificate()
        page = browser.get(f"/certificates/{one.id}")
        anchor = page.soup.select_one("#contact a[hx-get]")
        assert anchor is not None
        form = browser.get(str(anchor["hx-get"]), htmx=True)
        saved = form.submit("Save", htmx=True, company="Toinen Oy")
        assert (saved.status, saved.headers["HX-Redirect"]) == (204, f"/certificates/{one.id}")


class TestWhatFollows:
    def test_outstanding_codes_are_offered_anew(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact, mailbox: Mailbox
    ) -> None:
        order = kit.order()
        page = edit(browser, sami).submit("Save", **NEW)
        assert f"Order {order.number} waits for new codes" in page.text
        page = page.submit("Send new codes")
        assert page.path == f"/orders/{order.number}"
        assert codes_of(order).state is CodesState.LIVE
        assert len(mailbox.to(ERIK)) == 1
        assert "waits for new codes" not in browser.get(f"/contacts/{sami.id}/changed").text

    def test_an_order_without_codes_is_on_every_list_until_they_are_sent(
        self, house: House, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        order = kit.order()
        update(house, sami, erik())
        assert "new codes have not been sent" in browser.get("/").text
        assert "New codes have not been sent" in browser.get("/certificates").text
        page = browser.get(f"/orders/{order.number}")
        assert "Send new ones to Erik Exempelsson" in page.text
        assert "The transfer codes are void" in page.text
        page = page.submit("Send new codes")
        assert "have not been sent" not in page.text
        assert "void, because the contact’s details were changed" in page.text

    def test_whether_the_former_contact_can_still_use_the_key_is_asked(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        certificate = kit.certificate()
        page = edit(browser, sami).submit("Save", **NEW)
        assert "Can the former contact person still use the key?" in page.text
        assert "If Sami Salminen had the key" in page.text
        assert page.link("Apply for a new one in its place") == f"/orders/new?replaces={certificate.id}"
        assert page.link("Revoke") == f"/certificates/{certificate.id}/revoke"
        assert page.follow("Apply for a new one in its place").h1 == "Apply for a certificate"
        assert page.follow("Revoke").status == 200

    def test_another_number_alone_asks_nothing_about_keys(
        self, browser: BrowsingClient, kit: Kit, sami: TechnicalContact
    ) -> None:
        kit.certificate()
        page = edit(browser, sami).submit("Save", mobile="0457 000 077")
        assert page.path == f"/contacts/{sami.id}/changed"
        assert "still use the key" not in page.text
        assert "before: +358 45 700 0003" in page.text

    def test_the_page_stands_without_any_change_too(self, browser: BrowsingClient, sami: TechnicalContact) -> None:
        assert browser.get(f"/contacts/{sami.id}/changed", expect=200).h1 == "Sami Salminen"

    def test_a_language_chosen_on_the_answer_to_a_verb_leads_somewhere(
        self, browser: BrowsingClient, sami: TechnicalContact
    ) -> None:
        assert browser.get(f"/contacts/{sami.id}/try-again").path == f"/contacts/{sami.id}"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_is_drawn_in_each_language(
    app: Flask, house: House, kit: Kit, sami: TechnicalContact, language: str
) -> None:
    certificate, order = kit.certificate(), kit.order(description="Mallilön 7")
    browser = browsing(app, house.person, house.organisation, language)
    for path in ("", f"/{sami.id}", f"/{sami.id}/edit", f"/{sami.id}/edit?certificate={certificate.id}"):
        browser.get(f"/contacts{path}", expect=200)
    browser.get(f"/contacts/for-order/{order.number}", expect=200)
    service.update_contact(sami.id, sami.version, erik(), house.actor)
    browser.get(f"/contacts/{sami.id}/changed", expect=200)
