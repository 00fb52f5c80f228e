"""The pages where transfer codes are redeemed, and the page of the result."""

import io
import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from icalendar import Calendar
from sqlalchemy import select

from certportal.audit import AuditEntry
from certportal.certificates import rules
from certportal.certificates.models import CertificateState
from certportal.extensions import db
from certportal.identifiers import ActorKind
from certportal.messages.models import CodesState
from tests.browsing import BrowsingClient, Page
from tests.ca.openssl import KEYS, make_key, make_request, openssl
from tests.certificates.steps import Codes, Kit, certificates, key_and_request, request
from tests.conftest import FakeClock
from tests.far_ends import SmtpFarEnd
from tests.messages.steps import Phone, password_on, token_in

PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJx\n-----END PRIVATE KEY-----\n"


def typed(codes: Codes, sent: bytes | None = None, **others: str) -> dict[str, str]:
    return {
        "transfer_id": codes.transfer_id,
        "transfer_password": codes.password.reveal(),
        "request_text": (sent or request()).decode(),
    } | others


def redeem(visitor: BrowsingClient, answers: dict[str, str]) -> Page:
    return visitor.get("/retrieve", expect=200).submit("Get the certificate", **answers)


def test_both_codes_and_a_pasted_request_give_the_certificate(visitor: BrowsingClient, kit: Kit) -> None:
    page = redeem(visitor, typed(kit.codes()))
    [issued] = certificates()
    assert page.h1 == "The certificate is ready"
    assert page.path == f"/retrieve/{issued.retrieval_id}"
    assert issued.retrieval_id in page.text
    assert "Mallilön Ab has been told" in page.text
    assert "9900001-8" in page.text
    assert "EC P-256" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("kind", ["pem", "der"])
def test_the_request_may_be_a_file(visitor: BrowsingClient, kit: Kit, kind: str) -> None:
    pem = request()
    sent = pem if kind == "pem" else x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER)
    answers = typed(kit.codes(), request_text="") | {"request_file": (io.BytesIO(sent), f"key.{kind}")}
    page = redeem(visitor, answers)  # type: ignore[arg-type]
    assert page.h1 == "The certificate is ready"


def test_a_form_without_answers_says_what_is_missing(visitor: BrowsingClient, kit: Kit) -> None:
    page = redeem(visitor, {"transfer_id": "", "transfer_password": "", "request_text": ""})
    assert page.status == 422
    assert page.soup.title is not None
    assert page.soup.title.get_text().startswith("Error: Collect a certificate")
    assert len(page.errors) == 3
    assert page.errors[2].startswith(
        "Choose the file of the signing request: Choose the signing request’s file, or paste"
    )


def test_a_wrong_password_counts_and_everything_typed_stays_but_the_password(visitor: BrowsingClient, kit: Kit) -> None:
    codes = kit.codes()
    sent = request().decode()
    page = redeem(visitor, typed(codes, transfer_password="notThePassword22", request_text=sent))
    assert page.status == 422
    assert "The transfer codes are not right" in page.errors[0]
    assert page.field("transfer_id") == codes.transfer_id
    assert page.field("transfer_password") == ""
    assert page.field("request_text").strip() == sent.strip()
    assert kit.codes_now(codes).wrong_tries == 1
    assert certificates() == []
    again = page.submit("Get the certificate", transfer_password=codes.password.reveal())
    assert again.h1 == "The certificate is ready"
    assert kit.codes_now(codes).wrong_tries == 1


def test_a_chosen_file_is_kept_as_text_when_something_else_is_wrong(visitor: BrowsingClient, kit: Kit) -> None:
    codes, sent = kit.codes(), request()
    answers = typed(codes, transfer_password="notThePassword22", request_text="") | {
        "request_file": (io.BytesIO(sent), "a.csr")
    }
    page = redeem(visitor, answers)  # type: ignore[arg-type]
    assert page.field("request_text").strip() == sent.decode().strip()
    page = page.submit("Get the certificate", transfer_password=codes.password.reveal())
    assert page.h1 == "The certificate is ready"


def test_a_good_file_counts_beside_a_text_that_is_no_request(visitor: BrowsingClient, kit: Kit) -> None:
    answers = typed(kit.codes(), request_text="left over") | {"request_file": (io.BytesIO(request()), "a.csr")}
    assert redeem(visitor, answers).h1 == "The certificate is ready"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("hello", "This is not a signing request"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            "This is not a signing request",
        ),
        ("ssh-rsa AAAAB3Nza", "This is a public key alone"),
        ("x" * 65 * 1024, "too large for a signing request: at most 64 kB"),
    ],
)
def test_a_wrong_request_spends_nothing_and_counts_nothing(
    visitor: BrowsingClient, kit: Kit, sent: str, said: str
) -> None:
    codes = kit.codes()
    page = redeem(visitor, typed(codes, request_text=sent))
    assert page.status == 422
    assert said in page.errors[0]
    assert page.field("request_text").strip() == sent
    assert kit.codes_now(codes).state is CodesState.LIVE
    assert kit.codes_now(codes).wrong_tries == 0
    assert redeem(visitor, typed(codes)).h1 == "The certificate is ready"


