"""Parsed values. What a person or a program typed is read once, at the edge; inside, a value has its own type.

Every `parse` takes any text at all and gives a frozen value, or raises a Refusal whose code says what was wrong.
"""

from certportal.identifiers.actor import Actor, ActorKind
from certportal.identifiers.business_id import BusinessId
from certportal.identifiers.choices import Environment, Language, countries, country_code
from certportal.identifiers.days import parse_day
from certportal.identifiers.email_address import EmailAddress
from certportal.identifiers.phone_number import PhoneNumber
from certportal.identifiers.texts import plain_text

__all__ = [
    "Actor",
    "ActorKind",
    "BusinessId",
    "EmailAddress",
    "Environment",
    "Language",
    "PhoneNumber",
    "countries",
    "country_code",
    "parse_day",
    "plain_text",
]
