"""Each environment's authorities on disk: made whole or not at all, loaded only if they hold together."""

import multiprocessing
import os
import shutil
import signal
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from certportal import keyfiles
from certportal.ca import (
    Authority,
    CaRefused,
    Environment,
    Issuer,
    KeyKind,
    Plan,
    Transcript,
    ceremony,
    folders,
    hierarchy,
    keys,
    sign,
)
from certportal.ca.ceremony import Below
from certportal.ca.errors import CeremonyRefused
from tests.ca.making import NOW, PASSPHRASE, desk, make_authority, plan_for, prepared, serial
from tests.ca.openssl import openssl
from tests.no_skips import needs

PRODUCTION, TEST = Environment.PRODUCTION, Environment.TEST
NO_KEY = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises((CaRefused, CeremonyRefused)) as refused:
        act()
    return refused.value.code


def initialise(folder: Path, environment: Environment = PRODUCTION, plan: Plan | None = None) -> Authority:
    wanted = plan or plan_for(environment, KeyKind.EC_P256)
    return hierarchy.initialise(desk(folder, environment), wanted, Transcript())


def load(folder: Path, now: datetime = NOW, passphrase: bytes = PASSPHRASE) -> Issuer:
    return hierarchy.load(folder, PRODUCTION, passphrase, now)


def test_an_environment_is_one_folder_with_keys_that_only_the_portal_reads(tmp_path: Path) -> None:
    initialise(tmp_path)
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in (tmp_path / "production").iterdir()}
    public = dict.fromkeys(("root.pem", "issuing.pem"), "0o644")
    assert modes == {"root.key": "0o600", "issuing.key": "0o600"} | public
    assert stat.S_IMODE((tmp_path / "production").stat().st_mode) == 0o700
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "production"}


@pytest.mark.parametrize("kind", list(KeyKind))
def test_what_was_made_is_what_is_loaded(kind: KeyKind, issuers: Callable[[KeyKind], Issuer]) -> None:
    issuer = issuers(kind)
    numbers = [str(issuer.certificate.serial_number), str(issuer.chain[-1].serial_number)]
    assert numbers == [str(serial(12)), str(serial(11))]
    assert kind.value.split("-")[1].lstrip("P") == str(issuer.public_key.key_size)


def test_the_root_lasts_twenty_years_and_the_issuing_authority_ten(production: Issuer) -> None:
    issuing, root = production.chain
    begun = datetime(2026, 11, 30, 8, 30, 15, tzinfo=UTC)
    assert (issuing.not_valid_before_utc, root.not_valid_before_utc) == (begun, begun)
    assert issuing.not_valid_after_utc == datetime(2036, 12, 1, 8, 30, 15, tzinfo=UTC)
    assert root.not_valid_after_utc == datetime(2046, 12, 1, 8, 30, 15, tzinfo=UTC)


def test_an_issuing_authority_never_outlives_its_root(tmp_path: Path) -> None:
    authority = initialise(tmp_path, plan=plan_for(PRODUCTION, KeyKind.EC_P256, root_years=5, issuing_years=10))
    assert authority.chain[0].not_valid_after_utc == authority.chain[1].not_valid_after_utc == authority.not_after


def identifier_of(certificate: x509.Certificate) -> bytes:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_the_authorities_may_sign_certificates_and_crls_and_nothing_else(production: Issuer) -> None:
    for certificate, path_length in zip(production.chain, (0, None), strict=True):
        found = {extension.oid._name: (extension.critical, extension.value) for extension in certificate.extensions}
        assert set(found) == {"basicConstraints", "keyUsage", "subjectKeyIdentifier", "authorityKeyIdentifier"}
        assert found["basicConstraints"] == (True, x509.BasicConstraints(ca=True, path_length=path_length))
        assert found["keyUsage"] == (True, x509.KeyUsage(*[False] * 5, True, True, False, False))
        pointed_to = found["authorityKeyIdentifier"][1]
        assert pointed_to == x509.AuthorityKeyIdentifier(identifier_of(production.chain[1]), None, None)


def test_names_of_the_owner_and_the_roots_crl_are_there_when_given(tmp_path: Path) -> None:
    address = "http://portal.example/crl/root.crl"
    plan = plan_for(
        PRODUCTION,
        KeyKind.EC_P256,
        organisation="Mallikeskus",
        country="FI",
        crl_url=lambda label: f"http://portal.example/crl/{label}.crl",
    )
    issuing, root = initialise(tmp_path, plan=plan).chain
    assert issuing.subject.rfc4514_string() == "CN=Model Issuing CA (production),O=Mallikeskus,C=FI"
    point = issuing.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    assert point.full_name == [x509.UniformResourceIdentifier(address)]
    with pytest.raises(x509.ExtensionNotFound):
        root.extensions.get_extension_for_class(x509.CRLDistributionPoints)


