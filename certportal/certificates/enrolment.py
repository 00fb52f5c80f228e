"""Enrolment: nothing is signed without a row, nothing is lost at any kill.

(1) everything is checked and the bytes to be signed are made; (2) one transaction takes the codes for this public key and
stores those bytes in a *prepared* row; (3) they are signed with no transaction open; (4) one transaction makes the row *issued*
with the signed bytes, spends the codes, and owes the mails. A prepared row left behind is resumed by the same key's next call
and by a job: the same bytes are signed, the first stored result wins, and nothing unstored is released. A parallel call with
the same key signs the same bytes too and gets the stored result, so nobody waits for anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from certportal import audit, ca, clock
from certportal.certificates import authorities, rules, signing, statements, tries
from certportal.certificates.lookups import Collected
from certportal.certificates.models import Certificate, CertificateState
from certportal.extensions import asking, db, end_reading, transaction, within_transaction, writing
from certportal.identifiers import Actor, Environment
from certportal.messages import service as messages
from certportal.messages.models import CodesState
from certportal.orders import rules as order_rules
from certportal.orders.models import Order
from certportal.refusals import Conflict, Refusal
from certportal.registry import service as registry
from certportal.secrecy import Secret
from certportal.settings import current_settings

BeforeTaking = Callable[[str], None]


def enrol(
    transfer_id: str,
    password: Secret,
    request: bytes,
    by: Actor,
    environment: Environment | None = None,
    business_id: str | None = None,
    before_taking: BeforeTaking | None = None,
) -> Collected:
    """A use case: redeem transfer codes that somebody types or a program sends; answers the certificate as far as it has come.

    It is issued; or prepared, while the authority's key cannot be used: then nothing is lost, and a job finishes it.
    The same codes and the same public key again give the same row, for as long as the codes would have lived.
    ``environment`` and ``business_id``, where a protocol names them, must be the order's. A wrong password is counted, for
    the codes and for each client's address; a wrong request spends nothing. ``before_taking`` is called with the RetrievalId of a
    new row when everything is checked; what it raises leaves the codes as they are. Refusals: transfer_codes_wrong (unknown,
    wrong and lapsed alike), retrieval_too_many, codes_taken (conflict: another key has them), RequestRefused, IssueRefused,
    CaRefused, not_orderable_any_more, key_of_another, key_distrusted, clock_behind (conflict).
    """
    tries.may_try(by.address)
    codes = messages.right_codes(transfer_id, password, statements.codes_by_transfer_id())
    if codes is None or not _names_the_order(codes, environment, business_id):
        _count_wrong(transfer_id, password, by)
        raise Refusal("transfer_codes_wrong")
    return _redeem(codes, request, by, before_taking)


def enrol_opened(codes_id: int, request: bytes, by: Actor) -> Collected:
    """A use case: the same, with codes that an opened message has shown already. Refusals as ``enrol``."""
    return _redeem(_codes(codes_id), request, by)


def _names_the_order(codes: Any, environment: Environment | None, business_id: str | None) -> bool:
    return environment in (None, codes.environment) and business_id in (None, codes.business_id)


def _count_wrong(transfer_id: str, password: Secret, by: Actor) -> None:
    """The codes were wrong, or not this order's. One client's tries at the same moment come one after the other,
    each looked at anew."""
    with transaction():
        tries.in_turn(by.address)
        tries.may_try(by.address)
        messages.verify_codes(transfer_id, password, by)
        tries.count(by.address)


def _redeem(codes: Any, request: bytes, by: Actor, before_taking: BeforeTaking | None = None) -> Collected:
    """``codes``: a row of ``statements.codes``."""
    if not audit.clock_is_sound():
        raise Conflict("clock_behind")
    public_key_hash = ca.read_signing_request(request).public_key_hash
    if codes.state is CodesState.LIVE and codes.usable_until > clock.now():
        pending = _prepare(codes, request, public_key_hash, by, before_taking)
        if pending is not None:
            return signing.sign(pending, by)
        codes = _codes(codes.id)  # another call was first: the same key gets its certificate, another is refused
    return signing.finish(_taken_by(codes, public_key_hash), by)


def _codes(codes_id: int) -> Row[Any]:
    return asking().execute(statements.codes(), {"codes": codes_id}).one()


def _taken_by(codes: Any, public_key_hash: str) -> int:
    """The certificate that these codes have become, for the same key."""
    if codes.state not in (CodesState.TAKEN, CodesState.SPENT) or codes.usable_until <= clock.now():
        raise Refusal("transfer_codes_wrong")
    if codes.public_key_hash != public_key_hash:
        raise Conflict("codes_taken")
    return db.session.scalars(select(Certificate.id).where(Certificate.transfer_codes_id == codes.id)).one()


def _prepare(
    codes: Any, request: bytes, public_key_hash: str, by: Actor, before_taking: BeforeTaking | None
) -> signing.Pending | None:
    """Take the codes for this key, and store what is to be signed; None: they are not live any more."""
    named = ca.Subject(codes.business_id, codes.country, codes.name)
    to_sign = prepared_for(codes.environment, codes.issuer, named, request)
    retrieval_id = announced(before_taking)
    with transaction():
        writing().in_turn(public_key_hash)
        if not messages.take_codes(codes.id, public_key_hash):
            return None
        on = registry.today()
        order = asking().execute(statements.order(), {"order": codes.order_id, "on": on}).one()
        _require_issuable(order, on, public_key_hash)
        certificate_id = add_prepared(order, to_sign, retrieval_id, codes.id)
        audit.record(
            "certificate_prepared",
            f"certificate:{certificate_id}",
            by=by,
            organisation_id=order.organisation_id,
            serial=to_sign.serial,
            order=order.number,
        )
    made, state = to_sign.prepared, CertificateState.PREPARED
    validity = (made.not_before, made.not_after)
    return signing.Pending(
        certificate_id,
        state,
        order.environment,
        to_sign.label,
        made.tbs,
        *validity,
        codes.id,
        order.id,
        retrieval_id,
        order.number,
    )


@dataclass(frozen=True, slots=True)
class ToSign:
    """What is to be signed, and the label of the authority that signs it."""

    label: str
    prepared: ca.Prepared

    @property
    def serial(self) -> str:
        """As the register has it."""
        return ca.serial_hex(self.prepared.serial)


def prepared_for(environment: Environment, line: str, organisation: ca.Subject, request: bytes) -> ToSign:
    """What is to be signed for an organisation and this public key, checked, with a new serial number. ``line`` is the channel's
    choice of authorities. Refusals as ``enrol``."""
    label = authorities.issuing_for(line, environment)
    prepared = ca.prepare(
        authorities.authority(environment, label),
        environment=ca.Environment(environment.value),
        subject=organisation,
        request=request,
        serial=authorities.new_serial(),
        now=clock.now(),
        crl_url=authorities.crl_url(environment, label),
        access=authorities.access(environment, label),
        profile=authorities.profile(),
        lint=current_settings().pkilint,
    )
    return ToSign(label, prepared)


def _require_issuable(order: Row[Any], on: date, public_key_hash: str) -> None:
    """Checked in the transaction that takes the codes: the order is open, the organisation uses the service, its right holds,
    the key is nobody else's and trusted."""
    order_rules.open_for_change(order.state)
    if order.ended_on is not None and order.ended_on <= on:
        raise Refusal("not_orderable_any_more", why="organisation_over")
    try:
        offered = registry.Environments(order.production, order.test)
        order_rules.usable(offered, order.environment, has_right=order.has_right)
    except Refusal as refusal:
        raise Refusal("not_orderable_any_more", why=refusal.code) from refusal
    signing.require_free_key(order.organisation_id, public_key_hash)


