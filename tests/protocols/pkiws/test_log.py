"""One line a call: which operation, which order, from where, how long, how it ended; never a secret."""

import re

import pytest

from tests.certificates.steps import Kit
from tests.conftest import FakeClock
from tests.protocols.pkiws.test_renewing import a_holder
from tests.protocols.pkiws.wire import Line, der_request, get, in_envelope

NUMBERED = r"order=2026-\d{6} client=203\.0\.113\.20 \d+ ms"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "certportal.protocols")
    return caplog


def test_each_call_has_a_line_with_order_client_duration_and_code(
    kit: Kit, line: Line, lines: pytest.LogCaptureFixture
) -> None:
    codes, sent = kit.codes(), der_request()
    retrieval_id = line.sign_new(codes, sent).retrieval_id
    line.get(retrieval_id)
    line.sign_new(codes, sent, TransferPassword="notThePassword22")
    line.sign_new(codes, sent, TransferId="000000000000")
    line.post("nothing")
    expected = [
        f"SignNewCertificate {NUMBERED} OK",
        f"GetCertificate {NUMBERED} OK",
        f"SignNewCertificate {NUMBERED} PKI020",
        r"SignNewCertificate order=- client=203\.0\.113\.20 \d+ ms PKI020",
        r"- order=- client=203\.0\.113\.20 \d+ ms Fault: This is not well-formed XML\.",
    ]
    messages = [record.getMessage() for record in lines.records if record.name.startswith("certportal.protocols")]
    assert len(messages) == len(expected)
    assert [bool(re.fullmatch(pattern, each)) for pattern, each in zip(expected, messages, strict=True)] == [
        True
    ] * 5, messages


def test_a_header_that_must_be_understood_is_the_cause_of_its_fault(
    line: Line, lines: pytest.LogCaptureFixture
) -> None:
    header = '<soapenv:Header><secret soapenv:mustUnderstand="1"/></soapenv:Header>'
    assert line.post(in_envelope(get("x"), header=header)).is_fault
    assert lines.messages[-1].endswith(" ms Fault: No header is understood here.")


def test_a_renewal_that_fails_names_the_order_of_the_certificate_that_it_came_with(
    kit: Kit, line: Line, lines: pytest.LogCaptureFixture, clock: FakeClock
) -> None:
    holder = a_holder(kit, line, clock)
    changed = holder.signed(der_request()).replace("9900001-8", "9900002-6")
    assert line.post(in_envelope(changed)).codes == ["PKI060"]
    assert f" order={holder.certificate.order.number} " in lines.messages[-1]


def test_no_password_request_or_retrieval_id_is_in_the_log(
    kit: Kit, line: Line, lines: pytest.LogCaptureFixture
) -> None:
    codes, sent = kit.codes(), der_request()
    retrieval_id = line.sign_new(codes, sent).retrieval_id
    line.get(retrieval_id)
    line.sign_new(codes, sent, TransferPassword="notThePassword22")
    line.sign_new(codes, sent, TransferPassword="p" * 17)
    for secret in (codes.password.reveal(), "notThePassword22", "p" * 17, retrieval_id, "MII"):
        assert secret not in lines.text
