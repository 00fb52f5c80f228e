"""No line of the log holds the token of a link, whatever went wrong while it was opened."""

import logging
from typing import Any

import pytest
from flask import Flask
from gunicorn.config import Config

from certportal.serving import MaskingLogger
from tests.browsing import BrowsingClient

TOKEN = "vErYsEcReTtOkEn0123456789abcdefghijklmnopqrs"


@pytest.fixture(params=["/messages/", "/desk/sign-in/link/"])
def link(request: pytest.FixtureRequest, app: Flask) -> str:
    """A link whose view fails, with the address in the words of the exception."""
    address = f"{request.param}{TOKEN}"
    with app.test_request_context(address) as context:
        endpoint = context.request.endpoint
    assert endpoint is not None
    view = app.view_functions[endpoint]

    def fail(**_values: Any) -> str:
        raise RuntimeError(f"no way to {address}", address)

    fail.allowed = view.allowed  # type: ignore[attr-defined]
    app.view_functions[endpoint] = fail
    return address


def test_a_fault_behind_a_link_is_logged_without_its_token(
    link: str, client: BrowsingClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get(link, expect=500)
    assert link.replace(TOKEN, "[token]") in caplog.text
    assert "RuntimeError" in caplog.text
    assert TOKEN not in caplog.text
    assert TOKEN not in repr([vars(record) for record in caplog.records])


def test_gunicorns_own_words_about_a_fault_hold_no_token(
    link: str, app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    log = MaskingLogger(Config())
    try:
        raise RuntimeError(f"cannot read {link}")
    except RuntimeError:
        log.exception("Error handling request %s", link)
    said = capsys.readouterr().err
    assert "Error handling request" in said
    assert "cannot read" in said
    assert TOKEN not in said


@pytest.mark.parametrize("name", ["certportal.outbox.delivery", "sqlalchemy.engine", "somebody.else"])
def test_whoever_writes_the_line_it_is_masked(app: Flask, caplog: pytest.LogCaptureFixture, name: str) -> None:
    logging.getLogger(name).warning("looking at %s, %d %%", f"/messages/{TOKEN}/pin", 5)
    assert "looking at /messages/[token]/pin, 5 %" in caplog.text
    assert TOKEN not in caplog.text


def test_other_lines_are_left_as_they_were_written(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("somebody.else").warning("%d of %s", 3, "five")
    assert (caplog.records[-1].msg, caplog.records[-1].args) == ("%d of %s", (3, "five"))


def test_a_line_with_wrong_arguments_is_still_the_loggers_to_report(app: Flask) -> None:
    record = logging.getLogRecordFactory()("name", logging.WARNING, "", 1, "%d of %d", (1,), None)
    with pytest.raises(TypeError):
        record.getMessage()
