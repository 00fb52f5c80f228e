"""openssl commands that make a key pair and a signing request, filled in to be copied into a terminal.

The names in a signing request are ignored, so its subject is only the order's number. Every option is understood by
OpenSSL 1.0.2 and later and by LibreSSL, which macOS has.
"""

import re
from dataclasses import dataclass

EC_P256 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve"
RSA_3072 = "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"


@dataclass(frozen=True)
class KeyCommands:
    """The commands for one kind of key: for a shell of Linux and macOS, and for Windows' command prompt or PowerShell."""

    posix: str
    windows: str


@dataclass(frozen=True)
class Commands:
    """For both kinds of key, and the names of the two files that they make."""

    key_file: str
    request_file: str
    ec: KeyCommands
    rsa: KeyCommands


def commands_for(order_number: str) -> Commands:
    """The commands with the order's number in file names and subject."""
    name = re.sub(r"[^A-Za-z0-9-]", "", order_number) or "certificate"
    return Commands(f"{name}.key", f"{name}.csr", _commands(name, EC_P256), _commands(name, RSA_3072))


def _commands(name: str, algorithm: str) -> KeyCommands:
    key = f"openssl genpkey {algorithm} -out {name}.key"
    request = f"openssl req -new -sha256 -key {name}.key -subj %s/CN={name}%s -out {name}.csr"
    # Only double quotes mean something to both of Windows' shells. Elsewhere nobody but the owner may read the key.
    posix = f"umask 077\n{key}\n{request % (chr(39), chr(39))}"
    return KeyCommands(posix, f"{key}\n{request % (chr(34), chr(34))}")
