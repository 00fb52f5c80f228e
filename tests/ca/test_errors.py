"""Each code the authority may refuse with is known by name, has its sentence, and reads well with the details it brings."""

from typing import get_args

import pytest

from certportal.ca import CaRefused, IssueRefused, RequestRefused
from certportal.ca.errors import CaCode, CeremonyCode, IssueCode, RequestCode
from certportal.refusals import Refusal
from certportal.sentences import SENTENCES

CODES = [*get_args(RequestCode), *get_args(IssueCode), *get_args(CaCode), *get_args(CeremonyCode)]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_sentence(code: str) -> None:
    assert code in SENTENCES


def test_the_kinds_of_refusal_are_those_the_answers_know() -> None:
    assert RequestRefused("csr_empty").kind == Refusal.kind
    assert IssueRefused("ca_ends_first").kind == CaRefused("ca_exists").kind == "conflict"
