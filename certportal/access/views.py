"""The pages of the technical interface: what the organisation may use, applying for it, what became of it."""

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.access import service
from certportal.access.forms import CHECKED, ApplicationForm, SendingForm, typed_answers
from certportal.answers import allow, found, page, see_other, status_of, tell
from certportal.languages import gettext
from certportal.refusals import Conflict, Refusal
from certportal.sentences import sentence
from certportal.signin import guard
from certportal.signin.belonging import mine

blueprint = Blueprint("access", __name__, url_prefix="/interface")


@blueprint.get("", strict_slashes=False)
@allow("signatory")
def index() -> Response:
    """Valid access rights, what waits, drafts, and earlier applications."""
    mine = guard.acting().organisation
    return page("access/index.html", overview=service.overview(mine.id), organisation=mine, now=clock.now())


@blueprint.get("/apply")
@allow("signatory")
def apply() -> Response:
    """An empty application; a replacement application opens with the present choices."""
    mine = guard.acting().organisation
    return _form(ApplicationForm(service.prefilled(mine), service.offered(mine)), key=clock.random_token())


@blueprint.post("/apply")
@allow("signatory")
def begin() -> Response:
    """Keep the answers of a new application, and go on to check them."""
    return _keep(None)


@blueprint.post("/apply/later")
@allow("signatory")
def begin_later() -> Response:
    """Keep the answers of a new application as they are, to finish later."""
    return _keep(None, later=True)


@blueprint.post("/apply/check/<field>")
@allow("signatory")
def check_field(field: str) -> Response:
    """One answer, checked on change."""
    name = found(CHECKED.get(field))
    form = ApplicationForm(typed_answers(request.form), service.offered(guard.acting().organisation))
    valid = form.validate_one(name)
    return page(f"access/_{name}.html", form=form, status=200 if valid else 422)


@blueprint.get("/drafts/<int(max=2147483647):draft_id>")
@allow("signatory")
def draft(draft_id: int) -> Response:
    """A draft goes on. ``unfinished`` shows what is missing before it can be sent."""
    try:
        form, version = _drafted(draft_id)
    except Conflict as refusal:
        return _over(draft_id, refusal)
    if "unfinished" in request.args:
        form.validate()
    return _form(form, draft_id, version)


@blueprint.post("/drafts/<int(max=2147483647):draft_id>")
@allow("signatory")
def save(draft_id: int) -> Response:
    """Keep the answers of a draft, and go on to check them."""
    return _keep(draft_id)


@blueprint.post("/drafts/<int(max=2147483647):draft_id>/later")
@allow("signatory")
def save_later(draft_id: int) -> Response:
    """Keep the answers of a draft as they are, to finish later."""
    return _keep(draft_id, later=True)


@blueprint.get("/drafts/<int(max=2147483647):draft_id>/delete")
@allow("signatory")
def confirm_deletion(draft_id: int) -> Response:
    """Whether the draft is to go."""
    try:
        mine = service.open_draft(draft_id, guard.acting().organisation.id)
    except Conflict as refusal:
        return _over(draft_id, refusal)
    return page("access/delete.html", draft=mine)


@blueprint.post("/drafts/<int(max=2147483647):draft_id>/delete")
@allow("signatory")
def delete(draft_id: int) -> Response:
    """The draft goes."""
    try:
        service.delete_draft(draft_id, guard.acting())
    except Conflict as refusal:
        return _over(draft_id, refusal)
    tell(gettext("The draft has been deleted."))
    return see_other("access.index")


@blueprint.get("/drafts/<int(max=2147483647):draft_id>/check")
@allow("signatory")
def check(draft_id: int) -> Response:
    """The answers, and what sending them changes."""
    try:
        form, version = _drafted(draft_id)
    except Conflict as refusal:
        return _over(draft_id, refusal)
    if not form.validate():
        return see_other("access.draft", draft_id=draft_id, unfinished=1)
    return _check(form, draft_id, version)


@blueprint.post("/drafts/<int(max=2147483647):draft_id>/send")
@allow("signatory")
def send(draft_id: int) -> Response:
    """The application is sent. Pressed twice, it is one application."""
    acting = guard.acting()
    try:
        form, version = _drafted(draft_id)
    except Conflict as refusal:
        return _over(draft_id, refusal)
    if not form.validate():
        return _form(form, draft_id, version, status=422)
    if request.form.get("version") != str(version):
        return _check(form, draft_id, version, Conflict("answers_changed"))
    answers = form.answers()
    how = SendingForm(service.preview(acting.organisation.id, answers.channels, answers.purposes), request.form)
    if not how.validate():
        return _check(form, draft_id, version, how=how)
    try:
        sent = service.send_application(draft_id, version, answers, how.sending(), acting)
    except Conflict as refusal:
        form, version = _drafted(draft_id)
        return _check(form, draft_id, version, refusal)
    except Refusal as refusal:
        return _form(form, draft_id, version, refusal=refusal)
    tell(gettext("The application has been sent."))
    return see_other("access.show", application_id=sent.id)


