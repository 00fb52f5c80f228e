"""Real authorities for both environments, and real keys, made once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certportal.ca import Environment, Issuer, KeyKind
from tests.ca import openssl
from tests.ca.making import make_authority, plain_request


@pytest.fixture(scope="session")
def ca_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ca") / "authorities"


@pytest.fixture(scope="session")
def production(ca_folder: Path) -> Issuer:
    return make_authority(ca_folder, Environment.PRODUCTION)


@pytest.fixture(scope="session")
def other_environment(ca_folder: Path) -> Issuer:
    return make_authority(ca_folder, Environment.TEST)


@pytest.fixture(scope="session")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[KeyKind], Issuer]:
    return cache(lambda kind: make_authority(tmp_path_factory.mktemp("ca"), Environment.PRODUCTION, kind))


@pytest.fixture(params=list(KeyKind))
def any_issuer(request: pytest.FixtureRequest, issuers: Callable[[KeyKind], Issuer]) -> Issuer:
    return issuers(request.param)


@pytest.fixture(scope="session")
def openssl_keys(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return cache(lambda kind: openssl.make_key(tmp_path_factory.mktemp("key"), *openssl.KEYS[kind]))


@pytest.fixture(params=list(openssl.KEYS))
def openssl_key(request: pytest.FixtureRequest, openssl_keys: Callable[[str], Path]) -> tuple[str, Path]:
    """What the key is called, and its file: each kind that is accepted."""
    return request.param, openssl_keys(request.param)


@pytest.fixture(scope="session")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def request_pem(ec_key: ec.EllipticCurvePrivateKey) -> bytes:
    return plain_request(ec_key).public_bytes(Encoding.PEM)
