"""Links to certificates' pages in a letter about several of them, made when the letter is.

A resolver only reads, so the tokens are drawn there and their rows written by the letter's ``on_sending`` step: a letter that
is tried again carries new links, and those that never left open nothing that anybody has.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select

from certportal import clock
from certportal.certificates.models import Certificate
from certportal.extensions import db, writing
from certportal.formats import link
from certportal.identifiers import Environment
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret
from certportal.statements import prepared


class Rights:
    """Whether organisations may use channels today, each looked up once for a letter."""

    def __init__(self) -> None:
        self.on = registry.today()
        self.known: dict[tuple[int, int], bool] = {}

    def cover(self, certificate: Certificate) -> bool:
        """A test certificate needs no right (domain.md, section 3)."""
        if certificate.environment is Environment.TEST:
            return True
        place = (certificate.organisation_id, certificate.channel_id)
        if place not in self.known:
            self.known[place] = registry.has_right_to(*place, self.on)
        return self.known[place]


def without_right(certificate_ids: Sequence[int]) -> frozenset[int]:
    """Those of these certificates that cannot be renewed, because the organisation has no right to the channel today."""
    rights, query = Rights(), select(Certificate).where(Certificate.id.in_(certificate_ids))
    return frozenset(each.id for each in db.session.scalars(query) if not rights.cover(each))


def page_links(certificates: Sequence[Certificate]) -> tuple[dict[int, str], Callable[[], None]]:
    """Addresses by certificate id, and the step that makes them work: for certificates that have not ended yet."""
    now = clock.now()
    living = [each for each in certificates if each.not_after > now]
    tokens = {each.id: Secret(clock.random_token()) for each in living}
    of_orders = orders.covers([each.order_id for each in living])
    covers = {each.id: of_orders[each.order_id] | {"description": each.description} for each in living}
    addresses = {number: link("messages.cover", token=token.reveal()) for number, token in tokens.items()}
    return addresses, lambda: open_pages(tokens, covers)


def open_pages(tokens: Mapping[int, Secret], covers: Mapping[int, dict[str, Any]]) -> None:
    """A step: a PIN-guarded link to each certificate's page, for its present contact."""
    for number, token in tokens.items():
        row = writing().execute(_with_contact(), {"certificate": number}).one()
        messages.new_page(
            certificate_id=number,
            organisation_id=row.organisation_id,
            contact=row,
            cover=covers[number],
            usable_until=row.not_after,
            token=token,
        )


@prepared
def _with_contact() -> Select[*tuple[Any, ...]]:
    """A certificate, beside its present contact's details under the contact's own names."""
    contact = TechnicalContact
    whole: list[Any] = [Certificate.organisation_id, Certificate.not_after]
    whole += [contact.id, contact.name, contact.email, contact.phone, contact.language]
    query = select(*whole).join(contact, contact.id == Certificate.contact_id)
    return query.where(Certificate.id == bindparam("certificate"))
