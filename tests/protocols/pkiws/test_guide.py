"""The examples of docs/pki-web-service.md, sent to the service as they stand but for values that differ each time."""

import base64
import re
from collections.abc import Iterator

import pytest

from tests.certificates.steps import Kit, days_before_the_end
from tests.conftest import FakeClock
from tests.meta.tree import ROOT
from tests.protocols.pkiws.renewals import Style
from tests.protocols.pkiws.test_renewing import RSA_KEYS
from tests.protocols.pkiws.wire import Line, Reply, der_request

DIFFER = ("RetrievalId", "Certificate", "ds:DigestValue", "ds:SignatureValue", "ds:X509Certificate")


@pytest.fixture
def examples() -> Iterator[str]:
    """In the guide's order: sign, its reply, a wrong password's; get and its reply; renew and its reply."""
    found = re.findall(r"```xml\n(.*?)```", (ROOT / "docs" / "pki-web-service.md").read_text("utf-8"), re.DOTALL)
    assert len(found) == 7
    return iter(found)


def as_one_line(text: str) -> str:
    return re.sub(r">\s+<", "><", text.strip())


def same(reply: Reply, documented: str) -> bool:
    """But for what differs in each reply."""
    sent = as_one_line(reply.text)
    for name in DIFFER:
        sent = re.sub(f"<{name}>[^<]+</{name}>", f"<{name}>…</{name}>", sent)
    assert sent == as_one_line(documented)
    return True


def filled_in(example: str, **values: str) -> str:
    for name, value in values.items():
        example, times = re.subn(f"<{name}>[^<]*</{name}>", f"<{name}>{value}</{name}>", example)
        assert times == 1, name
    return example


def test_the_examples_are_answered_as_the_guide_says(
    kit: Kit, line: Line, clock: FakeClock, examples: Iterator[str]
) -> None:
    key, codes = RSA_KEYS[0], kit.codes()
    sent = base64.b64encode(der_request(key)).decode()
    sign = next(examples)
    values = {"TransferId": codes.transfer_id, "CertificateRequest": sent}
    signed = line.post(filled_in(sign, TransferPassword=codes.password.reveal(), **values))
    assert same(signed, next(examples))
    assert same(line.post(filled_in(sign, **values)), next(examples))
    got = line.post(filled_in(next(examples), RetrievalId=signed.retrieval_id))
    assert same(got, next(examples))
    certificate = kit.certificate(sent=der_request(key))
    days_before_the_end(clock, certificate, 30)
    renew = filled_in(next(examples), CertificateRequest=base64.b64encode(der_request()).decode())
    [around] = re.findall(r"<c:Renew.*</c:Renew\w+>", renew, re.DOTALL)
    bare = re.sub(r"\s*<ds:Signature .*</ds:Signature>", "", around, flags=re.DOTALL)
    assert certificate.der is not None
    renewed = line.post(renew.replace(around, Style().sign(bare, key, certificate.der)))
    assert same(renewed, next(examples))
