"""The demo as somebody meets it: `certportal demo` on an empty machine, and the whole story in its pages."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browsing import Page
from tests.demo.over_http import HttpBrowser

PATIENCE = 240
CERTPORTAL = "from certportal.cli import main; main()"
MESSAGE_LINK = re.compile(r"/messages/[A-Za-z0-9_-]{43}")
PIN = re.compile(r"\b\d{6}\b")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def running_demo(directory: Path, port: int) -> Generator[str]:
    """`certportal demo`, from its first line to its end at Ctrl+C; answers its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", CERTPORTAL, "demo", "--port", str(port), "--directory", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        process_group=0,
    )
    said: list[str] = []
    address: list[str] = []
    told = threading.Event()

    def listen() -> None:
        for line in process.stdout or ():
            said.append(line)
            if found := re.search(r"http://localhost:\d+", line):
                address.append(found[0])
                told.set()
        told.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        assert told.wait(PATIENCE), said
        assert address, said
        until_it_answers(address[0])
        yield address[0]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, said
        assert not [line for line in said if "Traceback" in line], "".join(said)


def until_it_answers(address: str) -> None:
    parts, pause = urlsplit(address), threading.Event()
    for _ in range(600):
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
        except OSError:
            pause.wait(0.05)
        else:
            return
    raise AssertionError("the demo does not answer")


def newest(browser: HttpBrowser, reader: str, subject: str) -> Page:
    """The newest message of this subject to a reader, as soon as it has come."""
    pause = threading.Event()
    for _ in range(200):
        inbox = browser.get("/demo/inbox", query_string={"to": reader})
        for link in inbox.soup.select("tbody th a"):
            if subject in link.get_text():
                return browser.get(str(link["href"]))
        pause.wait(0.1)
    raise AssertionError(f"nothing called {subject!r} has come to {reader}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    return tmp_path_factory.mktemp("demo"), free_port()


def test_the_story_is_walked_in_the_demo_and_outlives_a_restart(place: tuple[Path, int]) -> None:
    directory, port = place
    with running_demo(directory, port) as address:
        signatory = signed_in_for_the_bakers(address)
        number = order_for_maija(signatory)
        collect_as_maija(HttpBrowser(address), number)
        assert "Collected" in signatory.get(f"/orders/{number}").text
        sixty_days_later(signatory)
        day = moved_to(signatory)
    with running_demo(directory, port) as address:
        assert moved_to(HttpBrowser(address)) == day
        assert "Aino Esimerkki" in signatory.get("/").soup.select_one("header .person").text


def signed_in_for_the_bakers(address: str) -> HttpBrowser:
    browser = HttpBrowser(address)
    choice = browser.get("/").submit("EN").submit("Aino Esimerkki")
    start = choice.submit("9900002-6")
    assert start.path == "/"
    return browser


def order_for_maija(browser: HttpBrowser) -> str:
    """A test certificate, with the contact that is known already. Answers the order's number."""
    form = browser.get("/orders/application")
    channel = choice_of(form, "channel", "Earnings payment data – Web Service")
    maija = choice_of(form, "who", "Maija Mallikas")
    check = form.submit(
        "Check your answers", channel=channel, environment="TEST", description="Oven 7", who=maija, terms="y"
    )
    assert check.h1 == "Check your answers", check.errors
    sent = check.submit("Send")
    return sent.path.rpartition("/")[2]


def choice_of(page: Page, name: str, words: str) -> str:
    for choice in page.soup.select(f'input[name="{name}"]'):
        label = page.soup.select_one(f'label[for="{choice["id"]}"]') or choice.find_parent("label")
        if label is not None and words in label.get_text(" ", strip=True):
            return str(choice["value"])
    raise AssertionError(f"no {words!r} among the choices of {name}")


def collect_as_maija(browser: HttpBrowser, number: str) -> None:
    """From the mail to the certificate, with the signing request that the demo has ready."""
    mail = newest(browser, "Maija Mallikas", number)
    link = MESSAGE_LINK.search(str(mail.soup))
    assert link is not None
    cover = browser.get(link[0])
    asked = cover.submit(cover.soup.select_one('form[action$="/pin"] button').get_text(" ", strip=True))
    pin = PIN.findall(newest(browser, "Maija Mallikas", "PIN").text)[0]
    opened = asked.submit(asked.soup.select_one('form[action$="/open"] button').get_text(" ", strip=True), pin=pin)
    assert "TransferID" in opened.text
    pem = browser.get("/demo/signing-request").soup.select_one("#pem").get_text()
    collected = browser.post(f"{link[0]}/retrieve", {"request_text": pem})
    assert "BEGIN CERTIFICATE" in str(collected.soup) or collected.soup.select('a[href*=".pem"]'), collected.text


def sixty_days_later(browser: HttpBrowser) -> None:
    """The notice comes sixty days before the end, and one mail tells of both certificates."""
    assert mails_about_both(browser) == []
    page = browser.get("/").submit("60 ")
    assert "Aino Esimerkki" in page.soup.select_one("header .person").text, "moving the clock signs nobody out"
    told = mails_about_both(browser)
    assert len(told) == len((60, 30, 14, 7, 1)), f"one mail at each rung, and the certificates end tomorrow: {told}"


def mails_about_both(browser: HttpBrowser) -> list[str]:
    """The subjects of the mails to Maija's own address that tell of the two certificates that end together."""
    inbox = browser.get("/demo/inbox?to=Maija+Mallikas")
    mine = [row for row in inbox.soup.select("tbody tr") if "maija.mallikas@" in row.get_text()]
    pages = [browser.get(str(row.select_one("a")["href"])) for row in mine]
    return [page.h1 for page in pages if "Nattkörning" in page.text and "Leipomon palkat" in page.text]


def moved_to(browser: HttpBrowser) -> str:
    """The day on the bar."""
    bar = browser.get("/sign-in").soup.select_one(".demo-time")
    return bar.get_text().partition(",")[0]
