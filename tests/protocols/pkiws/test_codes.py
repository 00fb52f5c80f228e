"""The table of error codes: one for each refusal that can come, in words that fit the wire, in three languages."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args

import pytest
from flask import Flask

from certportal.ca.errors import CaCode, IssueCode, RequestCode
from certportal.protocols.pkiws import errors, reading
from certportal.protocols.pkiws.wording import WORDS
from certportal.refusals import Refusal
from certportal.sentences import SENTENCES
from tests.meta.test_refusals import PLACEHOLDER, codes_in, refusal_classes
from tests.meta.test_structure import by_name, called, calls, meant
from tests.meta.tree import ROOT, functions

BEGIN = ("certportal.protocols.pkiws.answering._done", "certportal.protocols.pkiws.answering._signed_reply")
DETAILS: dict[str, Any] = {
    "at": datetime(2026, 12, 24, 23, 59, tzinfo=UTC),
    "bits": 16384,
    "count": 17,
    "field": "organizationName",
    "first_day": date(2026, 9, 30),
    "largest": 4096,
    "last": date(2026, 9, 30),
    "limit_kb": 64,
    "smallest": 2048,
    "where": "CertificateRequest",
    "why": "channel_closed",
}
"""As long as they get."""


def reached() -> set[str]:
    """Every function that a request can come to, followed from call to call."""
    known: set[str] = set()
    waiting = list(BEGIN)
    while waiting:
        name = waiting.pop()
        module, _, function = name.rpartition(".")
        if name in known or module not in by_name():
            continue
        known.add(name)
        path = by_name()[module]
        for found in functions(path):
            if found.name == function:
                waiting += [meant(called(call), path) for call in calls(found)]
    return known


@cache
def known_refusals() -> set[str]:
    return refusal_classes()


def refused_in(name: str) -> Iterator[str]:
    module, _, function = name.rpartition(".")
    classes = known_refusals()
    for found in functions(by_name()[module]):
        if found.name == function:
            for call in calls(found):
                made_by = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                if made_by in classes and call.args:
                    yield from codes_in(call.args[0])


ONLY_A_REASON = {"channel_closed", "environment_not_offered", "no_access_right", "renewal_needs_right"}
"""Raised, caught, and named as the reason of another refusal."""


@cache
def reachable() -> set[str]:
    """The authority's refusals are declared; the others are found where they are made."""
    declared = {code for kind in (RequestCode, IssueCode, CaCode) for code in get_args(kind)}
    return {code for name in reached() for code in refused_in(name)} | declared


def test_the_search_sees_far() -> None:
    assert {"codes_taken", "renewal_used_up", "key_weak", "ca_missing", "retrieval_too_many"} <= reachable()


def test_every_refusal_that_can_come_has_a_code() -> None:
    assert sorted(reachable() - errors.CODES.keys() - ONLY_A_REASON) == []


def test_every_code_has_one_refusal_and_every_refusal_a_sentence() -> None:
    assert len(set(errors.CODES.values())) == len(errors.CODES)
    assert sorted(errors.CODES.keys() - SENTENCES.keys()) == []
    assert sorted(WORDS.keys() - errors.CODES.keys()) == []


def test_codes_are_pki_and_three_digits_and_wrong_credentials_are_the_one_that_clients_know() -> None:
    assert [code for code in errors.CODES.values() if not re.fullmatch(r"PKI\d{3}", code)] == []
    assert errors.CODES["transfer_codes_wrong"] == "PKI020"


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
def test_every_message_is_short_enough_finished_and_in_the_installations_language(app: Flask, language: str) -> None:
    app.extensions["certportal.settings"] = replace(app.extensions["certportal.settings"], pkiws_language=language)
    details = DETAILS | {"where": max(reading._names(), key=len)}
    told = {code: errors.failure(Refusal(code, **details)).message for code in errors.CODES}
    assert {code: len(message) for code, message in told.items() if len(message) > 255} == {}
    assert [message for message in told.values() if not message.endswith(".") or message.endswith("..")] == []
    expected = {"en": "The transfer codes", "fi": "Siirtotunnukset", "sv": "Överföringskoderna"}[language]
    assert told["transfer_codes_wrong"].startswith(expected)


def test_the_details_here_fill_every_message() -> None:
    sources = [str(WORDS.get(code, SENTENCES[code])._args[0]) for code in errors.CODES.keys() - errors.OF_THE_SERVICE]
    assert {name for source in sources for name in PLACEHOLDER.findall(source)} <= DETAILS.keys()


def test_what_only_the_operator_can_mend_says_nothing_of_the_authorities_inside(app: Flask) -> None:
    told = {errors.failure(Refusal(code, **DETAILS)).message for code in errors.OF_THE_SERVICE}
    assert len(told) == 1


def test_a_refusal_without_a_code_is_the_services_own_fault(app: Flask) -> None:
    assert errors.failure(Refusal("message_unknown")).code == "PKI099"


def test_the_documented_table_is_this_table(app: Flask) -> None:
    text = (ROOT / "docs" / "pki-web-service.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| (PKI\d{3}) \| (.+?) \|", text, re.MULTILINE))
    told = {code: errors.failure(Refusal(code, **DETAILS)) for code in errors.CODES}
    assert documented == {each.code: each.message for code, each in told.items() if code not in errors.OF_THE_SERVICE}
    first, last = "PKI070", max(errors.CODES[code] for code in errors.OF_THE_SERVICE - {"issuing_not_possible"})
    assert f"| {first}–{last}, PKI099 | {told['clock_behind'].message} |" in text
