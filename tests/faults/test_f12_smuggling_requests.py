"""F12: names, usages or CA flags smuggled in by the signing request; one path to a certificate weaker than another."""

import ast
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.certificates.steps import Kit
from tests.meta.tree import modules, named, parsed

NAMES = st.lists(
    st.tuples(
        st.sampled_from([x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME, x509.NameOID.EMAIL_ADDRESS]),
        st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8", exclude_characters="\x00")),
    ),
    max_size=4,
)
KEYS = {
    "EC P-256": ec.generate_private_key(ec.SECP256R1()),
    "EC P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA 2048": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}
SMUGGLED: tuple[tuple[x509.ExtensionType, bool], ...] = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (x509.SubjectAlternativeName([x509.DNSName("bank.example"), x509.RFC822Name("ceo@bank.example")]), False),
    (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH, x509.ExtendedKeyUsageOID.CODE_SIGNING]), True),
    (x509.NameConstraints([x509.DNSName("example")], None), True),
    (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=NAMES,
    key=st.sampled_from(sorted(KEYS)),
    extensions=st.sets(st.integers(0, len(SMUGGLED) - 1)),
    digest=st.sampled_from([hashes.SHA256(), hashes.SHA384(), hashes.SHA512()]),
)
def test_f12_nothing_but_the_key_comes_from_the_request(
    kit: Kit, names: Any, key: str, extensions: Any, digest: Any
) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(oid, value, _validate=False) for oid, value in names])
    )
    for number in sorted(extensions):
        value, critical = SMUGGLED[number]
        builder = builder.add_extension(value, critical)
    sent = builder.sign(KEYS[key], digest).public_bytes(serialization.Encoding.DER)
    issued = kit.certificate(sent=sent)
    parsed = x509.load_der_x509_certificate(issued.der or b"")
    assert parsed.subject.rfc4514_string() == "CN=9900001-8,2.5.4.97=NTRFI-9900001-8,O=Mallilön Ab,C=FI"
    assert [extension.oid for extension in parsed.extensions] == [
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        x509.CRLDistributionPoints.oid,
        x509.AuthorityInformationAccess.oid,
    ]
    assert parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert list(parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        x509.ExtendedKeyUsageOID.CLIENT_AUTH
    ]


def test_f12_every_path_to_a_certificate_goes_through_the_one_that_checks() -> None:
    """The authority's two steps are called in one module; whatever protocol a request comes by, it comes there."""
    calling = {
        named(path): sorted(
            node.func.attr
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id, node.func.attr) in {("ca", "prepare"), ("ca", "sign")}
        )
        for path in modules()
    }
    imported = [
        named(path)
        for path in modules()
        if "certportal/ca/" not in named(path)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and {each.name for each in node.names} & {"prepare", "sign"}
    ]
    assert {name: calls for name, calls in calling.items() if calls} == {
        "certportal/certificates/enrolment.py": ["prepare"],
        "certportal/certificates/signing.py": ["sign"],
    }
    assert imported == []
