"""Ceremonies beyond the smallest: an authority between, several that issue, a root kept elsewhere, the next of a line."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certportal.ca import (
    CaRefused,
    Desk,
    Environment,
    KeyKind,
    Plan,
    Transcript,
    ceremony,
    following,
    fours,
    hierarchy,
    keys,
    offline,
    read_crl,
    sign,
    under_root,
)
from certportal.ca.errors import CeremonyRefused
from certportal.ca.plan import generation_of, line_of, next_label
from tests.ca.making import NOW, PASSPHRASE, desk, plan_for, prepared, serial
from tests.ca.openssl import openssl
from tests.no_skips import needs

PRODUCTION, TEST = Environment.PRODUCTION, Environment.TEST
SECOND = "Model Intermediate CA 2 (production)"


def whole(environment: Environment = PRODUCTION, **changes: object) -> Plan:
    name = environment.value.lower()
    wanted = {
        "intermediate": f"Model Intermediate CA ({name})",
        "services": f"Model Services Issuing CA ({name})",
        "others": {"payroll": f"Model Payroll Issuing CA ({name})"},
    }
    return plan_for(environment, KeyKind.EC_P256, **(wanted | changes))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises((CaRefused, CeremonyRefused)) as refused:
        act()
    return refused.value.code


def test_a_whole_hierarchy_has_an_authority_between_and_several_below(tmp_path: Path) -> None:
    said = Transcript(("certportal: a test",))
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), said)
    assert hierarchy.labels(tmp_path, PRODUCTION) == ["root", "intermediate", "issuing", "payroll", "services"]
    for label in ("issuing", "payroll", "services"):
        found = hierarchy.load(tmp_path, PRODUCTION, PASSPHRASE, NOW, label)
        assert [link.subject.rfc4514_string() for link in found.chain[1:]] == [
            "CN=Model Intermediate CA (production)",
            "CN=Model Root CA (production)",
        ]
    for name in whole().names:
        assert name in said.text()
    assert "SHA-256" in said.text(tmp_path / "production")


def test_certificates_of_authorities_say_where_list_and_certificate_of_the_one_above_are(tmp_path: Path) -> None:
    plan = whole(
        crl_url=lambda label: f"http://portal.example/crl/{label}.crl",
        certificate_url=lambda label: f"http://portal.example/ca/{label}.cer",
    )
    issuing, between, root = hierarchy.initialise(desk(tmp_path, PRODUCTION), plan, Transcript()).chain
    for certificate, above in ((issuing, "intermediate"), (between, "root")):
        (point,) = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert point.full_name == [x509.UniformResourceIdentifier(f"http://portal.example/crl/{above}.crl")]
        (access,) = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        assert access.access_location == x509.UniformResourceIdentifier(f"http://portal.example/ca/{above}.cer")
    with pytest.raises(x509.ExtensionNotFound):
        root.extensions.get_extension_for_class(x509.CRLDistributionPoints)


@needs("openssl")
def test_openssl_verifies_the_whole_chain(tmp_path: Path, request_pem: bytes) -> None:
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
    issuer = hierarchy.load(tmp_path, PRODUCTION, PASSPHRASE, NOW, "payroll")
    leaf = tmp_path / "leaf.der"
    leaf.write_bytes(sign(issuer, prepared(issuer, request_pem).tbs))
    folder = tmp_path / "production"
    chain = ["-CAfile", folder / "root.pem", "-untrusted", folder / "payroll.pem"]
    at = str(int(NOW.timestamp()))
    verified = openssl("verify", "-x509_strict", "-purpose", "sslclient", "-attime", at, *chain, leaf)
    assert verified.decode().endswith("OK\n")


@pytest.mark.parametrize("label", ["root", "services", "Payroll", "pay roll", "payroll-2", ""])
def test_labels_that_name_something_else_make_no_plan(label: str) -> None:
    assert refusal(lambda: whole(others={label: "Model Issuing CA of another"})) == "ca_label_refused"


def test_a_name_that_no_certificate_holds_is_refused_before_a_key_is_made(tmp_path: Path) -> None:
    here = desk(tmp_path, PRODUCTION)
    hierarchy.initialise(here, whole(), Transcript())
    follow = lambda: following.add(here, whole(), "issuing-2", f"Issuing {'x' * 57}", Transcript())  # noqa: E731
    assert refusal(follow) == "ca_name_refused"
    assert not list(tmp_path.glob("**/issuing-2*"))


def test_an_issuing_authority_of_a_channel_needs_the_word_too() -> None:
    assert refusal(lambda: whole(others={"payroll": "Model Payroll CA"})) == "ca_name_refused"
    assert refusal(lambda: whole(services="Model Services CA")) == "ca_name_refused"


def test_the_next_of_a_line_issues_beside_the_one_that_ends(tmp_path: Path, request_pem: bytes) -> None:
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
    later = NOW + timedelta(days=9 * 365)
    at = desk(tmp_path, PRODUCTION, now=later)
    following.add(at, whole(), "issuing-2", "Model Issuing CA 2 (production)", Transcript())
    assert hierarchy.labels(tmp_path, PRODUCTION)[2:4] == ["issuing", "issuing-2"]
    old, new = (hierarchy.load(tmp_path, PRODUCTION, PASSPHRASE, later, label) for label in ("issuing", "issuing-2"))
    assert new.not_after > old.not_after
    assert old.key_identifier != new.key_identifier
    assert sign(new, prepared(new, request_pem, now=later).tbs)


def test_the_next_of_a_line_may_bear_the_same_name(tmp_path: Path) -> None:
    """Some programs compare the issuer's whole name with a constant."""
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
    following.add(desk(tmp_path, PRODUCTION), whole(), "issuing-2", whole().issuing, Transcript())
    old, new = (hierarchy.read(tmp_path, PRODUCTION, label) for label in ("issuing", "issuing-2"))
    assert old.name_der == new.name_der
    assert old.public_key_info != new.public_key_info


