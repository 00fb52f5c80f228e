"""Views: who looks after certificates, and the change of one person's details."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from certportal import clock
from certportal.answers import allow, found, go_to, page, see_other, status_of, tell, wants_partial
from certportal.contacts import service
from certportal.contacts.blueprint import CONTACT, blueprint, my_contact, number_in_address, partial_status
from certportal.contacts.forms import CHECKED, ContactForm, Scope
from certportal.contacts.service import Updated, Uses
from certportal.languages import gettext
from certportal.messages import service as secure_messages
from certportal.outbox import service as outbox
from certportal.refusals import Conflict
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.sentences import sentence
from certportal.signin.guard import acting


@blueprint.get("")
@allow("signatory")
def index() -> Response:
    """Everyone who looks after the organisation's certificates, those whom mail or messages do not reach first."""
    contacts = service.contacts_page(acting().organisation.id, number_in_address("page") or 1)
    return page("contacts/index.html", "contacts/_list.html", contacts=contacts)


@blueprint.get(CONTACT)
@allow("signatory")
def show(contact_id: int) -> Response:
    """One contact, and all that it looks after."""
    return _page(contact_id)


@blueprint.get(f"{CONTACT}/edit")
@allow("signatory")
def edit(contact_id: int) -> Response:
    """The form for the contact's details."""
    contact = my_contact(contact_id)
    uses, certificate_id = service.uses_of(contact.id), number_in_address("certificate")
    if not uses.has_certificate(certificate_id):
        present = service.present_contact(contact.id, certificate_id, contact.organisation_id)
        if present is not None and present.id != contact.id:
            return see_other("contacts.edit", contact_id=present.id, certificate=certificate_id)
    form = _form(contact, uses, certificate_id, formdata=None, details=registry.details_of(contact))
    form.show_version(contact.version)
    return _edit_page(contact, form, uses, certificate_id)


@blueprint.post(f"{CONTACT}/edit")
@allow("signatory")
def save(contact_id: int) -> Response:
    """Change the contact's details, for one certificate or for everything that it looks after."""
    contact, certificate_id = service.contact_of(contact_id, acting().organisation.id), number_in_address("certificate")
    if contact is None:
        return _changed_meanwhile(contact_id, certificate_id, Conflict("contact_gone"))
    uses = service.uses_of(contact.id)
    form = _form(contact, uses, certificate_id)
    if not form.validate():
        return _edit_page(contact, form, uses, certificate_id, status=422)
    given_away = not uses.has_certificate(certificate_id)
    only = certificate_id if given_away or (form.asks_scope and form.scope.data is Scope.ONE) else None
    try:
        updated = service.update_contact(contact_id, form.seen, form.contact(), acting().actor, only)
    except Conflict as refusal:
        return _changed_meanwhile(contact_id, certificate_id, refusal)
    return _saved(updated, certificate_id)


@blueprint.get(f"{CONTACT}/changed")
@allow("signatory")
def changed(contact_id: int) -> Response:
    """What follows from the change: who is told, which orders wait for new codes, and who may still have the keys."""
    contact = my_contact(contact_id)
    after = service.aftermath(contact, number_in_address("certificate"))
    return page("contacts/changed.html", after=after, contact=contact, now=clock.now())


@blueprint.post(f"{CONTACT}/try-again")
@allow("signatory")
def try_again(contact_id: int) -> Response:
    """The address is right: the marks that mail servers' refusals left on the contact's addresses end."""
    contact, mine = my_contact(contact_id), acting()
    addresses = [address for address in (contact.email, contact.second_email) if address]
    for address in addresses:
        outbox.unmark(address, mine.actor, mine.organisation.id)
    if wants_partial():
        return _page(contact_id, said=gettext("Mail is sent to the address again."))
    tell(gettext("Mail is sent to the address again."))
    return see_other("contacts.index")


@blueprint.post(f"{CONTACT}/number-is-right")
@allow("signatory")
def number_is_right(contact_id: int) -> Response:
    """The number is right: what whoever got the message said of it ends."""
    contact = my_contact(contact_id)
    secure_messages.number_is_right(contact.id, acting().actor)
    if wants_partial():
        return _page(contact_id, said=gettext("The mobile number is no longer said to be wrong."))
    tell(gettext("The mobile number is no longer said to be wrong."))
    return see_other("contacts.index")


