"""The e-mailed code (domain.md): 8 digits, 10 minutes, 5 tries, only in the browser that asked, and its caps."""

import pytest
from flask import Flask

from certportal.registry.models import Person
from tests.browsing import BrowsingClient
from tests.signin.steps import AINO, Mailbox, ask, sign_in


def test_a_signatory_signs_in_with_the_code_from_the_mail(browser: BrowsingClient, mailbox: Mailbox, aino: Person):
    page = ask(browser)
    assert page.h1 == "Enter the sign-in code"
    page.submit("Sign in", code=mailbox.code(AINO))
    assert browser.get("/rooms/signatory").text == "Aino Aaltonen acts for Exempelholm Bygg Ab"