@needs("openssl")
def test_openssl_verifies_the_chain_and_reads_the_keys(tmp_path: Path) -> None:
    initialise(tmp_path)
    folder = tmp_path / "production"
    at = str(int(NOW.timestamp()))
    trusting = ["-x509_strict", "-attime", at, "-CAfile", folder / "root.pem"]
    assert openssl("verify", *trusting, folder / "issuing.pem").decode().endswith("OK\n")
    for name in ("root", "issuing"):
        key = openssl("pkey", "-in", folder / f"{name}.key", "-passin", f"pass:{PASSPHRASE.decode()}", "-pubout")
        assert key == openssl("x509", "-in", folder / f"{name}.pem", "-noout", "-pubkey")


def test_an_existing_environment_is_never_written_over(tmp_path: Path) -> None:
    initialise(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "production").iterdir()}
    assert refusal(lambda: initialise(tmp_path)) == "ca_exists"
    assert {path: path.read_bytes() for path in (tmp_path / "production").iterdir()} == before


def test_both_environments_stand_beside_each_other(tmp_path: Path) -> None:
    initialise(tmp_path)
    initialise(tmp_path, TEST)
    both = [hierarchy.read(tmp_path, environment) for environment in Environment]
    assert [authority.name for authority in both] == ["Model Issuing CA (production)", "Model Issuing CA (test)"]
    assert both[0].public_key_info != both[1].public_key_info


@pytest.mark.parametrize("taken", ["root", "issuing"])
def test_no_name_is_used_in_both_environments(taken: str, tmp_path: Path) -> None:
    initialise(tmp_path)
    same = plan_for(TEST, KeyKind.EC_P256, **{taken: getattr(plan_for(PRODUCTION), taken)})
    assert refusal(lambda: initialise(tmp_path, TEST, same)) == "ca_name_taken"
    assert not (tmp_path / "test").exists()


@pytest.mark.parametrize(
    "names",
    [
        {"issuing": "Model Signing CA"},
        {"root": "Model Issuing CA", "issuing": "Model Issuing CA"},
        {"root": ""},
        {"root": "x" * 65},
        {"root": "Model  Root CA"},
        {"country": "Finland"},
        {"organisation": "x" * 65},
        {"organisation": "Model\u202eAgency"},
    ],
)
def test_names_that_no_client_accepts_make_no_plan(names: dict[str, str]) -> None:
    assert refusal(lambda: plan_for(PRODUCTION, **names)) == "ca_name_refused"


def test_a_short_passphrase_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    plan = plan_for(PRODUCTION)
    short = desk(tmp_path, PRODUCTION, passphrase=b"elevenchars")
    assert refusal(lambda: hierarchy.initialise(short, plan, Transcript())) == "ca_passphrase_short"
    assert list(tmp_path.iterdir()) == []


def die_at(folder: Path, step: int) -> None:
    """Initialise, killed by SIGKILL when it is about to touch the file system for the ``step``-th time."""
    steps = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return call

    for module, name in ((os, "open"), (os, "link"), (os, "fsync"), (os, "mkdir"), (os, "rename"), (os, "unlink")):
        setattr(module, name, counted(getattr(module, name)))
    initialise(folder)
    os._exit(0)


