"""Error pages: whatever goes wrong, the visitor reads in their own language what to do, and nothing of our insides."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, abort
from sqlalchemy import text

from certportal.answers import allow
from certportal.extensions import db
from certportal.settings import Settings
from tests.browsing import BrowsingClient

LANGUAGES = ("fi", "sv", "en")
KNOWN = sorted(int(page.stem) for page in Path("templates/errors").glob("[0-9]*.html"))


def failing(app: Flask, failure: Callable[[], object]) -> None:
    """A page that always ends in this failure."""

    @allow("anonymous")
    def view() -> str:
        failure()
        return ""

    app.add_url_rule("/failing", view_func=view, endpoint="failing")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", KNOWN)
def test_each_error_has_a_page_that_says_what_to_do(app: Flask, status: int, language: str) -> None:
    failing(app, lambda: abort(status))
    browser = BrowsingClient(app)
    browser.environ["HTTP_ACCEPT_LANGUAGE"] = language
    page = browser.get("/failing", expect=status)
    assert page.soup.html is not None
    assert page.soup.html["lang"] == language
    assert str(status) in page.text
    assert page.soup.select_one("main a.ds-button") is not None


def test_a_fault_of_ours_tells_nothing_of_what_it_was(app: Flask) -> None:
    def fault() -> None:
        raise RuntimeError("the secret is hunter2")

    failing(app, fault)
    page = BrowsingClient(app).get("/failing", expect=500)
    assert "hunter2" not in page.response.get_data(as_text=True)
    assert "RuntimeError" not in page.response.get_data(as_text=True)


def test_the_page_of_a_fault_needs_no_database(app: Flask, settings: Settings) -> None:
    def look() -> None:
        db.session.execute(text("SELECT * FROM organisation"))

    failing(app, look)
    browser = BrowsingClient(app)
    with browser.http.session_transaction() as session:
        session["token"] = "a sign-in whose row would be looked up"
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    (settings.data_dir / "certportal.sqlite3").write_bytes(b"not a database any more" * 100)
    page = browser.get("/failing", expect=500)
    assert "029 000 0000" in page.text
