"""The contact's way from the link in the mail to the transfer codes, and what the pages say when something is in the way."""

from tests.browsing import BrowsingClient
from tests.messages.steps import Phone, Post, open_with_pin, password_on


def test_the_link_the_pin_and_the_codes(client: BrowsingClient, post: Post, phone: Phone) -> None:
    page = open_with_pin(client, post, phone)
    assert page.h1 == "Here are your transfer codes"
    assert post.codes.transfer_id in page.text
    assert len(password_on(page)) == 16
