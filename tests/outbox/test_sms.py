"""Text messages reach the gateway as they were written, every failure is temporary, and no PIN reaches a log."""

import logging
from typing import Literal

import pytest
from flask import Flask

from certportal.outbox.outcomes import Accepted, Temporary
from certportal.outbox.sms import SmsGateway, sms_gateway
from tests.far_ends import DROP, HANG, SmsFarEnd
from tests.far_ends.script import Answer

NUMBER = "+358401234567"
PIN = "481516"
TEXT = f"Certportal: PIN-koodi on {PIN}. Voimassa 10 minuuttia."
METHODS: list[Literal["get", "post"]] = ["get", "post"]

AS_WRITTEN = [
    TEXT,
    "Åländsk PIN-kod: öppna meddelandet, älä vastaa",
    "*not bold* _not slanted_ # no heading\n- no list",
    "<b>&amp; no markup</b> 1 < 2 & 3 > 2",
    ":smile: :+1: stays as it is",
    r"C:\new\table keeps its backslashes",
    "two lines\nand a third\n\nafter a blank one",
    "100 % + 1 = 101; a/b?c=d&e=f {to}",
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", AS_WRITTEN)
def test_wire_5_sms_arrives_as_it_was_written(sms: SmsFarEnd, method: Literal["get", "post"], text: str) -> None:
    assert isinstance(SmsGateway(sms.url_by(method)).send(NUMBER, text), Accepted)
    assert [(message.to, message.text) for message in sms.messages] == [(NUMBER, text)]


def test_a_long_text_message_is_neither_cut_nor_divided(sms: SmsFarEnd) -> None:
    text = "Pitkä viesti. " * 80 + "Loppu."
    assert isinstance(SmsGateway(sms.url_template).send(NUMBER, text), Accepted)
    assert [message.text for message in sms.messages] == [text]


@pytest.mark.parametrize(
    "answer", ["503 Service Unavailable", "400 Bad number", "403 Wrong password", "302 Found", DROP]
)
def test_every_failure_is_temporary_and_the_next_message_goes_out(sms: SmsFarEnd, answer: Answer) -> None:
    gateway = SmsGateway(sms.url_template)
    sms.script(answer)
    outcome = gateway.send(NUMBER, TEXT)
    assert isinstance(outcome, Temporary)
    assert outcome.reply
    assert isinstance(gateway.send(NUMBER, TEXT), Accepted)


def test_a_gateway_that_falls_silent_is_waited_for_no_longer_than_set(sms: SmsFarEnd) -> None:
    sms.script(HANG)
    assert isinstance(SmsGateway(sms.url_template, timeout=0.2).send(NUMBER, TEXT), Temporary)


def test_no_gateway_at_all_is_temporary() -> None:
    gone = SmsFarEnd()
    gone._server.server_close()
    assert isinstance(SmsGateway(gone.url_template).send(NUMBER, TEXT), Temporary)


@pytest.mark.parametrize("url", ["nonsense://{to}", "", "form://", "twilio://nothing-else/{to}"])
def test_a_url_that_apprise_cannot_use_is_temporary_and_says_so(url: str) -> None:
    outcome = SmsGateway(url).send(NUMBER, TEXT)
    assert isinstance(outcome, Temporary)
    assert "SMS_URL" in outcome.reply


def test_a_url_that_calls_its_gateway_optional_hides_no_failure(sms: SmsFarEnd) -> None:
    sms.script("503 Service Unavailable")
    assert isinstance(SmsGateway(sms.url_template + "&optional=yes").send(NUMBER, TEXT), Temporary)


def test_a_url_that_asks_for_emojis_gets_none(sms: SmsFarEnd) -> None:
    SmsGateway(sms.url_template + "&emojis=yes").send(NUMBER, ":smile:")
    assert [message.text for message in sms.messages] == [":smile:"]


@pytest.mark.parametrize("number", ["0401234567", "+358 40 1234567", "+358401234567&from=x", "", "+0401234567"])
def test_only_a_number_in_e164_is_dialled(sms: SmsFarEnd, number: str) -> None:
    with pytest.raises(ValueError):
        SmsGateway(sms.url_template).send(number, TEXT)
    assert sms.requests == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("answer", [None, "503 Service Unavailable", DROP])
def test_nothing_of_a_text_message_is_logged_at_any_level(
    sms: SmsFarEnd, caplog: pytest.LogCaptureFixture, method: Literal["get", "post"], answer: Answer | None
) -> None:
    if answer is not None:
        sms.script(answer)
    for name in ("", "apprise", "urllib3", "urllib3.connectionpool"):
        caplog.set_level(1, logger=name)
    SmsGateway(sms.url_by(method)).send(NUMBER, TEXT)
    logging.getLogger("certportal").debug("the log itself works")
    assert "the log itself works" in caplog.text
    assert PIN not in caplog.text
    assert sms.password not in caplog.text
    assert NUMBER.lstrip("+") not in caplog.text


def test_a_reply_keeps_neither_the_pin_nor_the_gateways_password(
    sms: SmsFarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apprise's services word their warnings as they like; this one repeats everything it was given."""
    from apprise.plugins.custom_form import NotifyForm

    def talkative(self: NotifyForm, body: str, **_: object) -> bool:
        self.logger.warning("Failed: %s with %s", body, self.payload_extras)
        return False

    monkeypatch.setattr(NotifyForm, "send", talkative)
    outcome = SmsGateway(sms.url_template).send(NUMBER, TEXT)
    assert isinstance(outcome, Temporary)
    assert outcome.reply.startswith("Failed: Cert***: PIN-koodi on ***. Voimassa")
    assert PIN not in outcome.reply
    assert sms.password not in outcome.reply


def test_a_gateway_does_not_print_its_url(sms: SmsFarEnd) -> None:
    assert sms.password not in repr(SmsGateway(sms.url_template))


def test_the_apps_gateway_is_the_one_of_its_settings(app: Flask, sms: SmsFarEnd) -> None:
    assert isinstance(sms_gateway().send(NUMBER, TEXT), Accepted)
    assert [message.text for message in sms.messages] == [TEXT]
