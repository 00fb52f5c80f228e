"""A revocation that could not be published: the person who made it and the operator are told, until the list has it."""

from datetime import timedelta

import pytest
from flask import Flask

from certportal.certificates import answering, revocation_lists, service
from certportal.extensions import db
from certportal.health import service as health
from certportal.health.seen import Level
from certportal.identifiers import Environment
from tests import builders
from tests.browsing import BrowsingClient
from tests.certificates.steps import Kit
from tests.certificates.test_answering import Lease, sign
from tests.conftest import FakeClock

LATER = "The revocation list will have it as soon as the authority’s key can be used"
AT_ONCE = "It cannot be used any more"


def publish() -> None:
    service.publish_crls(Lease())  # type: ignore[arg-type]


def levels() -> dict[str, Level]:
    db.session.rollback()
    return {each.code: each.level for each in health.report()}


@pytest.fixture
def away(kit: Kit, app: Flask, clock: FakeClock) -> bytes:
    """A certificate, lists, and then no key of its authority. Answers the key."""
    kit.certificate()
    publish()
    sign()
    clock.move(minutes=1)
    key = app.extensions["certportal.settings"].ca_dir / "production" / "issuing.key"
    kept = key.read_bytes()
    key.unlink()
    return kept


def test_whoever_revokes_is_told_that_the_list_will_have_it(
    away: bytes, browser: BrowsingClient, app: Flask, clock: FakeClock
) -> None:
    done = browser.get("/certificates/1/revoke").submit("Revoke the certificate", reason="key_lost")
    assert LATER in done.text
    assert AT_ONCE not in done.text
    assert "cannot be used any more" not in done.text
    (app.extensions["certportal.settings"].ca_dir / "production" / "issuing.key").write_bytes(away)
    publish()
    assert LATER not in browser.get("/certificates/1").text
    assert "cannot be used any more" in browser.get("/certificates/1").text


@pytest.mark.usefixtures("away")
def test_without_an_account_too(kit: Kit, visitor: BrowsingClient) -> None:
    one = service.certificate(1)
    assert one is not None
    service.revoke(1, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    assert LATER in visitor.get(f"/revocations?serial={one.serial}").text


def test_health_is_red_two_minutes_after_it_until_the_list_has_it(
    away: bytes, kit: Kit, app: Flask, clock: FakeClock
) -> None:
    service.revoke(1, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    clock.move(minutes=1)
    assert "crl_behind" not in levels()
    clock.move(minutes=1)
    assert levels()["crl_behind"] is Level.BAD
    (app.extensions["certportal.settings"].ca_dir / "production" / "issuing.key").write_bytes(away)
    publish()
    assert "crl_behind" not in levels()


def test_a_list_with_fewer_entries_than_there_are_is_behind_whatever_its_time(kit: Kit, clock: FakeClock) -> None:
    """A revocation that began before the list and was there after it."""
    first = kit.certificate()
    service.revoke(first.id, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    newest = service.published_crl(Environment.PRODUCTION)
    assert newest is not None
    assert revocation_lists.unlisted_since(newest) is None
    db.session.expunge(newest)
    newest.entries = 0
    assert revocation_lists.unlisted_since(newest) == newest.this_update


def test_health_is_red_when_certificates_have_no_answer(kit: Kit, clock: FakeClock) -> None:
    kit.certificate()
    sign()
    second = kit.certificate()
    assert answering.unanswered() == (1, second.issued_at)
    clock.move(minutes=4)
    assert "ocsp_missing" not in levels()
    clock.move(minutes=1)
    assert levels()["ocsp_missing"] is Level.BAD
    sign()
    assert answering.unanswered() == (0, None)
    service.revoke(second.id, service.Reason.KEY_LOST, builders.acting(kit.house.person))
    assert answering.unanswered() == (1, clock.at)
    clock.at = second.not_after + timedelta(seconds=1)
    assert answering.unanswered() == (0, None)
