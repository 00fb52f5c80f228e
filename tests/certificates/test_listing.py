"""The signatory's list: what needs action first; filter and pages; what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert

from certportal import clock as clocks
from certportal.certificates import service
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from tests import builders
from tests.browsing import BrowsingClient, Page
from tests.certificates.steps import Kit
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.orders.steps import House, browsing


def listed(browser: BrowsingClient, query: str = "") -> Page:
    return browser.get(f"/certificates{query}", expect=200)


def headings(page: Page) -> list[str]:
    return [" ".join(tag.get_text(" ").split()) for tag in page.soup.select("#certificates h2, #certificates summary")]


def names(page: Page) -> list[str]:
    return [tag.get_text() for tag in page.soup.select("#certificates th .t")]


def certificate_row(house: House, order_id: int, contact_id: int, number: int, **values: Any) -> dict[str, Any]:
    """A certificate as a row, without a signature: for lists that would take minutes to issue."""
    now = clocks.now()
    return {
        "order_id": order_id,
        "organisation_id": house.organisation.id,
        "channel_id": house.channel.id,
        "environment": Environment.PRODUCTION,
        "description": f"Program {number}",
        "contact_id": contact_id,
        "state": CertificateState.ISSUED,
        "serial": f"{number:040x}",
        "retrieval_id": f"{number:032d}",
        "public_key_hash": f"{number:064x}",
        "key_description": "EC P-256",
        "to_be_signed": b"",
        "der": b"",
        "sha256": f"{number:064x}",
        "not_before": now,
        "not_after": now + timedelta(days=100 + number % 600),
        "prepared_at": now,
        "issued_at": now,
        "revocation_reason": "",
        "version": 1,
    } | values


def fill(kit: Kit, count: int, **values: Any) -> None:
    """So many certificates beside those that are there."""
    order = kit.certificate().order
    rows = [certificate_row(kit.house, order.id, order.contact_id, number, **values) for number in range(1, count)]
    with transaction() as session:
        if rows:
            session.execute(insert(Certificate), rows)


def test_an_empty_list_says_what_to_do_and_what_is_needed(browser: BrowsingClient, house: House) -> None:
    page = listed(browser)
    assert "No certificates yet" in page.text
    assert page.link("Apply for a new certificate") == "/orders/new"
    assert "the name, mobile number and e-mail address of the technical contact person" in page.text


def test_what_needs_action_comes_first_and_what_has_ended_last(
    app: Flask, kit: Kit, clock: FakeClock, smtp: SmtpFarEnd, deliver: Any
) -> None:
    revoked = kit.certificate(description="Revoked one")
    kit.certificate(description="Ends first")
    clock.move(days=690)
    kit.certificate(description="Valid one")
    service.revoke(revoked.id, service.Reason.UNNECESSARY, builders.acting(kit.house.person))
    kit.order(description="Waits")
    kit.order(description="Refused")
    smtp.refuse("sami@ohjelmisto.example")
    deliver()
    smtp.heal()
    page = listed(browsing(app, kit.house.person, kit.house.organisation))
    assert headings(page) == ["Needs action 3", "Valid 1", "Ended 1"]
    assert names(page) == ["Ends first", "Waits", "Refused", "Valid one", "Revoked one"]
    assert "Not delivered The e-mail did not arrive" in page.text
    assert "5 certificates" in page.text
    assert "Expires soon until 1 December 2028 41 days left" in page.text


def test_an_order_that_only_waits_has_its_own_place(browser: BrowsingClient, kit: Kit) -> None:
    kit.order(description="Waits")
    page = listed(browser)
    assert headings(page) == ["Awaiting collection 1"]
    assert "collect by 15 December 2026 14 days left" in page.text


def test_a_certificate_that_is_cared_for_needs_no_action(app: Flask, kit: Kit, clock: FakeClock) -> None:
    marked = kit.certificate(description="Marked")
    replaced = kit.certificate(description="Replaced")
    clock.move(days=700)
    service.will_not_be_renewed(marked.id, builders.acting(kit.house.person))
    order = kit.order(description="Successor", reason="replaces", replaces_certificate_id=replaced.id)
    browser = browsing(app, kit.house.person, kit.house.organisation)
    assert headings(listed(browser)) == ["Needs action 1", "Awaiting collection 1", "Valid 1"]
    successor = kit.certificate(order)
    page = listed(browser)
    assert headings(page) == ["Valid 3"]
    assert "a new one has taken its place" in page.text
    assert "will not be renewed" in page.text
    service.revoke(successor.id, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    assert headings(listed(browser)) == ["Needs action 1", "Valid 1", "Ended 1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mallilön", ["Mallilön 6"]),
        ("?q=MALLILÖN", ["Mallilön 6"]),
        ("?q=salminen", ["Mallilön 6", "Waits", "Testi"]),
        ("?q=%25", []),
        ("?state=awaiting", ["Waits"]),
        ("?state=valid", ["Mallilön 6", "Testi"]),
        ("?state=revoked", []),
        ("?environment=TEST", ["Testi"]),
        ("?channel=1", ["Waits", "Mallilön 6", "Testi"]),
        ("?channel=2", []),
        ("?channel=99999999999999999999&state=nonsense&environment=MARS&page=-3", ["Waits", "Mallilön 6", "Testi"]),
        ("?q=2026-000002", ["Waits"]),
        ("?q=%00%FF%F0&page=abc", []),
        ("?page=99999999999999999999999999", ["Waits", "Mallilön 6", "Testi"]),
    ],
)
def test_the_list_can_be_narrowed(browser: BrowsingClient, kit: Kit, query: str, found: list[str]) -> None:
    kit.certificate()
    kit.order(description="Waits")
    kit.certificate(description="Testi", environment=Environment.TEST)
    page = listed(browser, query)
    assert sorted(names(page)) == sorted(found)
    if not found:
        assert "Nothing was found" in page.text


def test_the_list_is_found_by_serial_number(browser: BrowsingClient, kit: Kit) -> None:
    issued = kit.certificate()
    assert names(listed(browser, f"?q={issued.serial[:12].upper()}")) == ["Mallilön 6"]


def test_twenty_five_on_a_page_and_every_one_is_on_one(browser: BrowsingClient, kit: Kit) -> None:
    fill(kit, 60)
    kit.order(description="Waits")
    seen: list[str] = []
    page = listed(browser)
    assert "61 certificates. Page 1 of 3" in page.text
    while True:
        assert len(names(page)) <= 25
        seen += names(page)
        if not page.soup.find("a", rel="next"):
            break
        page = page.follow("Next page")
    assert len(seen) == 61
    assert len(set(seen)) == 61


def test_htmx_gets_the_list_alone(browser: BrowsingClient, kit: Kit) -> None:
    kit.certificate()
    page = listed(browser)
    part = browser.get("/certificates?q=nothing", htmx=True)
    assert part.soup.find("html") is None
    assert [tag.get("id") for tag in part.soup.find_all(recursive=False) if tag.name] == ["certificates"]
    form, _ = page.form("Search")
    assert (form["hx-get"], form["hx-push-url"]) == ("/certificates", "true")


def test_another_organisations_certificates_are_not_listed(app: Flask, kit: Kit) -> None:
    kit.certificate()
    stranger = builders.organisation("Exempelholm Bygg Ab", "9900002-6")
    person = builders.signatory(stranger, "else@exempelholm.example")
    assert "No certificates yet" in listed(browsing(app, person, stranger)).text


def test_markup_in_a_description_is_shown_as_text(browser: BrowsingClient, kit: Kit) -> None:
    kit.certificate(description="<script>x()</script>")
    page = listed(browser, "?q=<script>")
    assert names(page) == ["<script>x()</script>"]
    assert page.soup.select("main script") == []


def rows_read(house: House, **wanted: Any) -> int:
    """How many steps SQLite's engine takes for one page, in hundreds: what the page costs, whatever the machine."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: Any, *_rest: Any) -> None:
        connection.connection.driver_connection.set_progress_handler(count, 100)

    event.listen(db.engine, "before_cursor_execute", watch)
    try:
        db.session.rollback()
        service.listing(house.organisation.id, service.Wanted(**wanted), 1, "en")
    finally:
        event.remove(db.engine, "before_cursor_execute", watch)
        db.session.connection().connection.driver_connection.set_progress_handler(None, 100)  # type: ignore[union-attr]
    return steps


