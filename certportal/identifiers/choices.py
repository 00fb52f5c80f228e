"""The few values that are chosen from a list everywhere: language, environment, country."""

from enum import StrEnum
from typing import Self

from certportal.identifiers.texts import one_line, shown
from certportal.refusals import Refusal


class Language(StrEnum):
    """A language the portal speaks, as its ISO 639-1 code."""

    FI = "fi"
    SV = "sv"
    EN = "en"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Refusals: language_missing; language_unknown (`typed`)."""
        code = one_line(text).lower()
        if not code:
            raise Refusal("language_missing")
        try:
            return cls(code)
        except ValueError as failure:
            raise Refusal("language_unknown", typed=shown(text)) from failure


class Environment(StrEnum):
    """Production and test never mix: each has its own CA, and every order, code and certificate names its own."""

    PRODUCTION = "PRODUCTION"
    TEST = "TEST"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Refusals: environment_missing; environment_unknown (`typed`)."""
        name = one_line(text).upper()
        if not name:
            raise Refusal("environment_missing")
        try:
            return cls(name)
        except ValueError as failure:
            raise Refusal("environment_unknown", typed=shown(text)) from failure


def countries() -> set[str]:
    """The ISO 3166-1 alpha-2 codes that are known here: every country that has a telephone numbering plan.

    The library is imported when the first country is asked for; it would cost every start.
    """
    from phonenumbers import SUPPORTED_REGIONS

    return SUPPORTED_REGIONS


def country_code(text: str) -> str:
    """An ISO 3166-1 alpha-2 code in capitals. Refusals: country_missing; country_unknown (`typed`)."""
    code = one_line(text).upper()
    if not code:
        raise Refusal("country_missing")
    if code not in countries():
        raise Refusal("country_unknown", typed=shown(text))
    return code