def test_killed_at_any_step_it_leaves_what_a_second_call_finishes(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    killed = 0
    for step in range(1, 200):
        folder = tmp_path / str(step)
        child = fork.Process(target=die_at, args=(folder, step))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        killed += 1
        if (folder / "production").exists():
            assert load(folder).name == "Model Issuing CA (production)"
            assert refusal(lambda folder=folder: initialise(folder)) == "ca_exists"
        else:
            assert refusal(lambda folder=folder: load(folder)) == "ca_missing"
            assert initialise(folder).chain == load(folder).chain
        assert {path.name for path in folder.iterdir()} == {".lock", "production"}
    assert killed > 20


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(keyfiles, "write_whole", full)
    with pytest.raises(OSError, match="no space"):
        initialise(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock"}


def test_only_one_call_at_a_time(tmp_path: Path) -> None:
    with folders.only_one(tmp_path):
        assert refusal(lambda: initialise(tmp_path)) == "ca_busy"
    assert initialise(tmp_path)


def test_a_wrong_passphrase_is_named(tmp_path: Path) -> None:
    initialise(tmp_path)
    assert refusal(lambda: load(tmp_path, passphrase=b"another passphrase")) == "ca_passphrase_wrong"


@pytest.mark.parametrize("name", ["issuing.key", "issuing.pem"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    initialise(tmp_path)
    (tmp_path / "production" / name).unlink()
    with pytest.raises(CaRefused, match="ca_missing") as refused:
        load(tmp_path)
    assert str(refused.value.details["name"]).endswith(name)


@pytest.mark.parametrize("name", ["issuing.key", "issuing.pem"])
@pytest.mark.parametrize("content", [b"", b"not PEM", NO_KEY])
def test_a_broken_file_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    initialise(tmp_path)
    (tmp_path / "production" / name).write_bytes(content)
    assert refusal(lambda: load(tmp_path)) == "ca_broken"


def test_a_key_that_is_not_encrypted_is_not_loaded(tmp_path: Path) -> None:
    initialise(tmp_path)
    key = load(tmp_path).key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "production" / "issuing.key").write_bytes(key)
    assert refusal(lambda: load(tmp_path)) == "ca_broken"


def test_another_kind_of_key_is_not_loaded(tmp_path: Path) -> None:
    initialise(tmp_path)
    locked = BestAvailableEncryption(PASSPHRASE)
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    (tmp_path / "production" / "issuing.key").write_bytes(key)
    assert refusal(lambda: load(tmp_path)) == "ca_key_kind_refused"


def test_the_key_of_another_certificate_is_not_loaded(tmp_path: Path) -> None:
    initialise(tmp_path)
    shutil.copy(tmp_path / "production" / "root.key", tmp_path / "production" / "issuing.key")
    assert refusal(lambda: load(tmp_path)) == "ca_key_mismatch"


def test_a_chain_that_does_not_hold_together_is_not_loaded(tmp_path: Path, other_environment: Issuer) -> None:
    mine = initialise(tmp_path).chain
    stranger = other_environment.chain
    for chain in (
        (mine[0],),
        (mine[0], stranger[1]),
        (mine[1], mine[0]),
        (*mine, stranger[1]),
        (mine[0], mine[1], mine[1], mine[0]),
    ):
        (tmp_path / "production" / "issuing.pem").write_bytes(
            b"".join(link.public_bytes(Encoding.PEM) for link in chain)
        )
        assert refusal(lambda: hierarchy.read(tmp_path, PRODUCTION)) == "ca_broken"


def test_a_root_alone_is_no_issuing_authority(tmp_path: Path) -> None:
    chain = initialise(tmp_path).chain
    (tmp_path / "production" / "issuing.pem").write_bytes(chain[1].public_bytes(Encoding.PEM))
    assert refusal(lambda: hierarchy.read(tmp_path, PRODUCTION)) == "ca_name_refused"


def test_a_certificate_of_a_customer_is_no_authority(production: Issuer, request_pem: bytes) -> None:
    leaf = x509.load_der_x509_certificate(sign(production, prepared(production, request_pem).tbs))
    assert refusal(lambda: Authority(PRODUCTION, (leaf, *production.chain))) == "ca_broken"
    assert refusal(lambda: Authority(PRODUCTION, ())) == "ca_missing"


def test_no_authority_stands_below_the_issuing_one(production: Issuer) -> None:
    """RFC 5280 4.2.1.9: pathLenConstraint 0."""
    plan, what = plan_for(PRODUCTION, KeyKind.EC_P256), Below("below", "Model Issuing CA below", 5, authorities_below=0)
    key = keys.make(KeyKind.EC_P256)
    made = partial(ceremony.make_below, production, plan, what, key, above_label="issuing", now=NOW, serial=serial(5))
    assert refusal(made) == "ca_broken"


def test_an_authority_that_has_ended_or_not_begun_is_not_loaded_but_can_be_looked_at(tmp_path: Path) -> None:
    authority = initialise(tmp_path)
    assert load(tmp_path, now=authority.not_after)
    assert refusal(lambda: load(tmp_path, now=authority.not_after + timedelta(seconds=1))) == "ca_expired"
    assert refusal(lambda: load(tmp_path, now=authority.not_before - timedelta(seconds=1))) == "ca_not_yet_valid"
    assert hierarchy.read(tmp_path, PRODUCTION) == authority


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    key = keys.make(KeyKind.EC_P256)
    keys.store(tmp_path / "a.key", key, PASSPHRASE)
    before = (tmp_path / "a.key").read_bytes()
    assert refusal(lambda: keys.store(tmp_path / "a.key", keys.make(KeyKind.EC_P256), PASSPHRASE)) == "ca_exists"
    assert (tmp_path / "a.key").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_the_key_is_not_in_what_python_prints(production: Issuer) -> None:
    assert "key=" not in repr(production)


def test_authorities_made_at_the_same_moment_can_issue_at_once(tmp_path: Path, request_pem: bytes) -> None:
    issuer = make_authority(tmp_path, PRODUCTION, KeyKind.EC_P256)
    assert sign(issuer, prepared(issuer, request_pem, now=NOW).tbs)
