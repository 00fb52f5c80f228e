"""Enrolment, revocation and the register of certificates."""
