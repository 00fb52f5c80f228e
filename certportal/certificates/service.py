"""What other rooms ask of the register of certificates."""

from certportal.certificates.authorities import authority, initialise, present
from certportal.certificates.enrolment import enrol, enrol_opened, resume_prepared
from certportal.certificates.revocation import publish, publish_crls, published_crl, revoke

__all__ = [
    "authority",
    "enrol",
    "enrol_opened",
    "initialise",
    "present",
    "publish",
    "publish_crls",
    "published_crl",
    "resume_prepared",
    "revoke",
]
