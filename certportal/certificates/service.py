"""What other rooms ask of the register of certificates."""

from certportal.ca import Reason
from certportal.certificates.authorities import authority, initialise, present
from certportal.certificates.enrolment import enrol, enrol_opened, resume_prepared
from certportal.certificates.revocation import publish, publish_crls, publish_soon, published_crl, revoke, revoke_within

__all__ = [
    "Reason",
    "authority",
    "enrol",
    "enrol_opened",
    "initialise",
    "present",
    "publish",
    "publish_crls",
    "publish_soon",
    "published_crl",
    "resume_prepared",
    "revoke",
    "revoke_within",
]