def announced(before_taking: BeforeTaking | None) -> str:
    """The RetrievalId of the row to come, once whoever is to hear of it first has done so. Nothing is open meanwhile."""
    retrieval_id = clock.random_text(rules.RETRIEVAL_ID_CHARACTERS)
    if before_taking is not None:
        end_reading()
        before_taking(retrieval_id)
    return retrieval_id


def add_prepared(
    order: Order | Row[Any],
    to_sign: ToSign,
    retrieval_id: str,
    codes_id: int | None = None,
    renewed: Certificate | None = None,
) -> int:
    """A step: the prepared row, as it was ordered, or as the certificate is now that it renews. Answers its number."""
    within_transaction()
    like, prepared = renewed or order, to_sign.prepared
    row = {
        "order_id": order.id,
        "transfer_codes_id": codes_id,
        "organisation_id": order.organisation_id,
        "channel_id": order.channel_id,
        "environment": order.environment,
        "issuer": to_sign.label,
        "description": like.description,
        "contact_id": like.contact_id,
        "contact_may_renew": like.contact_may_renew,
        "successor_of_id": renewed.id if renewed is not None else order.replaces_certificate_id,
        "state": CertificateState.PREPARED,
        "serial": to_sign.serial,
        "retrieval_id": retrieval_id,
        "public_key_hash": prepared.request.public_key_hash,
        "key_description": prepared.request.key_description,
        "to_be_signed": prepared.tbs,
        "not_before": prepared.not_before,
        "not_after": prepared.not_after,
        "prepared_at": clock.now(),
    }
    return writing().execute(statements.add(), row).one().id