@blueprint.get("/applications/<int(max=2147483647):application_id>")
@allow("signatory")
def show(application_id: int) -> Response:
    """One application, each stage of it."""
    return page("access/show.html", story=_story(application_id))


@blueprint.get("/applications/<int(max=2147483647):application_id>/withdraw")
@allow("signatory")
def confirm_withdrawal(application_id: int) -> Response:
    """Whether what waits is to be taken back."""
    story = _story(application_id)
    if not story.is_waiting:
        return see_other("access.show", application_id=application_id)
    return page("access/withdraw.html", story=story)


@blueprint.post("/applications/<int(max=2147483647):application_id>/withdraw")
@allow("signatory")
def withdraw(application_id: int) -> Response:
    """What waits is taken back."""
    try:
        service.withdraw_application(application_id, guard.acting())
    except Conflict as refusal:
        return page(
            "access/show.html",
            story=_story(application_id),
            messages=[sentence(refusal)],
            form_errors=True,
            status=status_of(refusal),
        )
    tell(gettext("What waited for a decision has been taken back."))
    return see_other("access.show", application_id=application_id)


def _story(application_id: int) -> service.Story:
    found = mine(
        lambda organisation_id: service.application(application_id, organisation_id),
        lambda name: gettext("The application belongs to %(name)s. Choose it to go on.", name=name),
        url_for("access.show", application_id=application_id),
    )
    return service.story(found)


def _drafted(draft_id: int) -> tuple[ApplicationForm, int]:
    """The draft's answers and its version."""
    mine = guard.acting().organisation
    kept = service.open_draft(draft_id, mine.id)
    return ApplicationForm(kept.answers, service.offered(mine)), kept.version


def _keep(draft_id: int | None, *, later: bool = False) -> Response:
    acting = guard.acting()
    answers, key = typed_answers(request.form), request.form.get("key", "")
    version = _number(request.form.get("version"))
    if len(key) != len(clock.random_token()) and draft_id is None:
        key = clock.random_token()
    try:
        kept = service.save_draft(draft_id, version, answers, acting, key)
    except Conflict as refusal:
        return _not_kept(ApplicationForm(answers, service.offered(acting.organisation)), draft_id, key, refusal)
    if later:
        tell(gettext("Your answers have been saved. Go on when it suits you."))
        return see_other("access.index")
    form = ApplicationForm(kept.answers, service.offered(acting.organisation))
    if not form.validate():
        return _form(form, kept.id, kept.version, status=422)
    return see_other("access.check", draft_id=kept.id)


def _not_kept(form: ApplicationForm, draft_id: int | None, key: str, refusal: Conflict) -> Response:
    """What was typed stays on the page; going on keeps it."""
    sent = service.application_of_draft(draft_id, key, guard.acting().organisation.id)
    if sent is not None:
        return _to(sent, refusal)
    if refusal.code == "draft_deleted":
        return _form(form, None, 1, clock.random_token(), refusal=refusal)
    return _form(form, draft_id, service.version_of(draft_id, key), key, refusal=refusal)


def _over(draft_id: int, refusal: Conflict) -> Response:
    """A draft that is no more: the application that it became, or the first page."""
    sent = service.application_of_draft(draft_id, "", guard.acting().organisation.id)
    if sent is not None:
        return (
            see_other("access.show", application_id=sent.id) if request.path.endswith("/send") else _to(sent, refusal)
        )
    tell(gettext("This draft has been deleted."), "info")
    return see_other("access.index")


def _to(sent: service.InterfaceApplication, refusal: Conflict) -> Response:
    tell(sentence(refusal), "info")
    return see_other("access.show", application_id=sent.id)


def _form(
    form: ApplicationForm,
    draft_id: int | None = None,
    version: int = 1,
    key: str = "",
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    return page(
        "access/apply.html",
        form=form,
        offered=form.offered,
        draft_id=draft_id,
        version=version,
        key=key,
        messages=[sentence(refusal)] if refusal else [],
        form_errors=refusal is not None or bool(form.errors),
        kept_at=url_for("access.check", draft_id=draft_id) if draft_id is not None and status == 422 else None,
        status=status_of(refusal) if refusal else status,
    )


def _check(
    form: ApplicationForm,
    draft_id: int,
    version: int,
    refusal: Conflict | None = None,
    how: SendingForm | None = None,
) -> Response:
    purposes = () if form.gives_up_all else form.purposes.data or ()
    preview = service.preview(form.offered.organisation.id, form.channels.data or [], purposes)
    context: dict[str, Any] = {
        "form": form,
        "offered": form.offered,
        "preview": preview,
        "how": how or SendingForm(preview),
        "purposes": service.purposes_named(purposes),
        "draft_id": draft_id,
        "version": version,
        "messages": [sentence(refusal)] if refusal else [],
        "form_errors": refusal is not None or how is not None,
    }
    return page("access/check.html", **context, status=status_of(refusal) if refusal else 422 if how else 200)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1
