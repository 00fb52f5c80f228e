"""The letters that the desk causes: tests to operators, and what an operator has ended or changed, to those concerned.

A person who has just lost a right is told all the same, so these find the person by number and not by the right.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from certportal.console.setting_up import TEST_MAIL, TEST_SMS
from certportal.formats import link
from certportal.identifiers import EmailAddress
from certportal.outbox.kinds import Letter, Silence, kind
from certportal.outbox.models import Medium
from certportal.registry import service as registry
from certportal.registry.operators import operator


@kind(TEST_MAIL, machine_deadline=True)
def test_mail(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the operator who asked for it."""
    who = operator(reference["operator"])
    if who is None:
        return Silence("the operator is gone")
    return Letter(who.email, who.name, who.language, {"url": link("console.setup")})


@kind(TEST_SMS, Medium.SMS, machine_deadline=True)
def test_sms(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the number that the operator typed."""
    who = operator(reference["operator"])
    if who is None:
        return Silence("the operator is gone")
    return Letter(reference["number"], who.name, who.language, {})


@kind("organisation_ended")
def organisation_ended(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To those who could sign for the organisation, and its contact."""
    found = registry.organisation(reference["organisation"])
    if found is None or found.ended_on is None:
        return Silence("the organisation uses the service again")
    context = {
        "organisation": found,
        "last_day": registry.last_day_of(found.ended_on),
        "reason": reference["reason"],
        "revoked": reference["revoked"],
        "planned": date.fromisoformat(reference["planned"]) if reference.get("planned") else None,
        "left": reference["left"],
        "url": link("home.contact"),
    }
    return _to(reference, context)


@kind("signing_right_added")
def signing_right_added(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the one who may sign from now on, to the others who can, and to the organisation's contact."""
    found = registry.organisation(reference["organisation"])
    right = registry.signing_right(reference["right"])
    if found is None or right is None or (right.valid_to is not None and right.valid_to < registry.today()):
        return Silence("the right has ended")
    context = {
        "organisation": found,
        "right": right,
        "own": reference["person"] == right.person_id,
        "url": link("registry.organisation"),
        "sign_in_url": link("signin.sign_in"),
    }
    return _to(reference, context)


@kind("signing_right_ended")
def signing_right_ended(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the one who could sign, to the others who can, and to the organisation's contact."""
    found = registry.organisation(reference["organisation"])
    right = registry.signing_right(reference["right"])
    if found is None or right is None or right.valid_to is None:
        return Silence("the right has no end any more")
    context = {
        "organisation": found,
        "right": right,
        "own": reference["person"] == right.person_id,
        "reason": reference["reason"],
        "url": link("registry.organisation"),
        "ask_url": link("registry.ask"),
    }
    return _to(reference, context)


@kind("sign_in_address_changed")
def sign_in_address_changed(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the address that was used, and to the one that is used from now on."""
    who = registry.person(reference["person"])
    if who is None:
        return Silence("the person is gone")
    context = {"person": who, "old": reference["old"], "new": reference["new"], "url": link("signin.sign_in")}
    return Letter(EmailAddress(reference["to"]).text, who.name, who.language, context)


def _to(reference: Mapping[str, Any], context: Mapping[str, Any]) -> Letter | Silence:
    """The person by number; without one, the organisation's contact as it is now."""
    if reference["person"] is not None:
        who = registry.person(reference["person"])
        return Letter(who.email, who.name, who.language, context) if who else Silence("the person is gone")
    found = registry.organisation(reference["organisation"])
    contact = registry.contact_of(found) if found is not None else None
    if contact is None:
        return Silence("the organisation has no contact person")
    return Letter(contact.email, contact.name, contact.language, context)
