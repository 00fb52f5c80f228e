"""Versions of the terms of use: a new one with the day it comes into force; one to come can still be changed."""

from werkzeug.wrappers import Response

from certportal.answers import allow, found, page, see_other
from certportal.console import service
from certportal.console.blueprint import blueprint
from certportal.console.forms.catalogue import TermsForm
from certportal.console.views.catalogue import as_saved, save
from certportal.registry import service as registry

TEMPLATE = "console/terms_form.html"


@blueprint.get("/channels/terms/new")
@allow("operator")
def new_terms() -> Response:
    """The form for a new version, with the newest version's texts to begin from."""
    number = service.newest_terms_version()
    newest = registry.terms(number) if number else None
    given = {name: getattr(newest, name) for name in ("text_fi", "text_sv", "text_en")} if newest is not None else {}
    return page(TEMPLATE, form=TermsForm(formdata=None, data=given), version=number + 1, is_new=True)


@blueprint.post("/channels/terms/new")
@allow("operator")
def add_terms() -> Response:
    """Add a version."""
    form, version = TermsForm(), service.newest_terms_version() + 1
    return save(TEMPLATE, form, lambda: form.row(version), None, version=version, is_new=True)


@blueprint.get("/channels/terms/<int(max=2147483647):version>")
@allow("operator")
def terms_version(version: int) -> Response:
    """The form for a version to come; one in force is shown as everybody sees it."""
    one = found(registry.terms(version))
    if one.in_force_from <= registry.today():
        return see_other("registry.terms", version=version)
    return page(TEMPLATE, form=as_saved(TermsForm, one), version=version, is_new=False)


@blueprint.post("/channels/terms/<int(max=2147483647):version>")
@allow("operator")
def save_terms(version: int) -> Response:
    """Change a version to come."""
    found(registry.terms(version))
    form = TermsForm()
    saved = lambda: as_saved(TermsForm, found(registry.terms(version)))  # noqa: E731 - the form as it is saved now
    return save(TEMPLATE, form, lambda: form.row(version), saved, version=version, is_new=False)
