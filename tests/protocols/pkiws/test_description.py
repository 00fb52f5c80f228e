"""The WSDL and the schemas, with the installation's address in them."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from lxml import etree

from certportal import create_app
from certportal.settings import Settings
from tests.protocols.pkiws.wire import ADDRESS, MESSAGES

HOST = "https://certificates.example.org"


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(replace(settings, base_url=HOST))


def read(app: Flask, address: str) -> bytes:
    parts = urlsplit(address)
    answer = app.test_client().get(parts.path, query_string=parts.query, base_url=HOST)
    assert answer.status_code == 200, address
    assert answer.content_type == "text/xml; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    return answer.data


@pytest.mark.parametrize("asked", ["?wsdl", "?WSDL", ""])
def test_the_wsdl_names_the_installations_address(app: Flask, asked: str) -> None:
    wsdl = etree.fromstring(read(app, ADDRESS + asked))
    [place] = wsdl.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert place.get("location") == HOST + ADDRESS
    actions = [each.get("soapAction") for each in wsdl.iter("{http://schemas.xmlsoap.org/wsdl/soap/}operation")]
    assert actions == ["signNewCertificate", "getCertificate", "renewCertificate"]


def test_the_schemas_that_it_names_are_there_and_belong_together(app: Flask, tmp_path: Path) -> None:
    imported = etree.fromstring(read(app, f"{ADDRESS}?wsdl")).xpath("//@schemaLocation")
    assert imported == [f"{HOST}/2017/10/certificateservices.xsd"]
    schema = read(app, imported[0])
    [next_one] = etree.fromstring(schema).xpath("//@schemaLocation")
    assert next_one == f"{HOST}/2017/10/xmldsig.xsd"
    (tmp_path / "xmldsig.xsd").write_bytes(read(app, next_one))
    (tmp_path / "own.xsd").write_bytes(schema.replace(next_one.encode(), b"xmldsig.xsd"))
    assert etree.XMLSchema(file=str(tmp_path / "own.xsd"))
    assert etree.fromstring(schema).get("targetNamespace") == MESSAGES


def test_no_other_file_of_the_package_is_handed_out(app: Flask) -> None:
    for name in ("reading.py", "..%2f..%2fsettings.py", "other.xsd", "views.xsd"):
        assert app.test_client().get(f"/2017/10/{name}", base_url=HOST).status_code == 404
