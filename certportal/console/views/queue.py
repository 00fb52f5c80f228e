"""What waits for a decision: applications, channel by channel, and requests to be let in, with one press."""

from typing import Any

from flask_babel import get_locale
from werkzeug.wrappers import Response

from certportal import clock
from certportal.access import service as access
from certportal.answers import allow, found, page, see_other, tell
from certportal.console import service
from certportal.console.blueprint import again, blueprint
from certportal.console.forms.deciding import DecisionForm, decision_form
from certportal.console.forms.reasons import ReasonForm
from certportal.languages import gettext
from certportal.refusals import Refusal
from certportal.registry import admissions
from certportal.signin.guard import operator


@blueprint.get("/queue")
@allow("operator")
def queue() -> Response:
    """Everything that waits, the oldest first, and the last decisions."""
    return page(
        "console/queue.html",
        applications=access.waiting_applications(),
        admissions=admissions.waiting_admissions(),
        decided=service.decided_applications(),
        decided_admissions=admissions.decided_admissions(),
        is_first=service.is_first,
        now=clock.now(),
    )


@blueprint.get("/queue/applications/<int(max=2147483647):application_id>")
@allow("operator")
def application(application_id: int) -> Response:
    """One application, and the decision on each channel that waits."""
    return page("console/application.html", form=_form(application_id), **_application(application_id))


@blueprint.post("/queue/applications/<int(max=2147483647):application_id>/decide")
@allow("operator")
def decide(application_id: int) -> Response:
    """Approve or refuse, channel by channel."""
    about, form = _application(application_id), _form(application_id)
    if not form.validate():
        return page("console/application.html", form=form, status=422, **about)
    return _decided(application_id, form, form.decisions(), about)


@blueprint.post("/queue/applications/<int(max=2147483647):application_id>/approve")
@allow("operator")
def approve(application_id: int) -> Response:
    """Approve every channel that waits, with one press."""
    about, form = _application(application_id), _form(application_id, formdata=None)
    granted = {channel_id: access.Decision(granted=True) for channel_id in form.channel_ids}
    return _decided(application_id, form, granted, about)


@blueprint.get("/queue/admissions/<int(max=2147483647):admission_id>")
@allow("operator")
def admission(admission_id: int) -> Response:
    """One request to be let in, beside what the registry knows."""
    return page("console/admission.html", form=ReasonForm(formdata=None), **_admission(admission_id))


@blueprint.post("/queue/admissions/<int(max=2147483647):admission_id>/admit")
@allow("operator")
def admit(admission_id: int) -> Response:
    """Let the person in, with one press."""
    about = _admission(admission_id)
    try:
        admissions.admit(admission_id, operator())
    except Refusal as refusal:
        return again("console/admission.html", ReasonForm(formdata=None), refusal, **about)
    tell(gettext("%(name)s has been let in and is told by e-mail.", name=about["asked"].admission.name))
    return see_other("console.queue")


@blueprint.post("/queue/admissions/<int(max=2147483647):admission_id>/refuse")
@allow("operator")
def refuse(admission_id: int) -> Response:
    """Refuse the request; the asker is mailed the reason."""
    about, form = _admission(admission_id), ReasonForm()
    if not form.validate():
        return page("console/admission.html", form=form, status=422, **about)
    try:
        admissions.refuse_admission(admission_id, form.reason.data or "", operator())
    except Refusal as refusal:
        return again("console/admission.html", form, refusal, **about)
    tell(gettext("The request of %(name)s has been refused.", name=about["asked"].admission.name))
    return see_other("console.queue")


def _decided(application_id: int, form: DecisionForm, decisions: dict[int, Any], about: dict[str, Any]) -> Response:
    try:
        access.decide(application_id, decisions, operator())
    except Refusal as refusal:
        return again("console/application.html", form, refusal, **about)
    tell(gettext("The decision has been made, and the signatory is told by e-mail."))
    if access.waiting_in(application_id):
        return see_other("console.application", application_id=application_id)
    return see_other("console.queue")


def _form(application_id: int, **kwargs: Any) -> DecisionForm:
    language = str(get_locale())[:2]
    names = {each.channel_id: each.channel.name(language) for each in access.waiting_in(application_id)}
    return decision_form(names, **kwargs)


def _application(application_id: int) -> dict[str, Any]:
    one = found(access.application(application_id))
    about = service.about(one.organisation_id)
    return {
        "story": access.story(one),
        "about": about,
        "first": service.is_first(one.organisation_id),
        "now": clock.now(),
    }


def _admission(admission_id: int) -> dict[str, Any]:
    asked = admissions.to_decide(found(admissions.admission(admission_id)))
    return {"asked": asked, "now": clock.now()}
