"""The letter of this room: the sign-in code. Here, and not when the code is asked for, it is found out whether there is
anybody to write to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certportal.extensions import db
from certportal.outbox.kinds import Letter, Silence, kind
from certportal.registry import operators
from certportal.registry import service as registry
from certportal.registry.models import Operator, Person
from certportal.signin import rules
from certportal.signin.models import Desk, SignInCode


@kind("sign_in_code", machine_deadline=True)
def resolve(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """Who signs in with the address, in their own language. Nobody hears of a code that a newer one has made void."""
    row = db.session.get(SignInCode, reference["sign_in_code"])
    if row is None or row.spent_at is not None:
        return Silence("the code is void")
    reader = _operator(row.email_key) if row.desk is Desk.OPERATOR else _signatory(row.email_key)
    if reader is None:
        return Silence("nobody signs in with this address")
    minutes = int(rules.CODE_LIFETIME.total_seconds() // 60)
    context = {"minutes": minutes, "desk": row.desk is Desk.OPERATOR, "asked_at": row.asked_at}
    return Letter(reader.email, reader.name, reader.language, context)


def _signatory(email_key: str) -> Person | None:
    person = registry.person_by_email(email_key)
    return person if person and registry.organisations_of(person.id, registry.today()) else None


def _operator(email_key: str) -> Operator | None:
    operator = operators.operator_by_email(email_key)
    return operator if operator and operator.disabled_at is None else None
