"""openssl asks the portal as people run it, by POST and by GET; and a revocation is known everywhere within a minute."""

import base64
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask

from certportal import runs, scheduler
from certportal.ca import Reason, chain_pem, crl_as_pem
from certportal.certificates import authorities, service
from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.settings import current_settings
from tests.ca.openssl import KEYS, make_key, make_request, openssl
from tests.certificates.steps import PROGRAM, Kit
from tests.conformance.served import Portal
from tests.no_skips import needs

pytestmark = needs("openssl")


@pytest.fixture
def leaf(kit: Kit, tmp_path: Path) -> tuple[Path, int]:
    """The file of a certificate that was just issued, with its chain beside it; and the row's number."""
    issued = kit.certificate(kit.order(), make_request(make_key(tmp_path, *KEYS["EC P-256"])))
    for job in scheduler.jobs(current_settings()):
        if job.name in (runs.PUBLISH, runs.ANSWERS):
            assert scheduler.run_now(job)
    path = tmp_path / "leaf.der"
    path.write_bytes(issued.der or b"")
    openssl("x509", "-inform", "DER", "-in", path, "-out", tmp_path / "leaf.pem")
    chain = authorities.authority(Environment.PRODUCTION).chain
    (tmp_path / "issuing.pem").write_bytes(chain_pem(chain[:1]))
    (tmp_path / "chain.pem").write_bytes(chain_pem(chain))
    number = issued.id
    db.session.rollback()
    return tmp_path / "leaf.pem", number


def asked(leaf: Path, portal: Portal, *options: str) -> str:
    folder = leaf.parent
    trusted = ("-CAfile", folder / "chain.pem", "-issuer", folder / "issuing.pem")
    return openssl("ocsp", *trusted, *options, "-cert", leaf, "-url", f"{portal.address}/ocsp").decode()


@pytest.mark.parametrize("options", [(), ("-sha256",), ("-no_nonce",), ("-sha256", "-no_nonce")], ids=" ".join)
def test_wire_3_ocsp_by_post_with_and_without_a_nonce(
    leaf: tuple[Path, int], portal: Portal, options: tuple[str, ...]
) -> None:
    # openssl takes the digest for the certificates that follow it
    assert "leaf.pem: good" in asked(leaf[0], portal, *options)


def got(leaf: Path, portal: Portal, digest: str) -> str:
    """By GET, with the question that openssl makes; what it says of the answer."""
    folder = leaf.parent
    question, answer = folder / "question.der", folder / "answer.der"
    about = (digest, "-issuer", folder / "issuing.pem", "-cert", leaf)
    openssl("ocsp", *about, "-no_nonce", "-reqout", question)
    encoded = quote(base64.b64encode(question.read_bytes()).decode(), safe="")
    with urllib.request.urlopen(f"{portal.address}/ocsp/{encoded}", timeout=30) as given:
        assert given.headers["Content-Type"] == "application/ocsp-response"
        assert "max-age=30" in given.headers["Cache-Control"]
        answer.write_bytes(given.read())
    trusted = ("-CAfile", folder / "chain.pem")
    return openssl("ocsp", *trusted, *about, "-no_nonce", "-respin", answer).decode()


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
def test_wire_3_ocsp_by_get(leaf: tuple[Path, int], portal: Portal, digest: str) -> None:
    assert "leaf.pem: good" in got(leaf[0], portal, digest)


def test_a_revocation_is_known_everywhere_within_a_minute(
    leaf: tuple[Path, int], portal: Portal, app: Flask, tmp_path: Path
) -> None:
    """By list, by file, by POST and by GET; with the half minute that others may keep an answer."""
    path, number = leaf
    began = time.monotonic()
    service.revoke(number, Reason.KEY_LOST, PROGRAM)
    db.session.rollback()
    assert "leaf.pem: revoked" in asked(path, portal)
    assert "leaf.pem: revoked" in got(path, portal, "-sha1")
    with urllib.request.urlopen(f"{portal.address}/crl/production.crl", timeout=30) as given:
        assert "max-age=30" in given.headers["Cache-Control"]
        (tmp_path / "list.pem").write_bytes(crl_as_pem(given.read()))
    command = ["openssl", "verify", "-crl_check", "-purpose", "sslclient", "-CAfile", tmp_path / "chain.pem"]
    told = subprocess.run([*command, "-CRLfile", tmp_path / "list.pem", path], capture_output=True, text=True)
    assert "certificate revoked" in told.stderr
    assert time.monotonic() - began + 30 < 60
