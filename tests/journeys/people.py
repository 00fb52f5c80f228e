"""The people of a story: each has a browser, reads one language and does everything on the portal's pages."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bs4 import Tag
from flask import Flask
from pyotp.totp import TOTP

from certportal import scheduler
from certportal.settings import current_settings
from tests.browsing import BrowsingClient, Page
from tests.browsing import words as words_of
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.far_ends.smtp import ReceivedMail
from tests.journeys.words import Words

LINK = re.compile(r"http://localhost(/\S+)")
EIGHT_DIGITS = re.compile(r"^ *(\d{4}) (\d{4})\s*$", re.MULTILINE)
PIN = re.compile(r"\b(\d{6})\b")


@dataclass
class World:
    """What surrounds the people: the portal, its clock and jobs, the mail server and the mobile network."""

    app: Flask
    clock: FakeClock
    deliver: Callable[[], int]
    smtp: SmtpFarEnd
    sms: SmsFarEnd
    folder: Path
    words: Words

    def run_jobs(self) -> None:
        """Everything that is due, in the order in which the scheduler runs it, then delivery until nothing waits."""
        for job in scheduler.jobs(current_settings()):
            assert scheduler.run_now(job), f"{job.name} did not run"
        self.deliver()

    def mails_to(self, address: str) -> list[ReceivedMail]:
        """Every mail that the address has got, oldest first, after delivery."""
        self.deliver()
        return [mail for mail in self.smtp.messages if mail.recipient == address]

    def mail_to(self, address: str, subject: str) -> ReceivedMail:
        """The newest mail to the address; its subject has these words."""
        mails = self.mails_to(address)
        assert mails, (
            f"no mail came to {address}; mails went to {sorted({mail.recipient for mail in self.smtp.messages})}"
        )
        assert subject in mails[-1].subject, f"the newest mail to {address} is {mails[-1].subject!r}, not {subject!r}"
        return mails[-1]

    def texts_to(self, number: str) -> list[str]:
        self.deliver()
        return [sms.text for sms in self.sms.messages if sms.to == number]

    def browser(self) -> BrowsingClient:
        """A browser whose reader has pressed their language."""
        browser = BrowsingClient(self.app)
        browser.get("/sign-in", expect=200).submit(self.words.language.upper())
        return browser


def link_in(mail: ReceivedMail, beginning: str) -> str:
    """Where the first link of the mail that begins so leads."""
    found = [path for path in LINK.findall(mail.text) if path.startswith(beginning)]
    assert found, f"no link to {beginning} in {mail.text}"
    return found[0]


def value_of(page: Page, name: str, label: str) -> str:
    """The value of the radio button or checkbox of this field that has this label."""
    for tag in page.soup.select(f'input[name="{name}"]'):
        said = page.soup.select_one(f'label[for="{tag["id"]}"]') or tag.find_parent("label")
        if isinstance(said, Tag) and label in words_of(said):
            return str(tag["value"])
    raise AssertionError(f"{page.path} has no choice {label!r} for {name}")


@dataclass
class Person:
    """Somebody with an e-mail address and a browser."""

    world: World
    email: str
    name: str
    browser: BrowsingClient = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.world.browser()

    @property
    def words(self) -> Words:
        return self.world.words

    def newest_mail(self, subject: str) -> ReceivedMail:
        return self.world.mail_to(self.email, subject)

    def emailed_code(self) -> str:
        found = EIGHT_DIGITS.search(self.world.mails_to(self.email)[-1].text)
        assert found is not None, "the newest mail has no sign-in code"
        return found[1] + found[2]

    def give_emailed_code(self, door: str) -> Page:
        """From a sign-in page to what comes after the e-mailed code."""
        page = self.browser.get(door, expect=200).submit(self.words("Send the sign-in code"), email=self.email)
        assert page.h1 == self.words("Enter the sign-in code")
        return page.submit(self.words("Sign in"), code=self.emailed_code())


@dataclass
class Signatory(Person):
    """Signs for an organisation alone."""

    mobile: str = "+358 45 700 0011"
    organisation: str = "Exempelholm Bygg Ab"
    business_id: str = "9900001-8"

    def ask_to_be_let_in(self) -> Page:
        words = self.words
        page = self.browser.get("/sign-in").follow(words("My organisation is not here yet / no code came"))
        return page.submit(
            words("Send the request"),
            kind=value_of(page, "kind", words("My organisation is not here yet, or no sign-in code came")),
            organisation=self.organisation,
            business_id=self.business_id,
            name=self.name,
            role="CEO",
            email=self.email,
            phone=self.mobile,
            language=words.language,
        )

    def sign_in(self) -> Page:
        page = self.give_emailed_code("/sign-in")
        assert page.status == 200
        assert self.organisation in words_of(page.soup.header or page.soup)
        return page

    def apply_for_interface(self, purpose: str, *channels: str) -> Page:
        """Up to the page that asks to check the answers."""
        words = self.words
        page = self.browser.get("/interface", expect=200).follow(words("Make an application"))
        return page.submit(
            words("Check your answers"),
            purposes=[value_of(page, "purposes", purpose)],
            channels=[value_of(page, "channels", channel) for channel in channels],
            contact_name="Karin Kontakt",
            contact_email="karin@exempelholm.example",
            contact_phone="",
            contact_language=words.language,
            terms="y",
        )

    def order(self, page: Page, channel: str, contact: "Contact", **others: Any) -> Page:
        """From the empty (or filled in) form of a certificate application to the order's page."""
        words = self.words
        answers = {
            "channel": value_of(page, "channel", channel),
            "environment": "PRODUCTION",
            "description": "Mallilön 6",
            "who": "new",
            "name": contact.name,
            "company": "Ohjelmisto Oy",
            "mobile": contact.mobile,
            "email": contact.email,
            "language": words.language,
            "terms": "y",
        }
        page = page.submit(words("Check your answers"), **answers | others)
        assert page.h1 == words("Check your answers"), page.errors
        return page.submit(words("Send the application"))


