"""What becomes of a letter when the mail server fails at any step, and what is never done to it."""

import contextlib
import socket
from dataclasses import replace

import pytest
from flask import Flask
from flask_mail import Mail, Message

from certportal.outbox.outcomes import Accepted, Outcome, Refused, Temporary, Unknown
from certportal.outbox.smtp import Post, mail_config, post
from certportal.settings import Settings
from tests.far_ends import DROP, HANG, HOST, SmtpFarEnd
from tests.far_ends.script import Answer
from tests.far_ends.smtp import Step
from tests.outbox.letter_writing import CODE, LINK, TOKEN, a_letter


def post_to(far_end: SmtpFarEnd, timeout: float = 5, **config: object) -> Post:
    state = Mail().init_mail({"MAIL_SERVER": HOST, "MAIL_PORT": far_end.port, **config})
    return Post(state, timeout, local_name="portal.example")


def kind_of(outcome: Outcome) -> tuple[type[Outcome], str | None]:
    return type(outcome), getattr(outcome, "of", None)


FAILURES: list[tuple[Step, Answer, type[Outcome], str | None]] = [
    ("connect", "554 5.3.2 Closed today", Temporary, "server"),
    ("connect", "421 4.3.2 Too busy", Temporary, "server"),
    ("connect", DROP, Temporary, "server"),
    ("ehlo", DROP, Temporary, "server"),
    ("mail", "451 4.3.0 Later", Temporary, "server"),
    ("mail", "421 4.4.2 Closing", Temporary, "server"),
    ("mail", "550 5.7.1 Sender rejected", Temporary, "server"),
    ("mail", DROP, Temporary, "server"),
    ("rcpt", "450 4.2.1 Mailbox busy", Temporary, "address"),
    ("rcpt", "550 5.1.1 No such user", Refused, "address"),
    ("rcpt", "553 5.1.3 Bad address", Refused, "address"),
    ("rcpt", "530 5.7.0 Authentication required", Temporary, "server"),
    ("rcpt", "503 5.5.1 Need MAIL command", Temporary, "server"),
    ("rcpt", "421 4.4.2 Closing", Temporary, "server"),
    ("rcpt", DROP, Temporary, "server"),
    ("data", "451 4.3.0 Later", Temporary, "letter"),
    ("data", "554 5.6.0 No", Refused, "letter"),
    ("data", "250 What?", Temporary, "server"),
    ("data", DROP, Temporary, "server"),
    ("body", DROP, Unknown, None),
    ("dot", "451 4.3.0 Later", Temporary, "letter"),
    ("dot", "421 4.3.2 Shutting down", Temporary, "server"),
    ("dot", "554 5.7.1 Looks like spam", Refused, "letter"),
    ("dot", "354 Go on", Unknown, None),
    ("dot", "nonsense", Unknown, None),
    ("dot", DROP, Unknown, None),
]


@pytest.mark.parametrize(("step", "answer", "kind", "of"), FAILURES)
def test_each_failure_is_told_by_its_step_and_the_next_letter_goes_out(
    smtp: SmtpFarEnd, step: Step, answer: Answer, kind: type[Outcome], of: str | None
) -> None:
    smtp.script(step, answer)
    with post_to(smtp).connection() as line:
        outcome = line.send(a_letter("first@contact.example"))
        following = line.send(a_letter("second@contact.example"))
    assert kind_of(outcome) == (kind, of)
    assert isinstance(following, Accepted)
    taken = [mail.recipient for mail in smtp.messages]
    kept_all_the_same = step == "dot" and answer is DROP
    assert taken == (["first@contact.example"] if kept_all_the_same else []) + ["second@contact.example"]


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail", "rcpt", "data"])
def test_a_server_that_falls_silent_before_354_has_surely_not_taken_the_letter(smtp: SmtpFarEnd, step: Step) -> None:
    smtp.script(step, HANG)
    with post_to(smtp, timeout=0.2).connection() as line:
        outcome = line.send(a_letter())
    assert kind_of(outcome) == (Temporary, "server")
    assert "timed out" in outcome.reply
    assert smtp.messages == []