@blueprint.post(f"{CONTACT}/remove")
@allow("signatory")
def remove(contact_id: int) -> Response:
    """Take a contact who looks after nothing out of the list."""
    contact = my_contact(contact_id)
    name = contact.name
    try:
        service.remove_contact(contact_id, acting().actor)
    except Conflict as refusal:
        return _page(contact_id, messages=[sentence(refusal)], status=status_of(refusal))
    tell(gettext("%(name)s is no longer in the list.", name=name))
    return see_other("contacts.index")


@blueprint.get(f"{CONTACT}/try-again", endpoint="tried_again")
@blueprint.get(f"{CONTACT}/number-is-right", endpoint="number_was_right")
@blueprint.get(f"{CONTACT}/remove", endpoint="removed")
@allow("signatory")
def acted(contact_id: int) -> Response:
    """Where a changed language leads from a page that answered one of the contact's verbs."""
    return see_other("contacts.show", contact_id=contact_id)


@blueprint.post("/check/<field>")
@allow("signatory")
def check(field: str) -> Response:
    """One answer, checked as soon as it is given."""
    name = found(field if field in CHECKED else None)
    form = ContactForm(home=acting().organisation.country, of=number_in_address("of"))
    form.validate_one(name)
    if not wants_partial():
        return see_other("contacts.index")
    return page(
        f"contacts/_{name}.html", form=form, of=number_in_address("of"), status=422 if form[name].errors else 200
    )


def _form(contact: TechnicalContact, uses: Uses, certificate_id: int | None, **begun: Any) -> ContactForm:
    asks = certificate_id is not None and uses.has_certificate(certificate_id) and uses.count > 1
    shared_by = contact.name if asks else ""
    return ContactForm(home=acting().organisation.country, of=contact.id, shared_by=shared_by, **begun)


def _page(contact_id: int, *, said: str = "", messages: list[str] | None = None, status: int = 200) -> Response:
    contact = my_contact(contact_id)
    return page(
        "contacts/show.html",
        "contacts/_contact.html",
        line=service.line(contact),
        uses=service.uses_of(contact.id),
        said=said,
        messages=messages or [],
        form_errors=bool(messages),
        status=partial_status(status, partial=wants_partial()),
    )


def _edit_page(
    contact: TechnicalContact,
    form: ContactForm,
    uses: Uses,
    certificate_id: int | None,
    *,
    messages: list[str] | None = None,
    status: int = 200,
) -> Response:
    chosen = next((each for each in uses.certificates if each.id == certificate_id), None)
    return page(
        "contacts/edit.html",
        "contacts/_form.html",
        contact=contact,
        form=form,
        of=contact.id,
        uses=uses,
        certificate=chosen,
        back=_home(certificate_id if chosen else None),
        inline=wants_partial(),
        messages=messages or [],
        form_errors=bool(messages or form.errors),
        status=partial_status(status, partial=wants_partial()),
    )


def _saved(updated: Updated, certificate_id: int | None) -> Response:
    """To what follows from the change; where nothing does, back to where the form was."""
    if updated.differs.reach or updated.differs.perhaps_another_person:
        only = {"certificate": updated.certificate_id} if updated.certificate_id is not None else {}
        return see_other("contacts.changed", contact_id=updated.contact_id, **only)
    said = gettext("The details have been saved.") if updated.differs.anything else gettext("Nothing was different.")
    if wants_partial() and certificate_id is None:
        return _page(updated.contact_id, said=said)
    tell(said, "success" if updated.differs.anything else "info")
    return go_to(_home(certificate_id))


def _changed_meanwhile(contact_id: int, certificate_id: int | None, refusal: Conflict) -> Response:
    """The form again, with what was typed and what is saved now; a second press saves what was typed. A certificate that
    was given away meanwhile is shown with the contact it has now."""
    contact = service.present_contact(contact_id, certificate_id, acting().organisation.id)
    if contact is None:
        return _gone(contact_id)
    uses, said = service.uses_of(contact.id), [sentence(refusal)]
    form = _form(contact, uses, certificate_id)
    form.show_version(contact.version)
    return _edit_page(contact, form, uses, certificate_id, messages=said, status=status_of(refusal))


def _gone(contact_id: int) -> Response:
    """Somebody else has taken the contact's place in another window; what is nobody's is not found."""
    former = registry.contact(contact_id)
    found(former if former is not None and former.organisation_id == acting().organisation.id else None)
    tell(sentence(Conflict("contact_gone")), "info")
    return see_other("contacts.index")


def _home(certificate_id: int | None) -> str:
    if certificate_id is None:
        return url_for("contacts.index")
    return url_for("certificates.show", certificate_id=certificate_id)
