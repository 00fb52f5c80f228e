"""For whoever tries whether lists and answers are served: what to ask, and whether something that comes was published once."""

from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_response

from certportal import ca, clock
from certportal.ca import ocsp
from certportal.certificates import authorities
from certportal.identifiers import Environment


def question_about(cert_id: bytes) -> bytes:
    """The plainest OCSPRequest about one certificate, from its CertID."""
    return ocsp.request_about(cert_id)


def is_list_of(environment: Environment, label: str, der: bytes) -> bool:
    """Whether this is a list of that authority, the newest or not, that still holds."""
    try:
        return ca.read_crl(authorities.authority(environment, label), der).next_update > clock.now()
    except ca.CaRefused:
        return False


def is_answer_about(cert_id: bytes, der: bytes) -> bool:
    """Whether this is an answer about that certificate, the newest or not, that still holds. Its signature is not verified."""
    try:
        read = load_der_ocsp_response(der)
        told = read.response_status is OCSPResponseStatus.SUCCESSFUL and cert_id in der
        return told and read.next_update_utc is not None and read.next_update_utc > clock.now()
    except ValueError:
        return False