@pytest.mark.parametrize("place", ["request_text", "request_file", "transfer_id", "transfer_password"])
def test_a_private_key_is_refused_and_neither_shown_nor_stored_nor_logged(
    visitor: BrowsingClient, kit: Kit, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    key = PRIVATE_KEY + request().decode()
    given = (io.BytesIO(key.encode()), "both.pem") if place == "request_file" else key
    answers = typed(kit.codes(), request_text="") | {"request_text": ""} | {place: given}
    page = redeem(visitor, answers)  # type: ignore[arg-type]
    assert page.status == 422
    if place.startswith("request"):
        assert "This holds a private key" in " ".join(page.errors)
    secret = "MC4CAQAwBQYDK2VwBCIEIJx"
    assert secret not in page.response.get_data(as_text=True)
    assert secret not in caplog.text
    assert secret.encode() not in Path(db.engine.url.database or "").read_bytes()


def test_a_private_key_beside_a_good_file_is_refused_all_the_same(visitor: BrowsingClient, kit: Kit) -> None:
    answers = typed(kit.codes(), request_text=PRIVATE_KEY) | {"request_file": (io.BytesIO(request()), "a.csr")}
    page = redeem(visitor, answers)  # type: ignore[arg-type]
    assert page.status == 422
    assert "This holds a private key" in page.errors[0]
    assert certificates() == []


def test_the_same_codes_and_the_same_key_give_the_same_certificate(visitor: BrowsingClient, kit: Kit) -> None:
    codes, (key, first) = kit.codes(), key_and_request()
    page = redeem(visitor, typed(codes, first))
    again = redeem(visitor, typed(codes, key_and_request(key)[1]))
    assert again.path == page.path
    assert len(certificates()) == 1


def test_the_same_codes_with_another_key_are_refused_with_the_remedy(visitor: BrowsingClient, kit: Kit) -> None:
    codes = kit.codes()
    redeem(visitor, typed(codes))
    page = redeem(visitor, typed(codes))
    assert page.status == 409
    assert "have been used with another key" in page.errors[0]
    assert len(certificates()) == 1


def test_wrong_codes_from_one_network_are_capped_and_right_ones_do_not_count(
    visitor: BrowsingClient, kit: Kit, clock: FakeClock, app: object
) -> None:
    codes = kit.codes()
    wrong = typed(codes, transfer_id="000000000000")
    for _ in range(rules.WRONG_CODES_PER_HOUR):
        assert redeem(visitor, wrong).status == 422
    page = redeem(visitor, typed(codes))
    assert page.status == 429
    assert "too many times from your network" in page.errors[0]
    assert certificates() == []
    clock.move(minutes=61)
    assert redeem(visitor, typed(codes)).h1 == "The certificate is ready"
    for _ in range(rules.WRONG_CODES_PER_HOUR + 5):
        assert redeem(visitor, typed(codes, request_text=request().decode())).status == 409


def test_another_network_is_not_locked_out(visitor: BrowsingClient, kit: Kit) -> None:
    codes = kit.codes()
    for _ in range(rules.WRONG_CODES_PER_HOUR):
        redeem(visitor, typed(codes, transfer_id="000000000000"))
    elsewhere = BrowsingClient(visitor.app, "203.0.113.77")
    elsewhere.http = visitor.http
    assert redeem(elsewhere, typed(codes)).h1 == "The certificate is ready"


def test_behind_the_opened_message_the_password_passes_through_no_form(
    visitor: BrowsingClient, kit: Kit, phone: Phone, smtp: SmtpFarEnd
) -> None:
    page = opened(visitor, kit, phone, smtp)
    password = password_on(page)
    form, _ = page.form("Get the certificate")
    assert password not in str(form)
    assert not form.select("[type=password]")
    result = page.submit("Get the certificate", request_text=request().decode())
    assert result.h1 == "The certificate is ready"


def test_behind_the_opened_message_the_record_names_the_contact(
    visitor: BrowsingClient, kit: Kit, phone: Phone, smtp: SmtpFarEnd
) -> None:
    opened(visitor, kit, phone, smtp).submit("Get the certificate", request_text=request().decode())
    [issued] = certificates()
    [told] = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "certificate_issued"))
    assert (told.actor_kind, told.actor_id) == (ActorKind.CONTACT, issued.contact_id)
    assert (told.actor_name, told.client_address) == (issued.contact.name, "198.51.100.7")


def opened(visitor: BrowsingClient, kit: Kit, phone: Phone, smtp: SmtpFarEnd) -> Page:
    kit.order()
    phone.deliver()
    token = token_in([mail for mail in smtp.messages if "Secure message" in mail.subject][-1])
    page = visitor.get(f"/messages/{token}", expect=200).submit("Send the PIN code to •• 03")
    return page.submit("Show the message", pin=phone.pin())


