"""The pages of certificates: redeeming codes, the contact's, what the signatory keeps an eye on, revoking without an account."""

from certportal.certificates import collecting, keeping, plan_pages, renewing, visiting, without_account
from certportal.certificates.blueprint import blueprint

__all__ = ["blueprint", "collecting", "keeping", "plan_pages", "renewing", "visiting", "without_account"]