def test_a_server_that_falls_silent_after_the_final_dot_may_have_taken_it(smtp: SmtpFarEnd) -> None:
    smtp.script("dot", HANG)
    with post_to(smtp, timeout=0.2).connection() as line:
        outcome = line.send(a_letter())
    assert isinstance(outcome, Unknown)
    assert len(smtp.messages) == 1


def test_a_server_that_refuses_ehlo_and_helo_is_at_fault(smtp: SmtpFarEnd) -> None:
    smtp.always("ehlo", "550 5.7.1 Not you")
    with post_to(smtp).connection() as line:
        assert line.send(a_letter()) == Temporary("550 5.7.1 Not you", "server")


def test_no_server_at_all_is_the_servers_fault() -> None:
    with socket.create_server((HOST, 0)) as taken:
        free_port = taken.getsockname()[1]
    nobody = SmtpFarEnd(port=free_port)
    with post_to(nobody).connection() as line:
        outcome = line.send(a_letter())
    assert kind_of(outcome) == (Temporary, "server")
    assert "refused" in outcome.reply


def test_a_name_that_does_not_resolve_is_the_servers_fault(smtp: SmtpFarEnd) -> None:
    for name in ("mail.invalid", "two..dots.invalid"):
        with post_to(smtp, MAIL_SERVER=name).connection() as line:
            assert kind_of(line.send(a_letter())) == (Temporary, "server")


def test_many_letters_go_out_over_one_line(smtp: SmtpFarEnd) -> None:
    with post_to(smtp).connection() as line:
        outcomes = [line.send(a_letter(f"no{number}@contact.example")) for number in range(10)]
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert [mail.recipient for mail in smtp.messages] == [f"no{number}@contact.example" for number in range(10)]
    assert smtp.connections == 1
    assert smtp.commands[-1] == "QUIT"


def test_a_line_is_renewed_after_as_many_letters_as_settings_say(smtp: SmtpFarEnd) -> None:
    with post_to(smtp, MAIL_MAX_EMAILS=2).connection() as line:
        for _ in range(5):
            assert isinstance(line.send(a_letter()), Accepted)
    assert smtp.connections == 3


def test_nobody_connects_when_there_is_no_letter(smtp: SmtpFarEnd) -> None:
    with post_to(smtp).connection():
        pass
    assert smtp.connections == 0


def test_sending_is_committed_once_just_before_mail_from(smtp: SmtpFarEnd) -> None:
    said_before: list[list[str]] = []
    with post_to(smtp).connection() as line:
        for _ in range(2):
            line.send(a_letter(), before=lambda: said_before.append([*smtp.commands]))
    assert said_before[0] == ["EHLO portal.example"]
    assert [command.split(":")[0] for command in said_before[1]] == [
        "EHLO portal.example",
        "MAIL FROM",
        "RCPT TO",
        "DATA",
    ]


@pytest.mark.parametrize("death", ["cut", "421"])
def test_a_kept_open_line_that_died_is_renewed_and_nothing_is_lost_or_doubled(smtp: SmtpFarEnd, death: str) -> None:
    commits: list[str] = []
    with post_to(smtp).connection() as line:
        line.send(a_letter("first@contact.example"))
        if death == "cut":
            smtp.hang_up()
        else:
            smtp.script("mail", "421 4.4.2 Idle for too long")
        outcome = line.send(a_letter("second@contact.example"), before=lambda: commits.append("sending"))
    assert isinstance(outcome, Accepted)
    assert commits == ["sending"]
    assert [mail.recipient for mail in smtp.messages] == ["first@contact.example", "second@contact.example"]
    assert smtp.connections == 2


def test_a_server_that_goes_away_for_good_costs_no_letter_and_quit_does_not_raise() -> None:
    commits: list[str] = []
    with SmtpFarEnd() as server:
        line = post_to(server).connection()
        assert isinstance(line.send(a_letter()), Accepted)
    with line:
        outcome = line.send(a_letter(), before=lambda: commits.append("sending"))
    assert kind_of(outcome) == (Temporary, "server")
    assert commits == ["sending"]
    assert len(server.messages) == 1


