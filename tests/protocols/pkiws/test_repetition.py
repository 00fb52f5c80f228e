"""Time and repetition: issued within the call; what is repeated is answered alike; what is tried too often is not."""

from typing import Any

import pytest
from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.ca import Reason
from certportal.certificates import enrolment, service
from certportal.extensions import db
from certportal.identifiers import ActorKind
from tests import builders
from tests.certificates.steps import Kit, certificates, end_the_right, key_and_request
from tests.certificates.test_enrolment import Breakdown, StandingLease
from tests.conftest import FakeClock
from tests.protocols.pkiws.wire import CLIENT, Line, der_request


def test_wire_1_repetition_is_answered_alike_and_the_certificate_is_issued_within_the_call(
    kit: Kit, line: Line
) -> None:
    retrieval_id = line.sign_new(kit.codes(), der_request()).retrieval_id
    assert len({line.get(retrieval_id).value("Certificate") for _ in range(3)}) == 1


def test_the_same_codes_and_the_same_key_again_give_the_same_retrieval_id(kit: Kit, line: Line) -> None:
    codes, (key, _) = kit.codes(), key_and_request()
    first, again = (line.sign_new(codes, der_request(key)).retrieval_id for _ in range(2))
    assert first == again
    assert len(certificates()) == 1


def test_with_another_key_they_fail(kit: Kit, line: Line) -> None:
    codes = kit.codes()
    assert line.sign_new(codes, der_request()).retrieval_id
    assert line.sign_new(codes, der_request()).codes == ["PKI022"]


def test_a_repeated_call_with_a_wrong_password_is_refused_and_counted(kit: Kit, line: Line) -> None:
    codes, sent = kit.codes(), der_request()
    assert line.sign_new(codes, sent).retrieval_id
    for _ in range(10):
        assert line.sign_new(codes, sent, TransferPassword="notThePassword22").codes == ["PKI020"]
    assert kit.codes_now(codes).wrong_tries == 10
    assert line.sign_new(codes, sent).codes == ["PKI020"]


def test_wrong_codes_are_limited_for_each_client_address_too(kit: Kit, line: Line, clock: FakeClock) -> None:
    codes = kit.codes()
    for number in range(20):
        assert line.sign_new(codes, der_request(), TransferId=f"{number:012}").codes == ["PKI020"]
    assert line.sign_new(codes, der_request()).codes == ["PKI021"]
    clock.move(minutes=61)
    assert line.sign_new(codes, der_request()).retrieval_id


def test_right_codes_are_not_limited(kit: Kit, line: Line) -> None:
    codes, sent = kit.codes(), der_request()
    assert len({line.sign_new(codes, sent).retrieval_id for _ in range(25)}) == 1


def test_the_record_says_that_a_program_tried_and_from_where(kit: Kit, line: Line) -> None:
    line.sign_new(kit.codes(), der_request(), TransferPassword="notThePassword22")
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "wrong_transfer_password"))
    assert (entry.actor_kind, entry.client_address) == (ActorKind.PROGRAM, CLIENT)


def test_while_the_key_is_away_the_codes_are_taken_and_the_certificate_is_not_ready(
    kit: Kit, line: Line, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    breakdown = Breakdown(monkeypatch)
    codes, sent = kit.codes(), der_request()
    retrieval_id = line.sign_new(codes, sent).retrieval_id
    reply = line.get(retrieval_id)
    assert (reply.response.status_code, reply.status, reply.codes) == (200, "FAIL", ["PKI031"])
    breakdown.ready = True
    clock.move(minutes=1)
    service.resume_prepared(StandingLease())  # type: ignore[arg-type]
    assert line.get(retrieval_id).certificate
    assert line.sign_new(codes, sent).retrieval_id == retrieval_id


def test_a_revoked_certificate_is_not_handed_out_any_more(kit: Kit, line: Line) -> None:
    retrieval_id = line.sign_new(kit.codes(), der_request()).retrieval_id
    service.revoke(certificates()[0].id, Reason.UNNECESSARY, builders.acting(kit.house.person))
    assert line.get(retrieval_id).codes == ["PKI033"]


def test_one_that_was_given_up_says_what_to_do(
    kit: Kit, line: Line, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    Breakdown(monkeypatch)
    retrieval_id = line.sign_new(kit.codes(), der_request()).retrieval_id
    clock.move(hours=2)
    service.give_up(certificates()[0].id, "the token is lost", builders.OPERATOR)
    assert line.get(retrieval_id).codes == ["PKI032"]


@pytest.mark.parametrize(("name", "value"), [("CustomerId", "9900002-6"), ("Environment", "TEST")])
def test_a_retrieval_id_is_good_only_with_its_own_organisation_and_environment(
    kit: Kit, line: Line, name: str, value: str
) -> None:
    retrieval_id = line.sign_new(kit.codes(), der_request()).retrieval_id
    assert line.get(retrieval_id, **{name: value}).messages == line.get("x").messages


def test_a_wrong_signing_request_spends_nothing(kit: Kit, line: Line) -> None:
    codes = kit.codes()
    assert line.sign_new(codes, b"not a request").codes == ["PKI046"]
    assert line.sign_new(codes, der_request()).retrieval_id


def test_a_fault_of_the_service_is_a_signed_fail_that_says_to_try_later(
    kit: Kit, line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise OSError("disk full")

    codes, sent = kit.codes(), der_request()
    with monkeypatch.context() as patch:
        patch.setattr(enrolment, "_redeem", broken)
        reply = line.sign_new(codes, sent)
    assert (reply.response.status_code, reply.codes) == (200, ["PKI099"])
    assert "disk full" in caplog.text
    assert "disk full" not in reply.text
    assert line.sign_new(codes, sent).retrieval_id


def test_without_an_authority_the_program_is_told_to_try_later_and_the_log_why(
    kit: Kit, line: Line, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    codes, sent = kit.codes(), der_request()
    assert line.get("x").signer  # the replies' own key is warm
    certificate = settings.ca_dir / "production" / "issuing.pem"
    certificate.rename(certificate.with_suffix(".away"))
    reply = line.sign_new(codes, sent)
    assert reply.codes == ["PKI083"]
    assert "send the same request again later" in reply.messages[0]
    assert "no certificate can be issued: ca_missing" in caplog.text
    certificate.with_suffix(".away").rename(certificate)
    assert line.sign_new(codes, sent).retrieval_id


def test_one_that_is_given_up_at_this_call_gives_no_retrieval_id(
    kit: Kit, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line.get("x").signer  # the replies' own key is warm
    Breakdown(monkeypatch)
    codes, sent = kit.codes(), der_request()
    assert line.sign_new(codes, sent).retrieval_id
    end_the_right(kit.house)
    reply = line.sign_new(codes, sent)
    assert (reply.codes, reply.value("RetrievalId")) == (["PKI032"], None)
