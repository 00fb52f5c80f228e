"""Views of the signatory: the list, a certificate, its files; revoke; will not be renewed."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from certportal import acts
from certportal.answers import allow, page, private, see_other, status_of, tell
from certportal.certificates import service
from certportal.certificates.blueprint import about, blueprint, download, place, tell_revoked
from certportal.certificates.forms import RevokeForm, hints, only_of_the_key
from certportal.certificates.service import Certificate, Reason, Wanted
from certportal.certificates.wording import Told
from certportal.formats import language, link
from certportal.identifiers import Environment
from certportal.languages import gettext
from certportal.orders.blueprint import my_order
from certportal.refusals import Refusal
from certportal.sentences import sentence
from certportal.signin.belonging import mine
from certportal.signin.guard import acting

LONGEST_WORDS = 200
STATES = ("valid", "expires_soon", "awaiting", "expired", "revoked")


@blueprint.get("/certificates")
@allow("signatory")
def index() -> Response:
    """What the organisation has: what needs action first."""
    organisation, wanted = acting().organisation, _wanted()
    listing = service.listing(organisation.id, wanted, request.args.get("page", 1, type=int), language().value)
    channels = service.channels_used(organisation.id)
    return page(
        "certificates/index.html",
        "certificates/_list.html",
        organisation=organisation,
        listing=listing,
        told=Told(listing.now),
        wanted=wanted,
        channels=channels,
        args={name: value for name, value in _chosen(wanted).items() if value},
        apply=place("orders.new"),
    )


@blueprint.get("/certificates/<int:certificate_id>")
@allow("signatory")
def show(certificate_id: int) -> Response:
    """One certificate: how long it lasts, what to do about it, who has it."""
    return certificate_page(certificate_id)


@blueprint.get("/certificates/<int:certificate_id>/files/<name>")
@allow("signatory")
def file(certificate_id: int, name: str) -> Response:
    """One of its files."""
    return download(my_certificate(certificate_id), name, link("certificates.show", certificate_id=certificate_id))


@blueprint.get("/certificates/of-order/<number>")
@allow("signatory")
def of_order(number: str) -> Response:
    """To what an order has become; to the order itself while it has become nothing."""
    order = my_order(number)
    certificate = service.of_order(order.id)
    if certificate is not None:
        return see_other("certificates.show", certificate_id=certificate.id)
    return see_other("orders.show", number=number)


@blueprint.get("/certificates/<int:certificate_id>/revoke")
@allow("signatory")
def revoke(certificate_id: int) -> Response:
    """What revoking means, before it is done. From the mail about a certificate that was not ordered: with its reason."""
    certificate = my_certificate(certificate_id)
    not_us = "not-us" in request.args
    data = {"reason": Reason.KEY_SUSPECTED} if not_us else None
    form = RevokeForm(service.renewed_with_key(certificate), formdata=None, data=data)
    return _revoke_page(certificate, form, not_us=not_us)


@blueprint.post("/certificates/<int:certificate_id>/revoke")
@allow("signatory")
def revoke_now(certificate_id: int) -> Response:
    """Revoke it, for good."""
    certificate = my_certificate(certificate_id)
    form = RevokeForm(service.renewed_with_key(certificate))
    revoked_before = certificate.revoked_at is not None
    if not form.validate_on_submit() or form.reason.data is None:
        return _revoke_page(certificate, form, status=422)
    try:
        said = (Reason(form.reason.data), acting().actor, form.note.data or "", form.renewed.data or ())
        service.revoke(certificate.id, *said)
    except Refusal as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell_revoked(
        certificate.id, gettext("The certificate is revoked. It cannot be used any more."), again=revoked_before
    )
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.post("/certificates/<int:certificate_id>/will-not-be-renewed")
@allow("signatory")
def will_not_be_renewed(certificate_id: int) -> Response:
    """No more notices about its end."""
    try:
        service.will_not_be_renewed(my_certificate(certificate_id).id, acting().actor)
    except Refusal as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("Noted: the certificate will not be renewed. No more reminders of its end are sent."))
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.post("/certificates/<int:certificate_id>/will-be-renewed")
@allow("signatory")
def will_be_renewed(certificate_id: int) -> Response:
    """Taken back."""
    try:
        service.will_be_renewed(my_certificate(certificate_id).id, acting().actor)
    except Refusal as refusal:
        return certificate_page(certificate_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("Taken back: reminders of the certificate’s end are sent again."))
    return see_other("certificates.show", certificate_id=certificate_id)


@blueprint.get("/certificates/<int:certificate_id>/will-not-be-renewed")
@blueprint.get("/certificates/<int:certificate_id>/will-be-renewed")
@allow("signatory")
def said(certificate_id: int) -> Response:
    """Where a changed language leads from a page that answered one of these two."""
    return see_other("certificates.show", certificate_id=certificate_id)


def _wanted() -> Wanted:
    """The filter, with what makes no sense left out: addresses are kept, mailed and mistyped."""
    args = request.args
    state, environment = args.get("state", ""), args.get("environment", "")
    words = "".join(character if character.isprintable() else " " for character in args.get("q", ""))
    return Wanted(
        words=" ".join(words.split())[:LONGEST_WORDS],
        state=state if state in STATES else "",
        environment=Environment(environment) if environment in list(Environment) else None,
        channel_id=args.get("channel", type=_channel_id),
    )


def _channel_id(typed: str) -> int:
    """Raises ValueError for what is no number, or one that no row can have."""
    number = int(typed)
    if not 0 < number < 2**31:
        raise ValueError(typed)
    return number


def _chosen(wanted: Wanted) -> dict[str, Any]:
    environment = wanted.environment.value if wanted.environment else ""
    return {"q": wanted.words, "state": wanted.state, "environment": environment, "channel": wanted.channel_id}


def my_certificate(certificate_id: int, then: str = "certificates.show") -> Certificate:
    """The organisation's own certificate, or the way to it (``belonging.mine``); ``then``: the page to go on to after a form."""
    return mine(
        lambda organisation_id: service.of_organisation(certificate_id, [organisation_id]),
        lambda name: gettext("The certificate belongs to %(name)s. Choose it to go on.", name=name),
        url_for(then, certificate_id=certificate_id),
    )


