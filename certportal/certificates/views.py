"""The pages of certificates: redeeming codes, the contact's page, and what the signatory keeps an eye on."""

from certportal.certificates import collecting, keeping, renewing, visiting
from certportal.certificates.blueprint import blueprint

__all__ = ["blueprint", "collecting", "keeping", "renewing", "visiting"]