@pytest.mark.parametrize("label", ["issuing", "issuing-3", "root-2", "root", "intermediate", "benefits-2"])
def test_generations_follow_each_other_and_nothing_is_written_over(label: str, tmp_path: Path) -> None:
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
    before = {path: path.read_bytes() for path in (tmp_path / "production").iterdir()}
    added = refusal(lambda: following.add(desk(tmp_path, PRODUCTION), whole(), label, "An Issuing CA", Transcript()))
    assert added in ("ca_exists", "ca_label_refused")
    assert {path: path.read_bytes() for path in (tmp_path / "production").iterdir()} == before


def test_a_key_without_its_certificate_is_of_a_call_that_was_stopped(tmp_path: Path) -> None:
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
    left = tmp_path / "production" / "benefits.key"
    keys.store(left, keys.make(KeyKind.EC_P256), PASSPHRASE)
    before = left.read_bytes()
    following.add(desk(tmp_path, PRODUCTION), whole(), "benefits", "Model Benefits Issuing CA", Transcript())
    assert hierarchy.load(tmp_path, PRODUCTION, PASSPHRASE, NOW, "benefits").name == "Model Benefits Issuing CA"
    assert [each.read_bytes() for each in left.parent.glob("benefits.key.left-*")] == [before], (
        "a key is never destroyed"
    )


def test_nothing_is_added_while_the_key_above_is_away(tmp_path: Path) -> None:
    hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
    (tmp_path / "production" / "intermediate.key").unlink()
    add = lambda: following.add(desk(tmp_path, PRODUCTION), whole(), "benefits", "An Issuing CA", Transcript())  # noqa: E731
    assert refusal(add) == "ca_missing"
    assert "benefits" not in hierarchy.labels(tmp_path, PRODUCTION)


