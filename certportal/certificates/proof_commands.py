"""openssl and curl commands that prove possession of a certificate's key, filled in to be copied into a terminal.

Every option is understood by OpenSSL 1.0.2 and later. LibreSSL signs too. The names of key and certificate are the reader's own.
"""

import shlex
from dataclasses import dataclass

CERTIFICATE_FILE, KEY_FILE = "certificate.pem", "private.key"


@dataclass(frozen=True)
class ProofCommands:
    """For a shell of Linux and macOS, and for Windows' command prompt or PowerShell: make the proof, and send it.

    ``proof_file`` is what the browser's form wants.
    """

    proof_file: str
    posix: str
    windows: str
    send_posix: str
    send_windows: str


def proof_commands(serial: str, text: str, send_to: str, text_at: str) -> ProofCommands:
    """``text`` is what is signed, ``send_to`` the address that takes the proof, ``text_at`` that which gives the text as a file.

    Windows' shells each write a text file in their own way, so there it is fetched.
    """
    name = f"revoke-{serial[:8]}"
    signing = (
        f"openssl cms -sign -binary -nodetach -in {name}.txt -signer {CERTIFICATE_FILE} -inkey {KEY_FILE} "
        f"-outform DER -out {name}.cms"
    )
    header = '"Content-Type: application/cms"'
    return ProofCommands(
        proof_file=f"{name}.cms",
        posix=f"printf %s {shlex.quote(text)} > {name}.txt\n{signing}",
        windows=f'curl.exe -o {name}.txt "{text_at}"\n{signing}',
        send_posix=f'curl --data-binary @{name}.cms -H {header} "{send_to}"',
        send_windows=f'curl.exe --data-binary "@{name}.cms" -H {header} "{send_to}"',
    )
