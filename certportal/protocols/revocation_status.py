"""What everybody may fetch who checks a certificate, the same bytes as the files: revocation lists (RFC 5280 4.2.1.13) and the
authorities' certificates (4.2.2.1), in the media types of RFC 2585 section 4."""

from cryptography.hazmat.primitives.serialization import Encoding
from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from certportal import ca
from certportal.answers import allow, found
from certportal.certificates import authorities
from certportal.certificates.service import published_bundle, published_crl
from certportal.identifiers import Environment

blueprint = Blueprint("revocation_status", __name__)
ENVIRONMENTS = {environment.value.lower(): environment for environment in Environment}


@blueprint.get("/crl/<name>.crl")
@allow("program", any_host=True)
def crl(name: str) -> Response:
    """The newest list of an authority, DER: ``production`` is the shared issuing one, ``production-root`` the root."""
    newest = found(published_crl(*_authority_named(name)))
    answer = _open_to_all(newest.der, "application/pkix-crl")
    answer.last_modified = newest.this_update
    return answer


@blueprint.get("/crl/<environment>.pem")
@allow("program", any_host=True)
def bundle(environment: str) -> Response:
    """Every list of an environment, PEM: for servers that check a whole chain, such as nginx with ssl_crl."""
    return _open_to_all(found(published_bundle(found(ENVIRONMENTS.get(environment))) or None), "application/x-pem-file")


@blueprint.get("/ca/<name>.cer")
@allow("program", any_host=True)
def certificate(name: str) -> Response:
    """An authority's own certificate, DER, by the same names: where certificates say that their issuer's is found."""
    authority = authorities.authority(*_authority_named(name))
    return _open_to_all(authority.certificate.public_bytes(Encoding.DER), "application/pkix-cert")


@blueprint.get("/ca/<environment>.pem")
@allow("program", any_host=True)
def chains(environment: str) -> Response:
    """Every authority of an environment, PEM, the root last: what a server trusts that must accept both an authority's
    certificates and those of the one that has followed it."""
    named = found(ENVIRONMENTS.get(environment))
    standing = [authorities.authority(named, label).certificate for label in reversed(authorities.labels(named))]
    return _open_to_all(found(ca.chain_pem(standing) or None), "application/x-pem-file")


def _authority_named(name: str) -> tuple[Environment, str]:
    """Environment and label of the authority that addresses call so, or the 404 answer."""
    for environment in ENVIRONMENTS.values():
        for label in authorities.labels(environment):
            if authorities.published_name(environment, label) == name:
                return environment, label
    return found(None)


def _open_to_all(content: bytes, mimetype: str) -> Response:
    answer = make_response(content)
    answer.mimetype = mimetype
    answer.headers["Cache-Control"] = "public, max-age=30"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
