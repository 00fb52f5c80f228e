"""What scripts add: answers are checked as they are given, a suggestion is pressed, codes are copied, pages follow events."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from certportal.demo.cast import MAIJA
from tests.browser.conftest import Visits
from tests.browser.portal import Portal
from tests.browser.visiting import Visitor, tick
from tests.lived_in import token_for
from tests.no_skips import needs

pytestmark = needs("chromium")


@pytest.fixture
def form(signatory: Visits) -> Visitor:
    """The certificate application, a new contact chosen."""
    visitor = signatory("sv")
    visitor.open("/orders/application")
    visitor.read_in("sv")
    tick(visitor, "who", "new")
    return visitor


def typed(visitor: Visitor, field: str, text: str) -> None:
    """Fill in a field and leave it, as a person does; the answer of the check has come."""
    with visitor.page.expect_response(re.compile(r"/orders/check/")):
        visitor.page.locator(f"#{field}").fill(text)
        visitor.page.locator(f"#{field}").press("Tab")


def test_a_number_is_shown_back_as_it_will_be_dialled(form: Visitor) -> None:
    typed(form, "mobile", "0457000066")
    expect(form.page.locator(".ds-field", has=form.page.locator("#mobile"))).to_contain_text("+358 45 700 0066")


def test_a_swedish_number_is_offered_with_its_country_and_taken_with_one_press(form: Visitor) -> None:
    typed(form, "mobile", "070-123 45 67")
    form.page.locator('button[name="mobile_suggested"]').click()
    form.page.locator("#error-summary").wait_for()  # of the answers that are still missing
    expect(form.page.locator("#mobile")).to_have_value(re.compile(r"^\+46"))
    expect(form.page.locator("#mobile")).not_to_have_attribute("aria-invalid", "true")


def test_a_landline_is_named_as_such_at_once_and_the_error_goes_when_it_is_corrected(form: Visitor) -> None:
    typed(form, "mobile", "09 123 4567")
    mobile = form.page.locator("#mobile")
    expect(mobile).to_have_attribute("aria-invalid", "true")
    assert form.violations() == []
    typed(form, "mobile", "045 700 0066")
    expect(form.page.locator("#mobile")).not_to_have_attribute("aria-invalid", "true")


def test_the_missing_ending_of_an_address_is_named(form: Visitor) -> None:
    typed(form, "email", "sami@ohjelmisto")
    expect(form.page.locator("#email")).to_have_attribute("aria-invalid", "true")
    typed(form, "email", "sami@ohjelmisto.example")
    expect(form.page.locator("#email")).not_to_have_attribute("aria-invalid", "true")


def test_a_list_is_filtered_in_place_and_its_address_follows(signatory: Visits) -> None:
    visitor = signatory("en")
    visitor.open("/certificates")
    visitor.read_in("en")
    with visitor.page.expect_response(re.compile(r"/certificates\?")):
        visitor.page.locator('select[name="state"]').select_option("revoked")
    visitor.page.wait_for_url(re.compile(r"state=revoked"))
    assert visitor.violations() == []
    visitor.page.go_back()
    visitor.page.wait_for_url(re.compile(r"/certificates$"))
    visitor.page.locator('select[name="state"]:has(option[value=""]:checked)').wait_for()


def test_codes_are_copied_and_the_message_tells_when_they_have_been_used(
    visits: Visits, portal: Portal, story: Path
) -> None:
    visitor = visits("fi")
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cover = f"/messages/{token_for(story, MAIJA.email.key)}"
    texts = len(portal.sms.messages)
    visitor.open(cover)
    visitor.read_in("fi")
    visitor.page.locator("main form button[type=submit]").first.click()
    visitor.page.locator("#pin").fill(visitor.pin(texts))
    visitor.press("Show the message")
    shown = visitor.page.locator("#transfer-id").inner_text()
    visitor.page.locator('button[data-copy="transfer-id"]').click()
    expect(visitor.page.locator("#live")).to_have_text(visitor.words("Copied"))
    assert visitor.page.evaluate("navigator.clipboard.readText()") == shown
    asking = visitor.page.locator("#collected")
    expect(asking).to_have_attribute("hx-trigger", "every 10s")
    with visitor.page.expect_response(re.compile(r"/content$"), timeout=20_000) as answer:
        pass
    assert answer.value.status == 200
    expect(asking).to_be_visible()


def test_a_form_pressed_twice_is_sent_once(signatory: Visits) -> None:
    visitor, sent = signatory("en"), list[str]()
    visitor.open("/orders/application")
    visitor.read_in("en")
    visitor.page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    visitor.page.get_by_role("button", name=visitor.words("Check your answers")).dblclick()
    visitor.page.locator("#error-summary").wait_for()
    assert sent == ["POST"]
