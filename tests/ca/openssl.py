"""The openssl program: makes keys and requests as people do, and judges what the authority signs."""

import subprocess
from pathlib import Path

KEYS = {
    "RSA 2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "RSA 3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "RSA 4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "EC P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "EC P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
}


def openssl(*arguments: str | Path, stdin: bytes = b"", succeeds: bool = True) -> bytes:
    """Run openssl and return what it printed, errors included when it may fail."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    if succeeds:
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout
    return done.stdout + done.stderr


def make_key(folder: Path, *options: str) -> Path:
    path = folder / f"{'-'.join(options).replace('/', '')}.key"
    openssl("genpkey", *options, "-out", path)
    return path


def make_request(key: Path, *options: str) -> bytes:
    """A signing request in PEM (or DER, by ``-outform``) for a subject that is not the organisation's."""
    return openssl(
        "req", "-new", "-key", key, "-subj", "/C=SE/O=Somebody Else AB/CN=www.example.org", "-utf8", *options
    )