def test_leaving_a_line_that_died_does_not_raise(smtp: SmtpFarEnd) -> None:
    with post_to(smtp).connection() as line:
        line.send(a_letter())
        smtp.hang_up()
    assert line.host is None


def test_what_the_commit_raises_comes_through_and_nothing_was_sent(smtp: SmtpFarEnd) -> None:
    class NotOurs(Exception):
        pass

    def refuse() -> None:
        raise NotOurs

    with post_to(smtp).connection() as line:
        with pytest.raises(NotOurs):
            line.send(a_letter("first@contact.example"), before=refuse)
        assert smtp.commands == ["EHLO portal.example"]
        assert isinstance(line.send(a_letter("second@contact.example")), Accepted)
    assert [mail.recipient for mail in smtp.messages] == ["second@contact.example"]


def test_no_commit_when_there_is_nobody_to_talk_to(smtp: SmtpFarEnd) -> None:
    commits: list[str] = []
    smtp.script("connect", DROP)
    with post_to(smtp).connection() as line:
        line.send(a_letter(), before=lambda: commits.append("sending"))
    assert commits == []


def test_an_exception_amid_letters_cuts_the_line_without_quit(smtp: SmtpFarEnd) -> None:
    with contextlib.suppress(KeyError), post_to(smtp).connection() as line:
        line.send(a_letter())
        raise KeyError
    assert line.host is None
    assert "QUIT" not in smtp.commands


def test_wire_5_smtp_server_gets_the_letter_as_it_was_written_dots_and_all(smtp: SmtpFarEnd) -> None:
    text = ".\n..\n.x\n" + "långt " * 300 + "\n" + "å" * 3000 + "\n.\n"
    with post_to(smtp).connection() as line:
        line.send(a_letter(text=text))
    assert smtp.messages[0].text.replace("\r\n", "\n") == text
    assert smtp.messages[0].content == a_letter(text=text).as_bytes()


def test_a_stock_message_goes_the_same_way(app: Flask, smtp: SmtpFarEnd) -> None:
    message = Message("Hello", ["erik@contact.example"], body=".\r\nå\n", sender="Portal <no-reply@portal.example>")
    with post_to(smtp).connection() as line:
        assert isinstance(line.send(message), Accepted)
        message.send(line)
    assert [mail.sender for mail in smtp.messages] == ["no-reply@portal.example"] * 2
    assert smtp.messages[0].parsed.get_content().splitlines() == [".", "å"]


def test_a_letter_to_nobody_to_two_or_with_a_line_break_is_not_sent(app: Flask, smtp: SmtpFarEnd) -> None:
    two = Message("Hello", ["a@contact.example", "b@contact.example"], body="x", sender="no-reply@portal.example")
    nobody = Message("Hello", [], body="x", sender="no-reply@portal.example")
    broken = Message("Hello\nBcc: c@contact.example", ["a@contact.example"], body="x", sender="no-reply@portal.example")
    with post_to(smtp).connection() as line:
        for message in (two, nobody, broken, a_letter("a@contact.example>\r\nRCPT TO:<b@contact.example")):
            with pytest.raises(ValueError):
                line.send(message)
    assert smtp.connections == 0


# Addresses beyond ASCII


def test_an_address_that_needs_smtputf8_is_sent_so(smtp: SmtpFarEnd) -> None:
    with post_to(smtp).connection() as line:
        assert isinstance(line.send(a_letter("åke@contact.example")), Accepted)
        assert isinstance(line.send(a_letter("erik@contact.example")), Accepted)
    first, second = smtp.messages
    assert (first.recipient, first.mail_options) == ("åke@contact.example", ("SMTPUTF8",))
    assert second.mail_options == ()


