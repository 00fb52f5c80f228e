"""An operator's authenticator: the shared secret, its picture, and which step a password belongs to (RFC 6238).

The values are those that every authenticator app takes: SHA-1, six digits, steps of 30 seconds.
"""

import base64
from datetime import datetime

from pyotp.totp import TOTP

from certportal import clock, secrecy
from certportal.secrecy import Secret
from certportal.settings import current_settings
from certportal.signin import rules


def new_secret() -> Secret:
    """160 random bits (RFC 4226 4, R6) as base32, the form in which apps take them."""
    return Secret(base64.b32encode(clock.random_bytes(rules.TOTP_SECRET_BYTES)).decode())


def sealed(secret: Secret, operator_id: int) -> bytes:
    """The secret as the database keeps it; it opens only for the same operator."""
    return secrecy.seal(_key(), secret.reveal(), f"operator:{operator_id}")


def unsealed(kept: bytes, operator_id: int) -> Secret:
    """The secret that ``sealed`` kept. Raises Unsealable under another server key."""
    return secrecy.unseal(_key(), kept, f"operator:{operator_id}")


def step_of(secret: Secret, code: str, now: datetime) -> int | None:
    """The step whose password this is, of those that are taken now; None for a wrong one."""
    generator = TOTP(secret.reveal(), digits=rules.TOTP_DIGITS, interval=rules.TOTP_SECONDS)
    found = [step for step in rules.totp_steps(now) if secrecy.same(generator.generate_otp(step), code)]
    return found[-1] if found else None


def picture(secret: Secret, email: str) -> str:
    """A data: address of the QR code that an authenticator app reads: the secret, the operator and the service's name."""
    generator = TOTP(secret.reveal(), digits=rules.TOTP_DIGITS, interval=rules.TOTP_SECONDS)
    address = generator.provisioning_uri(name=email, issuer_name=current_settings().service_name)
    import segno

    code = segno.make(address, error="m", micro=False)
    return code.svg_data_uri(border=4, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)


def _key() -> bytes:
    return secrecy.derived_key(current_settings().secret_key, "operator authenticator")