def test_no_part_of_the_list_sorts_or_scans_what_it_does_not_show(kit: Kit) -> None:
    """The index gives each part in its order: only the counts walk it, at a few steps a certificate."""
    fill(kit, 3_000)
    assert rows_read(kit.house) < 3_000 * 12 / 100


@pytest.mark.parametrize(
    ("language", "until", "collect"),
    [("fi", "1.12.2028 asti", "nouto viimeistään 15.12.2026"), ("sv", "till 1.12.2028", "hämtas senast 15.12.2026")],
)
def test_every_line_speaks_the_readers_language(app: Flask, kit: Kit, language: str, until: str, collect: str) -> None:
    kit.certificate()
    kit.order(description="Waits")
    page = listed(browsing(app, kit.house.person, kit.house.organisation, language))
    assert until in page.text
    assert collect in page.text


def test_each_reader_has_the_list_in_their_own_language(app: Flask, kit: Kit) -> None:
    kit.certificate()
    for language, environment in {"en": "production", "fi": "tuotanto", "sv": "produktion"}.items():
        read = listed(browsing(app, kit.house.person, kit.house.organisation, language))
        assert environment in read.text


def test_what_ended_lately_needs_action_until_something_takes_its_place(app: Flask, kit: Kit, clock: FakeClock) -> None:
    order = kit.order(description="Ended")
    ended = kit.certificate(order)
    kit.certificate(description="Ends later")
    service.will_not_be_renewed(kit.certificate(description="Let go").id, builders.acting(kit.house.person))
    clock.at = ended.not_after + timedelta(days=29)
    page = listed(browsing(app, kit.house.person, kit.house.organisation))
    assert headings(page) == ["Needs action 2", "Ended 1"]
    assert names(page) == ["Ended", "Ends later", "Let go"]
    assert page.link("Apply for a new one in its place : Ended") == f"/orders/new?replaces={ended.id}"
    assert names(listed(page.browser, "?state=expires_soon")) == []
    assert len(names(listed(page.browser, "?state=expired"))) == 3
    assert all(each.get_text(strip=True) for each in page.soup.select("#certificates .sub"))  # a dot stands before each
    clock.move(days=2)
    assert headings(listed(browsing(app, kit.house.person, kit.house.organisation))) == ["Ended 3"]
