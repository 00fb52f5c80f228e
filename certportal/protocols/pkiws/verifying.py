"""The signature on a renewal: made by the certificate in force, over the request as a document of its own.

What is believed is what the signature covers and nothing else ("see what is signed"): exactly one signature, the root's own
child, over the whole document, by transforms that drop nothing but the signature itself. The certificate is found in our
register by its whole DER, never by what it says of itself.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any, Final

from certportal.certificates import service
from certportal.certificates.service import Certificate
from certportal.protocols.pkiws.names import MESSAGES, SIGNATURE, SIGNATURES, SOAP
from certportal.protocols.pkiws.reading import octets
from certportal.refusals import Refusal

MOST_CERTIFICATES: Final = 10
"""In a KeyInfo; some programs send the whole chain."""

ENVELOPED: Final = f"{SIGNATURES}enveloped-signature"
CANONICAL: Final = {
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
}
WEAK: Final = re.compile(r"sha1$|md5$", re.IGNORECASE)
METHODS: Final = (
    "RSA_SHA256", "RSA_SHA384", "RSA_SHA512", "ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512",
    "SHA256_RSA_MGF1", "SHA384_RSA_MGF1", "SHA512_RSA_MGF1",
)  # fmt: skip
DIGESTS: Final = ("SHA256", "SHA384", "SHA512")
ROOT: Final = f"{{{MESSAGES}}}RenewCertificateRequest"


def certificate_of(element: Any) -> Certificate:
    """The certificate that a request is to be signed with, issued or revoked, before its signature is verified.

    Refusals: renewal_signature_wrong, renewal_signature_weak, renewal_certificate_unknown.
    """
    signature = _the_signature(element)
    _require_whole_document(signature)
    return _certificate(signature)


def covered(element: Any, certificate: Certificate) -> Any:
    """The request as far as its signature covers it, verified with the certificate of our register. Its time is no matter here:
    who renews an ended certificate is told so by the rule itself. Refusals: renewal_signature_wrong."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    wanted = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset(SignatureMethod[name] for name in METHODS),
        digest_algorithms=frozenset(DigestAlgorithm[name] for name in DIGESTS),
        verification_time=certificate.not_after,
    )
    ours = x509.load_der_x509_certificate(certificate.der or b"")
    broken = (SignXMLException, InvalidSignature, etree.LxmlError, ValueError, TypeError, KeyError, AttributeError)
    for document in standing_alone(element):
        try:
            verified: Any = XMLVerifier().verify(_root(document), x509_cert=ours, expect_config=wanted)
        except broken:
            continue
        signed = verified.signed_xml
        if signed is not None and signed.tag == ROOT and not list(signed.iter(SIGNATURE)):
            return signed
    raise Refusal("renewal_signature_wrong")


def _the_signature(element: Any) -> Any:
    """The only one, and the root's own child."""
    [*found] = element.iter(SIGNATURE)
    if len(found) != 1 or found[0].getparent() is not element:
        raise Refusal("renewal_signature_wrong")
    return found[0]


def _require_whole_document(signature: Any) -> None:
    """One Reference, to the whole document, by the enveloped transform and a canonical form."""
    references = list(signature.iter(f"{{{SIGNATURES}}}Reference"))
    if len(references) != 1 or references[0].get("URI") != "":
        raise Refusal("renewal_signature_wrong")
    names = [each.get("Algorithm", "") for each in references[0].iter(f"{{{SIGNATURES}}}Transform")]
    if ENVELOPED not in names or set(names) - CANONICAL - {ENVELOPED}:
        raise Refusal("renewal_signature_wrong")
    kinds = (f"{{{SIGNATURES}}}SignatureMethod", f"{{{SIGNATURES}}}DigestMethod")
    if any(WEAK.search(each.get("Algorithm", "")) for each in signature.iter(*kinds)):
        raise Refusal("renewal_signature_weak")


def _certificate(signature: Any) -> Certificate:
    """The one of KeyInfo's certificates that is ours."""
    sent = list(signature.iter(f"{{{SIGNATURES}}}X509Certificate"))[:MOST_CERTIFICATES]
    ours = {each.id: each for each in _presented(sent)}
    if len(ours) != 1:
        raise Refusal("renewal_certificate_unknown")
    return ours.popitem()[1]


def _presented(sent: list[Any]) -> Iterator[Certificate]:
    for each in sent:
        if len(each) or not each.text:
            raise Refusal("renewal_certificate_unknown")
        certificate = service.presented(octets(each.text, "X509Certificate"))
        if certificate is not None and certificate.der is not None:
            yield certificate


def standing_alone(element: Any) -> Iterator[bytes]:
    """The request as the document that its sender signed, before it was put into the envelope.

    Cut out, it would carry the envelope's own declarations of namespaces, which inclusive canonical forms cover: first only
    SOAP's is taken off, then every one that the envelope alone makes and nothing uses, then every one that stands on the Body.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    cut = etree.tostring(element, encoding="utf-8", xml_declaration=False, with_tail=False)
    without_soap = _without(cut, {prefix: uri for prefix, uri in element.nsmap.items() if uri == SOAP})
    yield without_soap
    own = copy.deepcopy(element).nsmap
    used = {each.prefix for each in element.iter(etree.Element)}
    inherited = element.getparent().nsmap
    idle = {prefix: uri for prefix, uri in inherited.items() if element.nsmap.get(prefix) == uri and prefix not in used}
    without_foreign = _without(cut, {prefix: uri for prefix, uri in idle.items() if prefix not in own})
    without_idle = _without(cut, idle)
    yield from dict.fromkeys(each for each in (without_foreign, without_idle) if each != without_soap)


def _without(document: bytes, declared: dict[str | None, str]) -> bytes:
    """Without these declarations in the first tag. In it, no value of an attribute has a bare quotation mark or a tag's end."""
    tag, end, rest = document.partition(b">")
    for prefix, uri in declared.items():
        name = f"xmlns:{prefix}" if prefix else "xmlns"
        tag = tag.replace(f' {name}="{uri}"'.encode(), b"", 1)
    return tag + end + rest


def _root(document: bytes) -> Any:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    return etree.fromstring(document, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
