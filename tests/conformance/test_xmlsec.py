"""A document signed with an issued key verifies with xmlsec1 against the chain that the portal hands out."""

import subprocess
from pathlib import Path

import pytest

from tests.conformance.conftest import Holder
from tests.no_skips import needs

pytestmark = needs("xmlsec1")
METHODS = {
    "EC P-256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "RSA 3072": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
}
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<WageReport xmlns="urn:example:report"><Payer>9900001-8</Payer><Sum>1234,56 €</Sum>
<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
<CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<SignatureMethod Algorithm="{method}"/>
<Reference URI=""><Transforms>
<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo>
<SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature></WageReport>
"""


def xmlsec(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["xmlsec1", *map(str, arguments)], capture_output=True, text=True, timeout=60)


@pytest.fixture
def signed(holder: Holder, kind: str) -> Path:
    template, signed = holder.folder / "report.xml", holder.folder / "signed.xml"
    template.write_text(DOCUMENT.format(method=METHODS[kind]), "utf-8")
    done = xmlsec("--sign", "--privkey-pem", f"{holder.key},{holder.certificate}", "--output", signed, template)
    assert done.returncode == 0, done.stderr
    return signed


def verified(holder: Holder, document: Path, root: Path) -> bool:
    between = [part for path in sorted(holder.folder.glob("between-*.pem")) for part in ("--untrusted-pem", path)]
    done = xmlsec("--verify", "--trusted-pem", root, *between, document)
    return done.returncode == 0


def parts(holder: Holder) -> Path:
    """Splits the chain file; answers the root's."""
    end = "-----END CERTIFICATE-----\n"
    *between, root, _ = holder.chain.read_text().split(end)
    for number, certificate in enumerate(between):
        (holder.folder / f"between-{number}.pem").write_text(certificate + end)
    (holder.folder / "root.pem").write_text(root + end)
    return holder.folder / "root.pem"


def test_a_signed_document_verifies_against_the_published_chain(holder: Holder, signed: Path) -> None:
    assert verified(holder, signed, parts(holder))


def test_a_changed_document_does_not(holder: Holder, signed: Path) -> None:
    signed.write_text(signed.read_text("utf-8").replace("1234,56", "9999,99"), "utf-8")
    assert not verified(holder, signed, parts(holder))


def test_nor_does_it_against_another_root(holder: Holder, signed: Path, tmp_path: Path) -> None:
    parts(holder)
    other = tmp_path / "other.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Another root", "-days", "30"]
    subprocess.run([*command, "-keyout", tmp_path / "other.key", "-out", other], check=True, capture_output=True)
    assert not verified(holder, signed, other)
