"""A certificate's page for its contact: the same PIN-guarded link, with nothing sealed behind it.

It ends with the certificate, its contact or its right. The pages themselves are certificates' blueprint's.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Insert, Row, insert

from certportal.extensions import within_transaction, writing
from certportal.messages.codes import add_message, message_values
from certportal.messages.endings import end_messages
from certportal.messages.models import MessageEnd, MessageKind, SecureMessage
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret


def open_page(
    *,
    certificate_id: int,
    organisation_id: int,
    contact: TechnicalContact,
    cover: dict[str, Any],
    usable_until: datetime,
    token: Secret | None = None,
) -> tuple[SecureMessage, Secret]:
    """A step: a new link to the certificate's page; the caller queues the mail that carries the token as its secret.

    ``token``: one that was drawn already, else a new one.
    ``cover`` as for codes, and ``certificate``: the certificate's id. Earlier links to the page stay as they are.
    """
    within_transaction()
    cover = {**cover, "certificate": certificate_id}
    subject = f"certificate:{certificate_id}"
    return add_message(MessageKind.CERTIFICATE_PAGE, subject, organisation_id, contact, cover, usable_until, token)


class Page(NamedTuple):
    """One new link to a certificate's page, as ``open_page`` takes it; ``contact`` may be a row of the contact's columns."""

    certificate_id: int
    organisation_id: int
    contact: TechnicalContact | Row[*tuple[Any, ...]]
    cover: dict[str, Any]
    usable_until: datetime
    token: Secret


def open_pages(pages: Iterable[Page]) -> None:
    """A step: many at once, past the session, for letters that carry links that were drawn before."""
    within_transaction()
    values = [
        message_values(
            MessageKind.CERTIFICATE_PAGE,
            f"certificate:{page.certificate_id}",
            page.organisation_id,
            page.contact,
            {**page.cover, "certificate": page.certificate_id},
            page.usable_until,
            page.token,
        )
        for page in pages
    ]
    if values:
        writing().execute(_added(), values)


@cache
def _added() -> Insert:
    return insert(SecureMessage)


def end_pages(certificate_id: int, because: MessageEnd) -> int:
    """A step: every link to the certificate's page ends. Answers how many."""
    within_transaction()
    of_certificate = SecureMessage.subject == f"certificate:{certificate_id}"
    return end_messages(of_certificate & (SecureMessage.kind == MessageKind.CERTIFICATE_PAGE), because)