@dataclass
class Operator(Person):
    """Looks after the service. ``key`` is what the authenticator app has scanned."""

    key: str = ""

    def sign_in(self) -> Page:
        page = self.give_emailed_code("/desk/sign-in")
        if not self.key:
            assert page.h1 == self.words("Set up your authenticator")
            shown = page.soup.select_one("#totp-secret")
            assert shown is not None
            self.key = shown.get_text().replace(" ", "")
        return page.submit(self.words("Sign in"), code=TOTP(self.key).at(self.world.clock.at))

    def next_in_queue(self) -> Page:
        page = self.browser.get("/desk/queue", expect=200)
        return page.follow(self.words("Decide"))


@dataclass
class Contact(Person):
    """A technical contact: has a mobile and a terminal with openssl, and signs in nowhere."""

    mobile: str = "+358 45 700 0003"

    def link(self) -> str:
        """The link of the newest mail."""
        return link_in(self.world.mails_to(self.email)[-1], "/messages/")

    def pin(self) -> str:
        found = PIN.search(self.world.texts_to(self.mobile.replace(" ", ""))[-1])
        assert found is not None, "the newest text message has no PIN"
        return found[1]

    def open_message(self, link: str | None = None) -> Page:
        """From the link of the newest mail, by the PIN that comes to the mobile, to what the message holds."""
        words, masked = self.words, f"•• {self.mobile[-2:]}"
        before = len(self.world.sms.messages)
        cover = self.browser.get(link or self.link(), expect=200)
        assert cover.h1 == words("Secure message")
        self.world.deliver()
        assert len(self.world.sms.messages) == before, "opening the link has sent a text message"
        page = cover.submit(words("Send the PIN code to %(number)s", number=masked))
        assert page.h1 == words("Enter the PIN code")
        return page.submit(words("Show the message"), pin=self.pin())

    def make_request(self, message: Page) -> tuple[Path, Path]:
        """Runs the commands that the message shows, as they are copied. Answers the files of key and request."""
        shown = message.soup.select_one("#ec-posix")
        assert shown is not None
        subprocess.run(
            ["sh", "-e", "-c", shown.get_text()], cwd=self.world.folder, check=True, capture_output=True, timeout=60
        )
        made = re.search(r"-out (\S+)\.key", shown.get_text())
        assert made is not None
        return self.world.folder / f"{made[1]}.key", self.world.folder / f"{made[1]}.csr"

    def download(self, page: Page, source: str, context: str | None = None) -> bytes:
        """What the link with these words brings."""
        answer = self.browser.http.get(page.link(self.words(source, context)))
        assert answer.status_code == 200
        return answer.data