def certificate_page(certificate_id: int, *, messages: list[str] | None = None, status: int = 200) -> Response:
    """The certificate's page for those who may sign for its organisation."""
    certificate = my_certificate(certificate_id)
    shown = about(certificate, "certificates.file", certificate_id=certificate.id)
    relations = service.relations(certificate)
    return private(
        page(
            "certificates/show.html",
            **shown,
            relations=relations,
            successor=service.successor_of(certificate),
            replacement=service.open_replacement(certificate),
            activity=[(entry, acts.act(entry.verb, entry.details)) for entry in service.activity(certificate)],
            apply=place("orders.new", replaces=certificate.id),
            renew=place("orders.renewal", certificate_id=certificate.id),
            apply_for_right=place("access.apply") if service.without_right([certificate.id]) else None,
            edit_contact=place("contacts.edit", contact_id=certificate.contact_id, certificate=certificate.id),
            ledger=place("notices.ledger", certificate_id=certificate.id),
            messages=messages or [],
            form_errors=bool(messages),
            status=status,
        )
    )


def _revoke_page(certificate: Certificate, form: RevokeForm, *, not_us: bool = False, status: int = 200) -> Response:
    shown = about(certificate, "certificates.file", certificate_id=certificate.id)
    if shown["state"] in ("revoked", "expired") and not shown["raisable"]:
        return see_other("certificates.show", certificate_id=certificate.id)
    if shown["raisable"]:
        only_of_the_key(form.reason)
    return page(
        "certificates/revoke.html",
        **shown,
        form=form,
        hints=hints(),
        not_us=not_us,
        same_key=service.same_key(certificate),
        others=service.others_on_channel(certificate),
        successors=[each for each in service.relations(certificate).successors if each.revoked_at is None],
        at=url_for("certificates.show", certificate_id=certificate.id),
        send_to=url_for("certificates.revoke_now", certificate_id=certificate.id),
        status=status,
    )
