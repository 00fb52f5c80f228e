"""F8: a link scanner opens a one-time link and spends it."""

import re

import pytest

from certportal.certificates import service
from certportal.messages.models import CodesState
from certportal.refusals import Refusal
from tests.browsing import BrowsingClient
from tests.certificates.steps import PROGRAM, Kit, certificates, request
from tests.far_ends import SmsFarEnd
from tests.messages.steps import Phone, Post, dump, open_with_pin, password_on

ANY_LINK = re.compile(r"http://localhost(/[^\s<>\"]*)")


def scan(client: BrowsingClient, *paths: str) -> None:
    """What a scanner does: it follows every link, first asking for the head alone."""
    for path in paths:
        for method in ("HEAD", "GET"):
            client.http.open(path, method=method, base_url="http://localhost")


def test_f8_scanners_open_every_link_of_the_mail_and_what_it_leads_to_and_the_contact_still_reads_the_codes(
    client: BrowsingClient, post: Post, phone: Phone, sms: SmsFarEnd
) -> None:
    links = ANY_LINK.findall(post.mail.text)
    assert post.path in links
    beyond = [f"{post.path}/{page}" for page in ("pin", "content", "retrieve", "wrong-number", "certificate")]
    before = dump()
    for _ in range(5):
        scan(client, *links, *beyond)
    assert dump() == before
    assert (phone.messages, len(sms.messages)) == ([], 0)
    assert len(password_on(open_with_pin(client, post, phone))) == 16


def test_f8_reading_the_opened_message_again_and_again_spends_nothing(
    client: BrowsingClient, post: Post, phone: Phone
) -> None:
    password = password_on(open_with_pin(client, post, phone))
    for _ in range(5):
        scan(client, f"{post.path}/content", f"{post.path}/retrieve")
    assert password_on(client.get(f"{post.path}/content", expect=200)) == password
    assert post.codes.state is CodesState.LIVE


@pytest.mark.parametrize("sent", [b"", b"nothing of the kind", request()[:-60]])
def test_f8_only_a_certificate_that_was_issued_spends_the_codes(kit: Kit, sent: bytes) -> None:
    codes = kit.codes()
    with pytest.raises(Refusal):
        service.enrol(codes.transfer_id, codes.password, sent, PROGRAM)
    assert kit.codes_now(codes).state is CodesState.LIVE
    issued = service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert kit.codes_now(codes).state is CodesState.SPENT
    assert [row.id for row in certificates()] == [issued.id]
