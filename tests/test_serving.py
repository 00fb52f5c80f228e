"""``certportal serve``: the real server, the scheduler inside, a log that keeps secrets."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.running import Served, command, environment, free_port, serving


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory, smtp_server: SmtpFarEnd, sms_server: SmsFarEnd) -> dict[str, str]:
    port = free_port()
    made = environment(tmp_path_factory.mktemp("served"), port, smtp_server, sms_server)
    done = command(made, "init")
    assert done.returncode == 0, done.stderr
    return made | {"PORT_OF_TEST": str(port)}


@pytest.fixture
def served(environ: dict[str, str]) -> Iterator[Served]:
    with serving(environ, int(environ["PORT_OF_TEST"])) as running:
        yield running


def test_it_answers_and_its_log_masks_the_tokens_of_links(served: Served) -> None:
    status, _ = served.get("/messages/vErYsEcReTtOkEn0123456789abcdefghijklmnopqrs")
    assert status == 404
    served.get("/desk/sign-in/link/vErYsEcReTtOkEn0123456789abcdefghijklmnopqrs")
    assert served.get("/sign-in")[0] == 200
    served.wait_for_line("GET /messages/[token]")
    served.wait_for_line("GET /desk/sign-in/link/[token]")
    assert "vErYsEcReTtOkEn" not in served.log


def test_the_scheduler_inside_delivers_what_is_queued(
    served: Served, smtp: SmtpFarEnd, environ: dict[str, str]
) -> None:
    done = command(environ, "operators", "add", "olli@service.example", "Olli Operaattori")
    assert done.returncode == 0, done.stderr
    assert served.get("/desk/sign-in")[0] == 200
    connection = http.client.HTTPConnection("localhost", served.port, timeout=30)
    connection.request("GET", "/desk/sign-in")
    answer = connection.getresponse()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    assert token is not None
    form = urlencode({"csrf_token": token[1], "email": "olli@service.example"})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/desk/sign-in", form, headers)
    assert connection.getresponse().status == 303
    mail = smtp.messages.wait_for(1)[0]
    assert mail.recipient == "olli@service.example"
    code = re.search(r"\b\d{4} ?\d{4}\b", mail.text)
    assert code is not None
    assert code[0] not in served.log


def test_an_address_as_long_as_proxies_let_through_is_answered_by_the_portal(served: Served) -> None:
    """nginx takes request lines of 8 kB; gunicorn's own limit is half of that, and its answer is bare."""
    status, page = served.get(f"/sign-in?words={'%C3%A4' * 1300}")
    assert (status, "<h1" in page) == (200, True)


def test_a_foreign_host_is_refused(served: Served) -> None:
    assert served.get("/sign-in", Host="evil.example")[0] == 421


def test_sigterm_ends_it_cleanly(served: Served) -> None:
    served.get("/sign-in")
    assert served.stop() == 0


def test_without_tables_it_says_what_to_run(tmp_path: Path, smtp: SmtpFarEnd, sms: SmsFarEnd) -> None:
    done = command(environment(tmp_path, free_port(), smtp, sms), "serve")
    assert done.returncode != 0
    assert "certportal init" in done.stderr


def test_every_wrong_setting_is_named_at_start(tmp_path: Path) -> None:
    done = command({"PATH": "/usr/bin", "CERTPORTAL_DATA_DIR": str(tmp_path)}, "serve")
    assert done.returncode == 2
    assert "CERTPORTAL_BASE_URL: give" in done.stderr
    assert "CERTPORTAL_SMS_URL: give" in done.stderr
