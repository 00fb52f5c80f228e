"""The letters about letting people in: to those who may sign already, and to the one who asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certportal.extensions import db
from certportal.formats import link
from certportal.outbox.kinds import Letter, Silence, kind
from certportal.registry.admission_models import Admission, AdmissionState
from certportal.registry.organisations import organisation
from certportal.registry.telling import addressed


@kind("signatory_change_asked")
def resolve_asked(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To each who may sign for the organisation, and its contact: somebody asks to sign for it."""
    found = db.session.get_one(Admission, reference["admission"])
    known = organisation(reference["organisation"])
    if known is None or found.state is AdmissionState.REFUSED:
        return Silence("the request has been refused")
    context = {
        "admission": found,
        "organisation": known,
        "admitted": found.state is AdmissionState.ADMITTED,
        "url": link("registry.organisation"),
    }
    return addressed(reference, context)


@kind("admission_admitted")
def resolve_admitted(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the one who asked: you may sign in now."""
    found = db.session.get_one(Admission, reference["admission"])
    known = organisation(found.organisation_id) if found.organisation_id else None
    if known is None:
        return Silence("the organisation is gone")
    return _to_the_asker(found, organisation=known, url=link("signin.sign_in"))


@kind("admission_refused")
def resolve_refused(reference: Mapping[str, Any], now: datetime) -> Letter | Silence:
    """To the one who asked: why not."""
    return _to_the_asker(db.session.get_one(Admission, reference["admission"]), url=link("registry.ask"))


def _to_the_asker(found: Admission, **context: Any) -> Letter:
    return Letter(found.email, found.name, found.language, {"admission": found, **context})