def test_a_folder_of_an_earlier_version_is_read_after_it_was_brought_up_to_date(tmp_path: Path) -> None:
    chain = hierarchy.initialise(desk(tmp_path, PRODUCTION), plan_for(PRODUCTION, KeyKind.EC_P256), Transcript()).chain
    folder = tmp_path / "production"
    (folder / "issuing.pem").rename(folder / "chain.pem")
    (folder / "issuing.pem").write_bytes(chain[0].public_bytes(Encoding.PEM))
    for _ in range(2):
        hierarchy.bring_up_to_date(tmp_path, PRODUCTION)
        assert hierarchy.load(tmp_path, PRODUCTION, PASSPHRASE, NOW).chain == chain


class TestARootKeptElsewhere:
    def test_signs_the_servers_request_and_never_comes_here(self, tmp_path: Path, request_pem: bytes) -> None:
        vault, server = desk(tmp_path / "vault", PRODUCTION), desk(tmp_path / "server", PRODUCTION)
        root = offline.make_root(vault, whole(), Transcript())
        waiting = under_root.begin(server, whole(), root.certificate.public_bytes(Encoding.PEM), Transcript())
        assert hierarchy.labels(server.directory, PRODUCTION) == []
        signed = offline.sign_intermediate(vault, whole(), waiting.read_bytes(), Transcript())
        under_root.complete(server, whole(), signed, Transcript())
        assert not waiting.exists()
        assert not list(server.folder.glob("*.csr")), "what has been answered is not asked again"
        assert not hierarchy.key_is_here(server.directory, PRODUCTION, "root")
        issuer = hierarchy.load(server.directory, PRODUCTION, PASSPHRASE, NOW)
        assert issuer.chain[-1] == root.certificate
        assert sign(issuer, prepared(issuer, request_pem).tbs)

    def test_signs_lists_whose_numbers_follow_each_other(self, tmp_path: Path) -> None:
        vault = desk(tmp_path, PRODUCTION)
        root = offline.make_root(vault, whole(), Transcript())
        read = [read_crl(root, offline.sign_list(vault, timedelta(days=400))) for _ in range(2)]
        assert [each.number for each in read] == [1, 2]
        assert read[0].next_update - read[0].this_update == timedelta(days=400)

    def test_both_machines_tell_the_same_hash_of_the_key_and_keep_what_they_told(self, tmp_path: Path) -> None:
        vault, server = desk(tmp_path / "vault", PRODUCTION), desk(tmp_path / "server", PRODUCTION)
        pem = offline.make_root(vault, whole(), Transcript()).certificate.public_bytes(Encoding.PEM)
        asked, answered = Transcript(("server",)), Transcript(("vault",))
        request = under_root.begin(server, whole(), pem, asked)
        key = x509.load_pem_x509_csr(request.read_bytes()).public_key()
        info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        line = f"    key            EC P-256, SHA-256 of the public key {fours(sha256(info).hexdigest())}"
        offline.sign_intermediate(vault, whole(), request.read_bytes(), answered)
        assert line in asked.lines
        assert line in answered.lines
        for folder, said in ((request.parent, asked), (tmp_path / "vault" / "production.root", answered)):
            [kept] = [text for path in folder.glob("ceremony-*.txt") if line in (text := path.read_text())]
            assert kept.startswith(said.text())

    def test_keeps_what_it_has_signed_and_says_so_the_second_time(self, tmp_path: Path) -> None:
        vault = desk(tmp_path / "vault", PRODUCTION)
        pem = offline.make_root(vault, whole(), Transcript()).certificate.public_bytes(Encoding.PEM)
        requests = [
            under_root.begin(desk(tmp_path / name, PRODUCTION), whole(), pem, Transcript()).read_bytes()
            for name in ("first", "second")
        ]
        told, signed = [], []
        for request in (requests[0], requests[0], requests[1]):
            said = Transcript()
            signed.append(offline.sign_intermediate(vault, whole(), request, said))
            told.append([line for line in said.lines if "has signed" in line])
        kept = (tmp_path / "vault" / "production.root" / "signed.pem").read_bytes()
        assert x509.load_pem_x509_certificates(kept) == [x509.load_pem_x509_certificate(pem) for pem in signed]
        assert [len(lines) for lines in told] == [0, 1, 2]
        assert told[1][0].startswith("CAUTION: the root has signed this key already, on 2026-12-01")
        assert all(line.startswith("CAUTION: the root has signed another key, on 2026-12-01") for line in told[2])

    def test_signs_no_request_but_the_plans(self, tmp_path: Path, request_pem: bytes) -> None:
        vault = desk(tmp_path, PRODUCTION)
        offline.make_root(vault, whole(), Transcript())
        for request in (
            request_pem,
            b"",
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        ):
            signing = refusal(lambda request=request: offline.sign_intermediate(vault, whole(), request, Transcript()))
            assert signing == "ca_request_refused"

    @pytest.mark.parametrize(
        ("key", "found"),
        [
            (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024"),
            (lambda: ec.generate_private_key(ec.SECP192R1()), "EC secp192r1"),
            (lambda: ec.generate_private_key(ec.SECP256K1()), "EC secp256k1"),
            (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
        ],
        ids=["RSA-1024", "secp192r1", "secp256k1", "Ed25519"],
    )
    def test_signs_no_key_that_the_policy_refuses(self, tmp_path: Path, key: Callable[[], Any], found: str) -> None:
        vault = desk(tmp_path, PRODUCTION)
        offline.make_root(vault, whole(), Transcript())
        refused, name = key(), whole().name("Model Intermediate CA (production)")
        digest = None if isinstance(refused, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(refused, digest)
        with pytest.raises(CeremonyRefused, match="ca_key_refused") as told:
            offline.sign_intermediate(vault, whole(), request.public_bytes(Encoding.PEM), Transcript())
        assert told.value.details["found"] == found
        assert not (tmp_path / "production.root" / "signed.pem").exists()

    def test_brings_no_intermediate_whose_key_the_policy_refuses(self, tmp_path: Path) -> None:
        """A root of another program signs what it is given."""
        vault, server = desk(tmp_path / "vault", PRODUCTION), desk(tmp_path / "server", PRODUCTION)
        root = offline.make_root(vault, whole(), Transcript())
        waiting = under_root.begin(server, whole(), root.certificate.public_bytes(Encoding.PEM), Transcript())
        key = weak_key_instead(waiting.with_name("intermediate.key"))
        weak = signed_without_looking(vault, "Model Intermediate CA (production)", key)
        assert refusal(lambda: under_root.complete(server, whole(), weak, Transcript())) == "ca_key_refused"
        assert hierarchy.labels(server.directory, PRODUCTION) == []

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            (SECOND, "ca_request_named"),
            ("Välimyöntäjä & Co (production)", "ca_request_named"),
            ('x" --yes; rm -rf / "', "ca_request_refused"),
            ("$(reboot)", "ca_request_refused"),
            ("`reboot`", "ca_request_refused"),
            ("back\\slash", "ca_request_refused"),
        ],
    )
    def test_offers_only_a_name_that_a_shell_takes_as_it_is(self, tmp_path: Path, name: str, code: str) -> None:
        vault = desk(tmp_path, PRODUCTION)
        offline.make_root(vault, whole(), Transcript())
        request = ceremony.request_for(whole(), name, keys.make(KeyKind.EC_P256))
        assert refusal(lambda: offline.sign_intermediate(vault, whole(), request, Transcript())) == code
        of_others = ceremony.request_for(whole(organisation="Somebody Else"), name, keys.make(KeyKind.EC_P256))
        signing = refusal(lambda: offline.sign_intermediate(vault, whole(), of_others, Transcript()))
        assert signing == "ca_request_refused"

    def test_gives_no_other_roots_certificate(self, tmp_path: Path) -> None:
        vault, other = desk(tmp_path / "vault", PRODUCTION), desk(tmp_path / "other", PRODUCTION)
        server = desk(tmp_path / "server", PRODUCTION)
        root = offline.make_root(vault, whole(), Transcript())
        offline.make_root(other, whole(), Transcript())
        waiting = under_root.begin(server, whole(), root.certificate.public_bytes(Encoding.PEM), Transcript())
        stranger = offline.sign_intermediate(other, whole(), waiting.read_bytes(), Transcript())
        complete = lambda: under_root.complete(server, whole(), stranger, Transcript())  # noqa: E731
        assert refusal(complete) == "ca_broken"
        assert waiting.exists()

    def test_is_not_begun_or_completed_out_of_turn(self, tmp_path: Path) -> None:
        vault, server = desk(tmp_path / "vault", PRODUCTION), desk(tmp_path / "server", PRODUCTION)
        pem = offline.make_root(vault, whole(), Transcript()).certificate.public_bytes(Encoding.PEM)
        begin = lambda: under_root.begin(server, whole(), pem, Transcript())  # noqa: E731
        assert refusal(lambda: under_root.complete(server, whole(), pem, Transcript())) == "ca_missing"
        begin()
        assert refusal(begin) == "ca_exists"
        assert refusal(lambda: hierarchy.initialise(server, whole(), Transcript())) == "ca_exists"
        another = whole(root="Another Root CA")
        assert refusal(lambda: under_root.begin(desk(tmp_path / "c", PRODUCTION), another, pem, Transcript())) == (
            "ca_name_refused"
        )


class TestAnIntermediateThatFollows:
    @needs("openssl")
    def test_stands_below_the_root_and_what_follows_below_it(self, tmp_path: Path, request_pem: bytes) -> None:
        hierarchy.initialise(desk(tmp_path, PRODUCTION), whole(), Transcript())
        later = NOW + timedelta(days=13 * 365)
        at = desk(tmp_path, PRODUCTION, now=later)
        following.add(at, whole(), "intermediate-2", SECOND, Transcript())
        following.add(at, whole(), "issuing-2", "Model Issuing CA 2 (production)", Transcript())
        between = hierarchy.read(tmp_path, PRODUCTION, "intermediate-2")
        issuer = hierarchy.load(tmp_path, PRODUCTION, PASSPHRASE, later, "issuing-2")
        assert issuer.chain[1:] == between.chain
        assert hierarchy.read(tmp_path, PRODUCTION, "issuing").chain[1].subject != between.certificate.subject
        leaf = tmp_path / "leaf.der"
        leaf.write_bytes(sign(issuer, prepared(issuer, request_pem, now=later).tbs))
        folder = tmp_path / "production"
        chain = ["-CAfile", folder / "root.pem", "-untrusted", folder / "issuing-2.pem"]
        verified = openssl("verify", "-x509_strict", "-attime", str(int(later.timestamp())), *chain, leaf)
        assert verified.decode().endswith("OK\n")

    def test_is_refused_where_there_is_none_to_follow(self, tmp_path: Path) -> None:
        plan = plan_for(PRODUCTION, KeyKind.EC_P256)
        hierarchy.initialise(desk(tmp_path, PRODUCTION), plan, Transcript())
        for label in ("intermediate", "intermediate-2"):
            add = lambda label=label: following.add(desk(tmp_path, PRODUCTION), plan, label, SECOND, Transcript())  # noqa: E731
            assert refusal(add) == "ca_label_refused"

    def test_is_signed_by_a_root_kept_elsewhere(self, tmp_path: Path) -> None:
        vault, server = under_a_root_elsewhere(tmp_path)
        asked = Transcript()
        request = under_root.begin_next(server, whole(), "intermediate-2", SECOND, asked)
        assert "intermediate-2" not in hierarchy.labels(server.directory, PRODUCTION)
        assert refusal(lambda: under_root.begin_next(server, whole(), "intermediate-2", SECOND, asked)) == "ca_asked"
        unnamed = lambda: offline.sign_intermediate(vault, whole(), request.read_bytes(), Transcript())  # noqa: E731
        assert refusal(unnamed) == "ca_request_named"
        signed = offline.sign_intermediate(vault, whole(), request.read_bytes(), Transcript(), SECOND)
        assert under_root.complete_next(server, signed, Transcript()) == "intermediate-2"
        assert not list(server.folder.glob("*.csr")), "what has been answered is not asked again"
        made = following.add(server, whole(), "issuing-2", "Model Issuing CA 2 (production)", Transcript())
        assert [link.subject.rfc4514_string() for link in made.chain[1:]] == [
            f"CN={SECOND}",
            "CN=Model Root CA (production)",
        ]

    def test_is_none_but_the_one_that_was_asked_for(self, tmp_path: Path) -> None:
        vault, server = under_a_root_elsewhere(tmp_path)
        first = (server.folder / "intermediate.pem").read_bytes()
        complete = lambda: under_root.complete_next(server, first, Transcript())  # noqa: E731
        assert refusal(complete) == "ca_not_asked"
        request = under_root.begin_next(server, whole(), "intermediate-2", SECOND, Transcript())
        lost = request.read_bytes()
        request.unlink()
        under_root.begin_next(server, whole(), "intermediate-2", SECOND, Transcript())
        assert refusal(complete) == "ca_other_intermediate"
        of_lost = offline.sign_intermediate(vault, whole(), lost, Transcript(), SECOND)
        assert refusal(lambda: under_root.complete_next(server, of_lost, Transcript())) == "ca_other_intermediate"
        assert "intermediate-2" not in hierarchy.labels(server.directory, PRODUCTION)

    def test_is_none_whose_key_the_policy_refuses(self, tmp_path: Path) -> None:
        vault, server = under_a_root_elsewhere(tmp_path)
        request = under_root.begin_next(server, whole(), "intermediate-2", SECOND, Transcript())
        key = weak_key_instead(request.with_name("intermediate-2.key"))
        request.write_bytes(ceremony.request_for(whole(), SECOND, key))
        weak = signed_without_looking(vault, SECOND, key)
        assert refusal(lambda: under_root.complete_next(server, weak, Transcript())) == "ca_key_refused"
        assert "intermediate-2" not in hierarchy.labels(server.directory, PRODUCTION)


def weak_key_instead(path: Path) -> ec.EllipticCurvePrivateKey:
    """Another key than the ceremony's, of a curve that the policy refuses."""
    path.unlink()
    key = ec.generate_private_key(ec.SECP256K1())
    keys.store(path, key, PASSPHRASE)
    return key


def signed_without_looking(vault: Desk, name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The root's signature below whatever key it is given."""
    what = ceremony.Below("intermediate", name, 15, authorities_below=1)
    signed = ceremony.sign_below(
        offline.load_root(vault), whole(), what, key.public_key(), above_label="root", now=NOW, serial=serial()
    )
    return keys.pem_of(signed)


def under_a_root_elsewhere(folder: Path) -> tuple[Desk, Desk]:
    """The root's machine, and a server whose authorities stand below that root."""
    vault, server = desk(folder / "vault", PRODUCTION), desk(folder / "server", PRODUCTION)
    pem = offline.make_root(vault, whole(), Transcript()).certificate.public_bytes(Encoding.PEM)
    request = under_root.begin(server, whole(), pem, Transcript()).read_bytes()
    under_root.complete(server, whole(), offline.sign_intermediate(vault, whole(), request, Transcript()), Transcript())
    return vault, server


def test_labels_tell_line_and_generation() -> None:
    assert [line_of(label) for label in ("issuing", "issuing-2", "payroll-10")] == ["issuing", "issuing", "payroll"]
    assert [generation_of(label) for label in ("issuing", "issuing-2", "payroll-10")] == [1, 2, 10]
    assert next_label(["root", "issuing", "issuing-9"], "issuing") == "issuing-10"
    assert next_label(["root"], "issuing") == "issuing"