def test_behind_the_opened_message_a_wrong_request_is_named_and_spends_nothing(
    visitor: BrowsingClient, kit: Kit, phone: Phone, smtp: SmtpFarEnd
) -> None:
    page = opened(visitor, kit, phone, smtp).submit("Get the certificate", request_text="hello")
    assert (page.status, page.h1) == (422, "Collect the certificate")
    assert "This is not a signing request" in page.errors[0]
    assert page.field("request_text").strip() == "hello"
    assert page.submit("Get the certificate", request_text=request().decode()).h1 == "The certificate is ready"


def test_without_the_pin_nothing_is_collected_behind_the_link(
    visitor: BrowsingClient, kit: Kit, phone: Phone, smtp: SmtpFarEnd
) -> None:
    page = opened(visitor, kit, phone, smtp)
    other = BrowsingClient(visitor.app, "203.0.113.9")
    other.get("/retrieve")
    path = re.sub("content$", "retrieve", page.path)
    answer = other.post(path, {"request_text": request().decode()}, follow=False)
    assert answer.status == 303
    assert certificates() == []


def test_a_message_that_was_used_meanwhile_says_so(
    visitor: BrowsingClient, kit: Kit, phone: Phone, smtp: SmtpFarEnd
) -> None:
    page = opened(visitor, kit, phone, smtp)
    page.submit("Get the certificate", request_text=request().decode())
    again = visitor.get(re.sub("content$", "retrieve", page.path))
    assert again.h1 == "The certificate has been collected"


def test_the_result_is_not_guessed(visitor: BrowsingClient, kit: Kit) -> None:
    kit.certificate()
    for guess in ("x" * 32, "1", "%00", "a" * 5000, "'; DROP TABLE certificate; --"):
        assert visitor.get(f"/retrieve/{guess}").status == 404


def test_every_file_is_what_it_says(visitor: BrowsingClient, kit: Kit, tmp_path: Path) -> None:
    page = redeem(visitor, typed(kit.codes()))
    number = certificates()[0].order.number
    files = {
        name: visitor.http.get(f"{page.path}/{name}")
        for name in ("certificate.pem", "certificate.cer", "chain.pem", "full-chain.pem", "full-chain.p7b",
                     "issuing-ca.cer", "root-ca.cer", "last-day.ics")
    }  # fmt: skip
    for name, answer in files.items():
        assert answer.headers["Content-Disposition"].startswith(f"attachment; filename={number}"), name
    certificate = x509.load_pem_x509_certificate(files["certificate.pem"].data)
    assert certificate == x509.load_der_x509_certificate(files["certificate.cer"].data)
    chain = x509.load_pem_x509_certificates(files["chain.pem"].data)
    assert [certificate, *chain] == x509.load_pem_x509_certificates(files["full-chain.pem"].data)
    assert set(pkcs7.load_der_pkcs7_certificates(files["full-chain.p7b"].data)) == {certificate, *chain}
    assert chain[0] == x509.load_der_x509_certificate(files["issuing-ca.cer"].data)
    assert chain[-1] == x509.load_der_x509_certificate(files["root-ca.cer"].data)
    assert visitor.get(f"{page.path}/key.pem").status == 404


def test_the_calendar_file_names_the_last_day(visitor: BrowsingClient, kit: Kit) -> None:
    page = redeem(visitor, typed(kit.codes()))
    calendar = Calendar.from_ical(visitor.get(f"{page.path}/last-day.ics").response.data)
    [event] = calendar.walk("VEVENT")
    assert event["summary"] == "The certificate ends: Mallilön 6"
    assert event.decoded("dtstart").isoformat() == "2028-12-01"
    assert [alarm.decoded("trigger").days for alarm in calendar.walk("VALARM")] == [-60, -14]
    assert str(certificates()[0].serial) in str(event["uid"])


@pytest.mark.parametrize("kind", KEYS)
def test_the_commands_of_the_page_make_a_p12_file_for_every_kind_of_key(
    visitor: BrowsingClient, kit: Kit, tmp_path: Path, kind: str
) -> None:
    codes = kit.codes()
    key = make_key(tmp_path, *KEYS[kind])
    page = redeem(visitor, typed(codes, make_request(key)))
    assert kind in page.text
    issued = certificates()[0]
    number = issued.order.number
    key.rename(tmp_path / f"{number}.key")
    for name, saved in (("certificate.pem", f"{number}.pem"), ("chain.pem", f"{number}-chain.pem")):
        (tmp_path / saved).write_bytes(visitor.get(f"{page.path}/{name}").response.data)
    command = page.soup.find(id="p12-command")
    assert command is not None
    words = command.get_text().split()
    paths = [str(tmp_path / word) if word.startswith(number) else word for word in words[1:]]
    openssl(*paths, "-passout", "pass:only for tests")
    opened_file = openssl("pkcs12", "-in", tmp_path / f"{number}.p12", "-passin", "pass:only for tests", "-nokeys")
    assert opened_file.count(b"BEGIN CERTIFICATE") == 4, "its own, and the authorities up to the root"
    assert issued.state is CertificateState.ISSUED
