"""What other people's clients were seen to send and to accept: each fact that the protocols stand on has tests named after it."""

import ast
import re
from collections import Counter
from functools import cache

import pytest

from tests.meta.tree import ROOT, files, functions

FACTS: dict[str, str] = {
    # 1: the PKI web service
    "1_post": "a request is a POST of text/xml over plain TLS, with no client certificate",
    "1_soapaction": "SOAPAction is quoted, and what it says is no matter",
    "1_namespaces": "the root alone is in the namespace, by any prefix; the envelope's prefix varies, its Header is empty or "
    "missing, and namespaces are declared that nothing uses",
    "1_signing_request": "CertificateRequest is DER in base64, with white space anywhere",
    "1_subject": "the signing request names all kinds of subjects: the certificate's comes from the order",
    "1_keys": "RSA keys of 2048 and 3072 bits come, in requests signed with SHA-256",
    "1_http_200": "the status is 200 with FAIL too: any other is a lost reply, and there is no second try; a Fault is for what "
    "cannot be read as one of the three requests",
    "1_children": "RetrievalId or Certificate, Result, Signature, in this order; without a namespace, never a default one",
    "1_error_code": "an error code is PKI and three digits, its message a finished sentence of at most 255 characters; PKI020 is "
    "known everywhere",
    "1_retrieval_id": "a RetrievalId is of letters, digits and hyphens, 32 at most",
    "1_certificate": "Certificate is the DER of the certificate alone, in base64 on one line",
    "1_reply": "the reply is signed as a document of its own and then put into the Body: enveloped, URI empty, exclusive C14N, "
    "SHA-256 with RSA",
    "1_key_info": "KeyInfo is one certificate, of no authority, whose issuer is called Issuing and is not the customers'",
    "1_issued": "the certificate has one CN, the CustomerId; the request's key; clientAuth; CA:FALSE; an issuer called Issuing",
    "1_repetition": "some fetch at once and never again, others wait and repeat: it is issued within the call",
    "1_renewal": "renewals are signed as documents of their own, in several styles; what the envelope declares breaks none",
    "1_covered": "of a renewal, only what its signature covers is used",
    # 2: EST
    "2_strongswan": "strongSwan sends codes at once and base64 on one line, reads nothing else, and asks again after 202",
    "2_curl": "what curl sends of what openssl wrote is taken: wrapped, with header lines",
    "2_one_port": "one port serves those with a client certificate and those without",
    "2_cacerts": "cacerts is a certs-only PKCS #7, csrattrs may be empty",
    # 3: certificates, revocation lists, OCSP
    "3_ocsp": "openssl asks by SHA-1 unless told otherwise, by POST or GET, and wants its hash and nonce back, from a responder "
    "that the authority delegated",
    "3_pkilint": "pkilint runs offline over certificates, chains, lists and answers, and ends with 0 if it notes nothing",
    "3_verify": "openssl verifies a certificate for clients against chain and list",
    # 4: keys in a token
    "4_token": "cryptography's builders and signxml take a key of their own classes that signs in a token",
    # 5: text messages and mail
    "5_sms": "Apprise reaches a gateway over HTTP as Kannel's sendsms wants it",
    "5_smtp": "aiosmtpd is a real mail server on loopback",
}
"""The beginnings of the tests' names, and what was found with real clients."""
PROVEN = {"1": 17, "2": 4, "3": 3, "4": 1, "5": 2}
"""How many facts of each section were found by running a program that others wrote. Whoever finds one more counts it here, and
names it above."""
NAMED = re.compile(r"test_wire_(\w+)")


@cache
def named_tests() -> list[str]:
    """What is behind test_wire_ in the name of each such test."""
    found = (node for path in files(ROOT / "tests") if path.suffix == ".py" for node in functions(path))
    names = (NAMED.fullmatch(node.name) for node in found if isinstance(node, ast.FunctionDef))
    return [name[1] for name in names if name is not None]


def test_each_fact_that_was_proven_is_here() -> None:
    assert Counter(fact.partition("_")[0] for fact in FACTS) == PROVEN


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_has_a_test_that_is_named_after_it(fact: str) -> None:
    assert [name for name in named_tests() if name.startswith(f"{fact}_")]


def test_each_test_that_is_named_after_a_fact_names_one_that_is_here() -> None:
    assert [name for name in named_tests() if not name.startswith(tuple(f"{fact}_" for fact in FACTS))] == []