def test_an_address_that_needs_smtputf8_is_refused_in_words_where_the_server_lacks_it() -> None:
    commits: list[str] = []
    with SmtpFarEnd(smtputf8=False) as server, post_to(server).connection() as line:
        outcome = line.send(a_letter("åke@contact.example"), before=lambda: commits.append("sending"))
        assert isinstance(line.send(a_letter()), Accepted)
    assert kind_of(outcome) == (Refused, "address")
    assert "SMTPUTF8" in outcome.reply
    assert commits == []


def test_a_sender_that_needs_smtputf8_is_not_the_addresss_fault() -> None:
    letter = a_letter()
    letter.sender = "påminnelse@portal.example"
    with SmtpFarEnd(smtputf8=False) as server, post_to(server).connection() as line:
        assert kind_of(line.send(letter)) == (Temporary, "server")


def test_a_domain_in_other_letters_travels_as_punycode_and_needs_no_smtputf8() -> None:
    with SmtpFarEnd(smtputf8=False) as server, post_to(server).connection() as line:
        assert isinstance(line.send(a_letter("erik@Bygg-Åland.example")), Accepted)
    assert server.messages[0].recipient == "erik@xn--bygg-land-92a.example"


# What is kept of a reply


def test_a_reply_that_quotes_the_letter_is_kept_without_its_secrets(smtp: SmtpFarEnd) -> None:
    smtp.script(
        "dot", f"554 5.7.1 URL {LINK} is listed, token {TOKEN[:20]}, code {CODE}; see error 5.7.1 at filter.example"
    )
    with post_to(smtp).connection() as line:
        reply = line.send(a_letter()).reply
    assert TOKEN[:20] not in reply
    assert CODE not in reply
    assert (
        reply
        == "554 5.7.1 URL https://portal.example/messages/*** is listed, token ***, code ***; see error 5.7.1 at filter.example"
    )


def test_a_long_reply_of_many_lines_is_kept_as_one_line_of_500_characters(smtp: SmtpFarEnd) -> None:
    smtp.script(
        "rcpt", "\r\n".join(["550-5.1.1 No such user, and here is why:\x07 " + "nej " * 20] * 10 + ["550 5.1.1 end"])
    )
    with post_to(smtp).connection() as line:
        reply = line.send(a_letter()).reply
    assert len(reply) == 500
    assert reply.isprintable()
    assert reply.startswith("550 5.1.1 No such user, and here is why: nej")


def test_an_accepted_letters_reply_names_the_servers_queue(smtp: SmtpFarEnd) -> None:
    smtp.script("dot", "250 2.0.0 Ok: queued as 4F2A99B1")
    with post_to(smtp).connection() as line:
        assert line.send(a_letter()) == Accepted("250 2.0.0 Ok: queued as 4F2A99B1")


def test_debugging_prints_nothing_and_suppressing_suppresses_nothing(
    smtp: SmtpFarEnd, capfd: pytest.CaptureFixture[str]
) -> None:
    with post_to(smtp, MAIL_DEBUG=1, MAIL_SUPPRESS_SEND=True).connection() as line:
        assert isinstance(line.send(a_letter()), Accepted)
    assert len(smtp.messages) == 1
    assert capfd.readouterr() == ("", "")


def test_a_letter_does_not_print() -> None:
    assert CODE not in f"{a_letter()} {a_letter()!r}"


# The app's own post office


@pytest.mark.parametrize(
    ("tls", "starttls", "wrapped"), [("none", False, False), ("starttls", True, False), ("tls", False, True)]
)
def test_mail_tls_becomes_flask_mails_two_switches(settings: Settings, tls: str, starttls: bool, wrapped: bool) -> None:
    config = mail_config(replace(settings, mail_tls=tls))
    assert (config["MAIL_USE_TLS"], config["MAIL_USE_SSL"]) == (starttls, wrapped)


def test_the_apps_post_office_follows_its_settings(app: Flask, settings: Settings, smtp: SmtpFarEnd) -> None:
    office = post()
    assert office.timeout == settings.mail_timeout_seconds
    with office.connection() as line:
        assert isinstance(line.send(a_letter()), Accepted)
    assert smtp.commands[0] == "EHLO localhost"
