"""Views: a signatory renews a certificate that ends soon, on one page: contact and description are kept, or changed there."""

from typing import Any

from flask import current_app, request, url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, go_to, page, see_other, status_of, tell
from certportal.formats import as_date
from certportal.languages import gettext
from certportal.orders import service
from certportal.orders.beginning import form_of, others_of
from certportal.orders.blueprint import LARGEST, blueprint, my_certificate, place
from certportal.orders.forms import ApplicationForm, typed_answers
from certportal.orders.replaceable import ReplaceableCertificate
from certportal.orders.service import OrderReason
from certportal.refusals import Refusal
from certportal.sentences import sentence
from certportal.signin.guard import acting

RENEWAL = f"/renewal/<int(max={LARGEST}):certificate_id>"
FIXED = ("channel", "environment", "reason", "replaces")


@blueprint.get(RENEWAL)
@allow("signatory")
def renewal(certificate_id: int) -> Response:
    """The page, filled in; where there is nothing to renew, the one that says why."""
    ending = _ending(certificate_id)
    if ending is None:
        return _not_now(certificate_id)
    answers = service.prefilled(acting(), OrderReason.REPLACES, certificate_id, None)
    elsewhere = _elsewhere(ending)
    if elsewhere is None and not service.has_right_for(acting().organisation.id, ending):
        return _without_right(ending)
    return elsewhere or _page(ending, form_of(answers))


@blueprint.post(RENEWAL)
@allow("signatory")
def renew(certificate_id: int) -> Response:
    """Send it: new transfer codes go to the contact at once. What was typed is on the page again after an error."""
    mine, key = acting(), request.form.get("key", "")[:43]
    sent = service.order_of_key(key, mine.organisation.id)
    if sent is not None:
        return see_other("orders.show", number=sent.number)
    ending = _ending(certificate_id)
    if ending is None:
        return _not_now(certificate_id)
    kept = service.prefilled(mine, OrderReason.REPLACES, certificate_id, None)
    typed = typed_answers(request.form) | {name: kept[name] for name in FIXED}
    form = form_of(typed)
    if not _is_valid(form):
        return _page(ending, form, status=422)
    try:
        order = service.place_renewal(key or clock.random_token(), typed, form.answers(None), mine)
    except Refusal as refusal:
        return _page(ending, form, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("The renewal has been ordered. The secure e-mail is on its way to %(name)s.", name=order.contact.name))
    return see_other("orders.show", number=order.number)


def _ending(certificate_id: int) -> ReplaceableCertificate | None:
    """The organisation's own certificate; None where a new one has taken its place."""
    my_certificate(certificate_id, url_for("orders.renewal", certificate_id=certificate_id))
    return service.replaced_certificate(acting().organisation.id, certificate_id)


def _not_now(certificate_id: int) -> Response:
    tell(sentence(Refusal("renewal_not_now")), "info")
    return go_to(_certificate(certificate_id))


def _is_valid(form: ApplicationForm) -> bool:
    valid = form.validate()
    return form.describe(bool(others_of(form))) and valid


def _elsewhere(ending: ReplaceableCertificate) -> Response | None:
    """Where a link goes that was kept: to the order that waits, or to the application for what is not ending soon."""
    waiting = service.replacing(acting().organisation.id, ending.id)
    if waiting is not None:
        tell(sentence(Refusal("renewal_ordered")), "info")
        return see_other("orders.show", number=waiting.number)
    if ending.state != "expires_soon":
        return see_other("orders.new", replaces=ending.id)
    return None


def _certificate(certificate_id: int) -> str:
    """The certificate's own page; the start page in an installation without it."""
    known = "certificates.show" in current_app.view_functions
    return url_for("certificates.show", certificate_id=certificate_id) if known else url_for("home.start")


def _without_right(ending: ReplaceableCertificate) -> Response:
    offered = service.offered(acting())
    return page(
        "orders/renewal_without_right.html",
        ending=ending,
        organisation=offered.organisation,
        channel=offered.channel(ending.channel_id),
        now=clock.now(),
        apply=place("access.apply"),
        back=_certificate(ending.id),
    )


def _page(
    ending: ReplaceableCertificate, form: ApplicationForm, *, messages: list[str] | None = None, status: int = 200
) -> Response:
    context: dict[str, Any] = {
        "form": form,
        "offered": form.offered,
        "ending": ending,
        "channel": form.offered.channel(ending.channel_id),
        "key": clock.random_token(),
        "now": clock.now(),
        "last_day": as_date(service.last_day_from_now()),
        "action": url_for("orders.renew", certificate_id=ending.id),
        "back": _certificate(ending.id),
        "apply": place("access.apply"),
        "messages": messages or [],
        "form_errors": bool(messages or form.errors),
    }
    return page("orders/renewal.html", **context, status=status)
