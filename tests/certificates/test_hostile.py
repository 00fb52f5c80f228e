"""Answers that nobody would send by mistake: 10 kB, control characters, markup, wrong encodings, on every form of this room."""

import pytest

from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit, certificates
from tests.orders.steps import browsing

HOSTILE = {
    "10 kB": "x" * 10_240,
    "NUL": "a\x00b",
    "control characters": "\x01\x1b[31m\x7f",
    "markup": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }}{% raw %}",
    "surrogate": "\ud800",
    "right to left": "\u202egnirts",
    "percent": "%s%n%(name)s",
    "sql": "'; DROP TABLE certificate; --",
}
LATIN = "Mallil\xf6n".encode("latin-1")


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", ["transfer_id", "transfer_password", "request_text", "request_file"])
def test_the_retrieval_form_answers_clearly(visitor: BrowsingClient, kit: Kit, field: str, answer: str) -> None:
    kit.codes()
    sent = answer.encode("utf-8", "surrogatepass")
    data = {"transfer_id": "123456789012", "transfer_password": "a", "request_text": "b"} | {field: sent}
    visitor.get("/retrieve")
    page = visitor.post("/retrieve", data)
    assert page.status == 422
    assert page.h1 == "Collect a certificate"
    assert page.errors
    assert page.soup.select("main script, main img") == []
    assert "7*7" not in page.text.replace("{{ 7*7 }}", "")
    assert certificates() == []


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", ["reason", "note"])
def test_the_form_of_a_revocation_answers_clearly(browser: BrowsingClient, kit: Kit, field: str, answer: str) -> None:
    kit.certificate()
    browser.get("/certificates/1/revoke")
    sent = answer.encode("utf-8", "surrogatepass")
    page = browser.post("/certificates/1/revoke", {"reason": "unnecessary", "note": ""} | {field: sent})
    assert page.status in (200, 422)
    assert page.soup.select("main script, main img") == []
    if page.status == 422:
        assert certificates()[0].revoked_at is None
        assert len(page.errors) == 1


def test_latin_letters_in_the_wrong_encoding_are_no_error_of_the_server(visitor: BrowsingClient, kit: Kit) -> None:
    visitor.get("/retrieve")
    for field in ("transfer_id", "transfer_password", "request_text"):
        assert visitor.post("/retrieve", {field: LATIN}).status == 422


def test_a_file_in_place_of_a_text_and_a_text_in_place_of_a_file(visitor: BrowsingClient, kit: Kit) -> None:
    import io

    visitor.get("/retrieve")
    data = {
        "transfer_id": (io.BytesIO(b"x"), "x.txt"),
        "request_text": (io.BytesIO(b"y"), "y.txt"),
        "request_file": "z",
    }
    assert visitor.post("/retrieve", data).status == 422


def test_more_than_the_server_takes_is_refused_before_it_is_read(visitor: BrowsingClient, kit: Kit) -> None:
    visitor.get("/retrieve")
    assert visitor.post("/retrieve", {"request_text": "x" * 300 * 1024}).status == 413


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_refusal_is_said_in_the_readers_language(visitor: BrowsingClient, kit: Kit, language: str) -> None:
    with visitor.http.session_transaction(base_url="http://localhost") as cookie:
        cookie["language"] = language
    visitor.get("/retrieve")
    page = visitor.post("/retrieve", {"transfer_id": "12"})
    words = {"fi": "Siirtotunnuksessa", "sv": "Överföringskoden", "en": "The transfer ID"}
    assert any(words[language] in error for error in page.errors), page.errors


def test_without_the_token_of_the_form_nothing_is_done(browser: BrowsingClient, kit: Kit) -> None:
    kit.certificate()
    browser.get("/certificates/1")
    for path in ("revoke", "will-not-be-renewed", "will-be-renewed"):
        answer = browser.http.post(f"/certificates/1/{path}", data={"reason": "unnecessary"})
        assert answer.status_code == 400
    assert browser.http.post("/retrieve", data={}).status_code == 400
    assert certificates()[0].revoked_at is None


def test_an_operator_or_a_stranger_does_not_get_in(kit: Kit, visitor: BrowsingClient) -> None:
    kit.certificate()
    for path in ("/certificates", "/certificates/1", "/certificates/1/revoke", "/certificates/1/files/chain.pem"):
        assert visitor.get(path).path.startswith("/sign-in?next=")
    assert browsing(visitor.app, kit.house.person, kit.house.organisation).get("/certificates/1").status == 200
