"""A certificate's page for its contact: the same PIN-guarded link, with nothing sealed behind it.

It ends with the certificate or its contact; without the access right it is for looking and revoking. The pages themselves are
certificates' blueprint's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Update, bindparam, update

from certportal.extensions import changed, within_transaction
from certportal.messages.codes import new_message
from certportal.messages.endings import end_messages
from certportal.messages.models import MessageEnd, MessageKind, SecureMessage
from certportal.registry.models import TechnicalContact
from certportal.secrecy import Secret
from certportal.statements import prepared


def new_page(
    certificate_id: int,
    organisation_id: int,
    contact: TechnicalContact | Row[Any],
    cover: dict[str, Any],
    usable_until: datetime,
    token: Secret | None = None,
) -> tuple[int, Secret]:
    """A step: a new link to the certificate's page: the number of its row, and the token that opens it; the caller owes the mail
    that carries the token as its secret. ``token``: one that was drawn already, else a new one.

    ``cover`` as for codes, and ``certificate``: the certificate's id. Earlier links to the page stay as they are.
    """
    within_transaction()
    cover = {**cover, "certificate": certificate_id}
    subject = f"certificate:{certificate_id}"
    return new_message(MessageKind.CERTIFICATE_PAGE, subject, organisation_id, contact, cover, usable_until, token)


def mailed_by(message_id: int, row_id: int) -> None:
    """A step: the mail that carries the page's link."""
    within_transaction()
    changed(_mailed_by(), message=message_id, mail=row_id)


@prepared
def _mailed_by() -> Update:
    messages: Any = SecureMessage.__table__
    return update(messages).where(messages.c.id == bindparam("message")).values(mail_row_id=bindparam("mail"))


def end_pages(certificate_id: int, because: MessageEnd) -> int:
    """A step: every link to the certificate's page ends. Answers how many."""
    within_transaction()
    of_certificate = SecureMessage.subject == f"certificate:{certificate_id}"
    return end_messages(of_certificate & (SecureMessage.kind == MessageKind.CERTIFICATE_PAGE), because)
