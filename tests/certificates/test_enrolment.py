"""Redeeming codes at the level of the service."""

from certportal.certificates import service
from certportal.certificates.models import CertificateState
from certportal.messages.models import CodesState
from tests.certificates.steps import PROGRAM, Kit, certificates, request


def test_codes_and_a_signing_request_become_a_certificate(kit: Kit) -> None:
    codes = kit.codes()
    issued = service.enrol(codes.transfer_id, codes.password, request(), PROGRAM)
    assert issued.state is CertificateState.ISSUED
    assert issued.der is not None
    assert kit.codes_now(codes).state is CodesState.SPENT
    assert [row.id for row in certificates()] == [issued.id]
