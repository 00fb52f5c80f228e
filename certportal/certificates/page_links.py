"""Links to certificates' pages in a letter about several of them, made when the letter is.

A resolver only reads, so the tokens are drawn there and their rows written by the letter's ``on_sending`` step: a letter that
is tried again carries new links, and those that never left open nothing that anybody has.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from certportal import clock
from certportal.certificates.models import Certificate
from certportal.extensions import writing
from certportal.formats import link
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret


def page_links(certificates: Sequence[Certificate]) -> tuple[dict[int, str], Callable[[], None]]:
    """Addresses by certificate id, and the step that makes them work: for certificates that have not ended yet."""
    now = clock.now()
    living = [each for each in certificates if each.not_after > now]
    tokens = {each.id: Secret(clock.random_token()) for each in living}
    covers = {each.id: orders.cover(each.order) | {"description": each.description} for each in living}
    addresses = {number: link("messages.cover", token=token.reveal()) for number, token in tokens.items()}
    return addresses, lambda: open_pages(tokens, covers)


def open_pages(tokens: Mapping[int, Secret], covers: Mapping[int, dict[str, Any]]) -> None:
    """A step: a PIN-guarded link to each certificate's page, for its present contact."""
    if tokens:
        present = writing().execute(_with_contacts(), {"numbers": list(tokens)})
        messages.open_pages(
            messages.Page(
                row.certificate_id,
                row.organisation_id,
                row,
                covers[row.certificate_id],
                row.not_after,
                tokens[row.certificate_id],
            )
            for row in present
        )


@cache
def _with_contacts() -> Select[*tuple[Any, ...]]:
    """Certificates, each beside its present contact's details under the contact's own names."""
    contact = TechnicalContact
    whole: list[Any] = [Certificate.id.label("certificate_id"), Certificate.organisation_id, Certificate.not_after]
    whole += [contact.id, contact.name, contact.email, contact.phone, contact.language]
    query = select(*whole).join(contact, contact.id == Certificate.contact_id)
    return query.where(Certificate.id.in_(bindparam("numbers", expanding=True)))
