"""The organisation's record: who did what to what, when, from where, in the words of its reader."""

import pytest

from certportal import audit
from certportal.extensions import transaction
from certportal.identifiers import Actor, ActorKind
from tests import builders
from tests.browsing import BrowsingClient, Page, words
from tests.orders.steps import House, order_placed


def record(house: House, verb: str, subject: str, by: Actor, **details: object) -> None:
    with transaction():
        audit.record(verb, subject, by=by, organisation_id=house.organisation.id, **details)


def rows(page: Page) -> list[str]:
    return [words(row) for row in page.soup.select("#activity tbody tr")]


def test_says_what_was_done_to_what_by_whom_and_from_where(house: House, browser: BrowsingClient) -> None:
    order = order_placed(house)
    page = browser.get("/activity")
    [row] = [each for each in rows(page) if each.startswith("The certificate was ordered")]
    assert page.link(order.number) == f"/orders/{order.number}"
    assert "Reason An additional certificate is needed" in row
    assert f"Channel {house.channel.name_en}" in row
    assert house.channel.code not in row
    assert house.person.name in row


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        (ActorKind.ANONYMOUS, "", "Somebody not signed in"),
        (ActorKind.JOB, "remind-uncollected", "The service itself"),
        (ActorKind.PROGRAM, "", "A program"),
        (ActorKind.COMMAND, "root", "root, on the server"),
        (ActorKind.CONTACT, "Sami Salminen", "Sami Salminen"),
    ],
)
def test_names_who_acted(house: House, browser: BrowsingClient, kind: ActorKind, name: str, shown: str) -> None:
    record(house, "wrong_pin", "order:999", Actor(kind, None, name, "192.0.2.5"))
    [row] = [each for each in rows(browser.get("/activity")) if each.startswith("A wrong PIN code")]
    assert f"{shown} 192.0.2.5" in row
    assert "remind-uncollected" not in row


def test_links_to_a_contact_as_long_as_it_has_a_page(house: House, browser: BrowsingClient) -> None:
    sami, former = builders.contact(house.organisation, "Sami"), builders.contact(house.organisation, "Former")
    with transaction() as session:
        session.merge(former).replaced_at = former.created_at
    for each in (sami, former):
        record(house, "contact_changed", f"contact:{each.id}", builders.OPERATOR, changed={"name": ["S", each.name]})
    page = browser.get("/activity")
    assert page.link("Sami") == f"/contacts/{sami.id}"
    assert page.follow("Sami").h1 == "Sami"
    assert not page.soup.find("a", string="Former")
    assert "Name S → Former" in page.text


def test_of_a_certificate_says_why_it_was_revoked(house: House, browser: BrowsingClient) -> None:
    record(house, "certificate_revoked", "certificate:999", builders.OPERATOR, serial="00ff", reason="unnecessary")
    assert "Reason The certificate is no longer needed" in browser.get("/activity").text


def test_of_an_access_right_names_its_channel(house: House, browser: BrowsingClient) -> None:
    record(house, "access_right_granted", "access_right:1", builders.OPERATOR, channel=house.channel.code)
    assert f"The access right to the channel {house.channel.name_en} was given" in browser.get("/activity").text


def test_says_what_an_operator_did_but_not_from_where(house: House, browser: BrowsingClient) -> None:
    record(house, "contact_changed", "contact:999", Actor(ActorKind.OPERATOR, 1, "Olli Operaattori", "192.0.2.5"))
    page = browser.get("/activity")
    assert "Olli Operaattori" in page.text
    assert "192.0.2.5" not in page.text
