"""The e-mailed code: asking for one, and entering it (domain.md, "sign-in code").

Asking looks nobody up: an unknown address gets the same page, the same rows and the same time. Whether there is anybody to
write to is found out when the letter is about to be sent (letters.py).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update
from sqlalchemy.orm import aliased

from certportal import audit, clock, secrecy
from certportal.extensions import changed, db, transaction, writing
from certportal.identifiers import Actor, ActorKind, EmailAddress
from certportal.outbox import service as outbox
from certportal.refusals import Forbidden, Refusal
from certportal.registry import operators
from certportal.registry import service as registry
from certportal.secrecy import Secret
from certportal.settings import current_settings
from certportal.signin import rules
from certportal.signin.models import Desk, SignInCode
from certportal.signin.service import close, open_for_operator, open_for_person


def ask_code(desk: Desk, email: EmailAddress, client: str | None) -> Secret:
    """A use case: owe the address a new code, which voids its earlier ones. Answers the token that ties the code to the
    browser that asked.

    Refusals: as ``rules.may_ask`` and ``rules.may_guess``; then nothing has changed.
    """
    now, key, asker = clock.machine(), email.key, rules.client_key(client)
    browser, code = Secret(clock.random_token()), Secret(clock.random_digits(rules.CODE_DIGITS))
    with transaction() as session:
        for counted in (key, asker):  # the address always first, so that no two wait for each other
            writing().in_turn(f"sign-in codes {counted}")
        rules.may_guess(now, **_wrong_tries(key, now))
        rules.may_ask(
            now,
            by_address=_asked_before(SignInCode.email_key == key, rules.CODES_PER_ADDRESS),
            by_client=_asked_before(SignInCode.client_address == asker, rules.CODES_PER_CLIENT),
        )
        earlier = (SignInCode.email_key == key) & (SignInCode.desk == desk) & SignInCode.spent_at.is_(None)
        changed(update(SignInCode).where(earlier).values(spent_at=now))
        row = SignInCode(
            desk=desk,
            email_key=key,
            browser_hash=_browser_hash(browser),
            code_hash=_code_hash(browser, code.reveal()),
            client_address=asker,
            asked_at=now,
            expires_at=now + rules.CODE_LIFETIME,
        )
        session.add(row)
        session.flush()
        reference, subject = {"sign_in_code": row.id}, f"sign_in_code:{row.id}"
        outbox.queue("sign_in_code", reference, subject=subject, send_before=row.expires_at, secret=code)
    return browser


def asked_at(desk: Desk, browser: Secret) -> datetime | None:
    """When this browser asked for its code, or None when it never did."""
    row = _row(desk, browser)
    return row.asked_at if row is not None else None


def enter_code(desk: Desk, browser: Secret, typed: str, *, client: str | None, instead_of: Secret | None) -> Secret:
    """A use case: try a code of eight digits, and sign in. Answers the new token; ``instead_of`` is worth nothing any more.

    At the signatories' door the token is for the one organisation, or for none yet where there are several; at the
    operators' it only lets the second factor be given. A wrong code is counted before the refusal is raised.

    Refusals: sign_in_code_wrong (`left`), sign_in_code_locked, sign_in_code_lapsed, sign_in_tries_too_many (too many;
    `until`), sign_in_no_right (forbidden): the right has ended since the code was sent.
    """
    with transaction():
        answer = _try(_row(desk, browser), browser, typed, client)
        if isinstance(answer, SignInCode):
            close(instead_of)
            answer = _signed_in(answer, client)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _try(row: SignInCode | None, browser: Secret, typed: str, client: str | None) -> SignInCode | Refusal:
    """The row whose code this is, now spent, or why not; a wrong try has then been counted.

    Each way is one conditional UPDATE, so that however many tries come at once, five wrong ones are taken, and one right.
    """
    if row is None:
        return Refusal("sign_in_code_lapsed")
    now = clock.machine()
    living = (
        (SignInCode.id == row.id)
        & SignInCode.spent_at.is_(None)
        & (SignInCode.expires_at > now)
        & (SignInCode.wrong_tries < rules.CODE_TRIES)
        & (_sum_of_wrong_tries(row.email_key, now) < rules.WRONG_TRIES)
    )
    if secrecy.same(row.code_hash, _code_hash(browser, typed)):
        if changed(update(SignInCode).where(living).values(spent_at=now)):
            return row
    elif changed(update(SignInCode).where(living).values(wrong_tries=SignInCode.wrong_tries + 1)):
        db.session.refresh(row)
        if row.wrong_tries < rules.CODE_TRIES:
            return Refusal("sign_in_code_wrong", left=rules.CODE_TRIES - row.wrong_tries)
        nobody = Actor(ActorKind.ANONYMOUS, None, "", client)
        audit.record("sign_in_code_locked", f"sign_in_code:{row.id}", by=nobody, email=row.email_key, desk=row.desk)
    return _why_not(row, now)


def _why_not(row: SignInCode, now: datetime) -> Refusal:
    db.session.refresh(row)
    if row.spent_at is None and row.wrong_tries >= rules.CODE_TRIES:
        return Refusal("sign_in_code_locked", tries=rules.CODE_TRIES)
    try:
        rules.may_guess(now, **_wrong_tries(row.email_key, now))
    except Refusal as refusal:
        return refusal
    return Refusal("sign_in_code_lapsed")


def _signed_in(row: SignInCode, client: str | None) -> Secret | Refusal:
    """A token for whoever has the address; a refusal, and the code stays spent, where its right is gone by now."""
    try:
        if row.desk is Desk.SIGNATORY:
            person = registry.person_by_email(row.email_key)
            if person is not None:
                return open_for_person(person.id, client=client)
        else:
            operator = operators.operator_by_email(row.email_key)
            if operator is not None:
                return open_for_operator(operator, client=client, second_factor=False)
    except Refusal as refusal:
        return refusal
    return Forbidden("sign_in_no_right")


def _row(desk: Desk, browser: Secret) -> SignInCode | None:
    here = (SignInCode.browser_hash == _browser_hash(browser)) & (SignInCode.desk == desk)
    return db.session.scalar(select(SignInCode).where(here))


def _asked_before(whose: ColumnElement[bool], count: int) -> datetime | None:
    """When the ``count``-th newest of these codes was asked for; None where there are fewer."""
    newest = select(SignInCode.asked_at).where(whose).order_by(SignInCode.asked_at.desc())
    return db.session.scalar(newest.offset(count - 1).limit(1))


def _wrong_tries(email_key: str, now: datetime) -> dict[str, Any]:
    """What ``rules.may_guess`` asks: how many wrong tries of the last day, and of when the oldest of their codes is."""
    counted = (
        (SignInCode.email_key == email_key)
        & (SignInCode.asked_at > now - rules.WRONG_WINDOW)
        & (SignInCode.wrong_tries > 0)
    )
    query = select(func.coalesce(func.sum(SignInCode.wrong_tries), 0), func.min(SignInCode.asked_at)).where(counted)
    wrong, since = db.session.execute(query).one()
    return {"wrong": wrong, "since": since}


def _sum_of_wrong_tries(email_key: str, now: datetime) -> ScalarSelect[int]:
    """The same sum inside the UPDATE that it decides."""
    other = aliased(SignInCode)
    same_day = (other.email_key == email_key) & (other.asked_at > now - rules.WRONG_WINDOW)
    return select(func.coalesce(func.sum(other.wrong_tries), 0)).where(same_day).scalar_subquery()


def _browser_hash(browser: Secret) -> str:
    return secrecy.keyed_hash(current_settings().secret_key, "sign-in browser", browser.reveal())


def _code_hash(browser: Secret, code: str) -> str:
    """The code and the browser that asked for it, so that the same digits elsewhere give another hash."""
    return secrecy.keyed_hash(current_settings().secret_key, "sign-in code", f"{browser.reveal()} {code}")
