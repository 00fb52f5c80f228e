"""What people read: the words, the links, and who is told what when the letter is sent."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest

from certportal import clock as service_clock
from certportal.certificates.models import CertificateState
from certportal.extensions import db, transaction
from certportal.messages.models import SecureMessage
from certportal.orders.models import Order, OrderState
from certportal.outbox import service as outbox
from certportal.outbox.models import RowState
from certportal.registry import service as registry
from tests import builders
from tests.conftest import FakeClock
from tests.far_ends import ReceivedMail, SmtpFarEnd
from tests.notices.steps import Register, change, letters, notices, swept

Deliver = Callable[[], int]
LINK = re.compile(r"http://localhost/messages/[A-Za-z0-9_-]{43}")


@pytest.fixture
def told(smtp: SmtpFarEnd, deliver: Deliver) -> Callable[[], dict[str, ReceivedMail]]:
    """Sweep, deliver, and say who got what."""

    def now() -> dict[str, ReceivedMail]:
        smtp.messages.clear()
        swept()
        deliver()
        mails = {mail.recipient: mail for mail in smtp.messages}
        assert len(mails) == len(smtp.messages), "somebody got two mails"
        return mails

    return now


Told = Callable[[], dict[str, ReceivedMail]]
SAMI, ANNA, KARIN = "sami@ohjelmisto.example", "anna.andersson@mallilon.example", "karin@mallilon.example"


@pytest.mark.parametrize(
    ("language", "subject", "title", "days", "button"),
    [
        (
            "fi",
            "Varmenne vanhenee 30.1.2027: Mallilön 6, Mallilön Ab",
            "Varmenne vanhenee 60 vuorokauden kuluttua",
            "Varmenne (Mallilön 6) on uusittava viimeistään 30.1.2027.",
            "Avaa varmenteen sivu",
        ),
        (
            "sv",
            "Certifikatet går ut 30.1.2027: Mallilön 6, Mallilön Ab",
            "Certifikatet går ut om 60 dygn",
            "Förnya certifikatet för Mallilön 6 senast 30.1.2027.",
            "Öppna certifikatets sida",
        ),
        (
            "en",
            "Certificate expires 30 January 2027: Mallilön 6, Mallilön Ab",
            "The certificate expires in 60 days",
            "Renew the certificate of Mallilön 6 by 30 January 2027 at the latest.",
            "Open the certificate’s page",
        ),
    ],
)
def test_sixty_days_before_the_contact_reads_what_ends_when_and_what_to_do(
    register: Register, told: Told, language: str, subject: str, title: str, days: str, button: str
) -> None:
    change(register.contact, language=language)
    register.certificate(60)
    mail = told()[SAMI]
    assert mail.subject == subject
    for part in (mail.text, mail.html):
        for sentence in (title, days, button, "9900001-8", "… 00 00 00 01", "Anna Andersson", KARIN):
            assert sentence in part
    assert f">{title}</h1>" in mail.html
    assert LINK.search(mail.text)
    assert LINK.findall(mail.text)[0] in mail.html


def test_the_contacts_link_opens_the_certificates_page(register: Register, told: Told, client: object) -> None:
    register.certificate(60)
    path = LINK.findall(told()[SAMI].text)[0].removeprefix("http://localhost")
    page = client.get(path, expect=200)  # type: ignore[attr-defined]
    assert "Mallilön 6" in page.text
    message = db.session.query(SecureMessage).one()
    assert message.usable_until == service_clock.now() + timedelta(days=60)


def test_a_sweep_that_is_late_says_how_many_days_are_left(register: Register, told: Told, clock: FakeClock) -> None:
    change(register.contact, language="en")
    register.certificate(60)
    clock.move(hours=7)
    assert "expires in 60 days" in told()[SAMI].text
    register.certificate(45)
    assert "expires in 45 days" in told()[SAMI].text


def test_the_contact_reads_of_both_ways_to_renew_or_of_the_one_there_is(register: Register, told: Told) -> None:
    change(register.contact, language="en")
    register.certificate(60)
    text = told()[SAMI].text
    assert "In either of two ways. Renew it yourself on the certificate’s page" in text
    assert "Or ask Anna Andersson, who may sign for Mallilön Ab, to renew it in the portal" in text
    register.certificate(50, contact_may_renew=False)
    text = told()[SAMI].text
    assert "yourself" not in text
    assert "Ask Anna Andersson, who may sign for Mallilön Ab, to renew it in the portal" in text
    assert LINK.search(text), "there the contact can ask with one press"


def without_right(register: Register) -> None:
    """The right to the channel has ended; whoever is told reads English."""
    change(register.contact, language="en")
    change(register.person, language="en")
    with transaction():
        right = registry.right_to(register.organisation.id, register.channel.id, registry.today())
        assert right is not None
        registry.end_right(right, registry.today() - timedelta(days=1), builders.OPERATOR)


def test_without_the_access_right_nobody_is_told_to_renew_and_who_signs_is_led_to_the_application(
    register: Register, told: Told
) -> None:
    without_right(register)
    register.certificate(14)
    mails = told()
    text = mails[SAMI].text
    assert "It cannot be renewed: Mallilön Ab no longer has the right to use the channel in production." in text
    assert not LINK.search(text)
    assert "Renew" not in text
    signatory = mails[ANNA].text
    assert "apply for the right first" in signatory
    assert "Apply for the access right" in signatory
    assert "http://localhost/interface/apply" in signatory
    assert "Renew" not in signatory
    assert "/orders/renewal/" not in signatory


@pytest.mark.parametrize("tested", [False, True])
def test_of_several_those_without_the_right_are_told_apart(register: Register, told: Told, tested: bool) -> None:
    without_right(register)
    register.certificate(10, description="Nattkörning")
    other = register.certificate(12, description="Prov", environment="TEST" if tested else "PRODUCTION")
    mails = told()
    for text in (mails[ANNA].text, mails[ANNA].html):
        assert "http://localhost/interface/apply" in text
        assert (f"/orders/renewal/{other.id}" in text) is tested
        assert ("renew each" in text) is tested
        assert "apply for the access right first" in text
    assert "No access right: ask Anna Andersson" in mails[SAMI].text
    assert len(LINK.findall(mails[SAMI].text)) == tested
    assert "to apply for it first" in mails[SAMI].text


def test_who_may_sign_is_led_to_a_page_that_is_filled_in(register: Register, told: Told) -> None:
    change(register.person, language="en")
    certificate = register.certificate(14)
    mail = told()[ANNA]
    assert f"http://localhost/orders/renewal/{certificate.id}" in mail.html
    assert f"http://localhost/certificates/{certificate.id}" in mail.text
    assert "Sami Salminen, who has been reminded too" in mail.text
    assert "You get this because you may sign for Mallilön Ab." in mail.text
    assert not LINK.search(mail.text)


def test_second_address_and_organisations_contact_learn_whose_it_is_and_get_no_link_to_open(
    register: Register, told: Told
) -> None:
    change(register.contact, second_email="team@ohjelmisto.example", language="en")
    change(register.organisation, contact_language="en")
    register.certificate(30)
    mails = told()
    for address in ("team@ohjelmisto.example", KARIN):
        assert "Make sure that Sami Salminen looks after it" in mails[address].text
        assert "Sami Salminen, Ohjelmisto Oy, sami@ohjelmisto.example" in mails[address].text
        assert not LINK.search(mails[address].text)
    assert "second address" in mails["team@ohjelmisto.example"].text
    assert "Hello" not in mails["team@ohjelmisto.example"].text
    assert "you are the contact person of Mallilön Ab" in mails[KARIN].text


def test_who_is_told_next_is_said(register: Register, told: Told, clock: FakeClock) -> None:
    change(register.contact, language="en")
    register.certificate(60)
    assert "The next reminder goes out 30 days before the end. It also goes to the organisation’s contact person." in (
        told()[SAMI].text
    )
    clock.move(days=30)
    assert "The next reminder goes out 14 days before the end. It also goes to those who may sign" in told()[SAMI].text
    clock.move(days=16)
    assert told()[SAMI].text.count("It also goes") == 0
    clock.move(days=13)
    assert "The next reminder goes out when the certificate has expired." in told()[SAMI].text
    clock.move(days=1)
    assert "This was the last reminder." in told()[SAMI].text


def test_an_ended_certificate_is_told_as_ended_with_no_link_that_cannot_open(register: Register, told: Told) -> None:
    change(register.contact, language="en")
    change(register.person, language="en")
    register.certificate(-2)
    mails = told()
    assert mails[SAMI].subject == "Certificate expired 29 November 2026: Mallilön 6, Mallilön Ab"
    assert "The certificate has expired" in mails[SAMI].text
    assert "What now? Ask Anna Andersson" in mails[SAMI].text
    assert not LINK.search(mails[SAMI].text)
    assert "renew its certificate by itself" not in mails[SAMI].text
    assert "Apply for a new certificate" in mails[ANNA].text
    assert "/orders/new?replaces=1" in mails[ANNA].text


def test_several_certificates_are_one_mail_with_a_table(register: Register, told: Told) -> None:
    change(register.contact, language="en")
    first = register.certificate(40, description="Nattkörning")
    register.certificate(50, description="Mallilön 7")
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    builders.access_right(other, register.channel)
    register.certificate(45, contact=builders.contact(other, language="en"), organisation=other, description="")
    mail = told()[SAMI]
    assert mail.subject == "3 certificates expire, the first on 10 January 2027: 2 organisations"
    names = ("Nattkörning", "Earnings payment data – Web Service", "Mallilön 7")
    places = [mail.html.index(f">{name}</th>") for name in names]
    assert places == sorted(places), "the first to end comes first"
    assert len(LINK.findall(mail.text)) == 3
    assert "Exempelholm Oy: Earnings payment data – Web Service, production" in mail.text
    assert len({each.outbox_row_id for each in notices()}) == 1
    assert first.id in {each.certificate_id for each in notices()}


def test_one_person_in_two_roles_reads_of_the_certificate_once(register: Register, told: Told) -> None:
    anna = builders.contact(register.organisation, "Anna Andersson", ANNA, language="sv")
    change(register.organisation, contact_email=ANNA)
    register.certificate(14, contact=anna)
    mails = told()
    assert list(mails) == [ANNA]
    assert mails[ANNA].subject == "Certifikatet går ut 15.12.2026: Mallilön 6, Mallilön Ab"
    assert "överföringskoderna skickas till dig" in mails[ANNA].text
    assert "/orders/renewal/" in mails[ANNA].text


def test_with_a_replacement_ordered_the_mail_says_that_it_waits_to_be_collected(register: Register, told: Told) -> None:
    change(register.contact, language="en")
    change(register.person, language="en")
    certificate = register.certificate(14)
    order = db.session.get_one(Order, certificate.order_id)
    values = {name: getattr(order, name) for name in (
        "organisation_id", "channel_id", "environment", "contact_id", "placed_by", "terms_id", "placed_at")}  # fmt: skip
    builders.kept(
        Order(**values, number="2026-000099", reason="replaces", replaces_certificate_id=certificate.id,
              state=OrderState.OPEN)
    )  # fmt: skip
    mails = told()
    assert "order 2026-000099. Collect it with the transfer codes that you have been sent" in mails[SAMI].text
    assert "When Sami Salminen has collected it, the reminders end." in mails[ANNA].text
    assert "/orders/new" not in mails[ANNA].text


def test_markup_in_names_is_text_in_the_mail(register: Register, told: Told) -> None:
    change(register.contact, language="en")
    register.certificate(60, description="<b>Natt</b> & co")
    mail = told()[SAMI]
    assert "&lt;b&gt;Natt&lt;/b&gt; &amp; co" in mail.html
    assert "<b>Natt</b> & co" in mail.text
    assert mail.subject == "Certificate expires 30 January 2027: <b>Natt</b> & co, Mallilön Ab"


def test_a_letter_about_a_thousand_certificates_goes_out(register: Register, told: Told) -> None:
    template = register.certificate(60)
    columns = {key: getattr(template, key) for key in template.__mapper__.columns.keys() if key != "id"}  # noqa: SIM118
    from certportal.certificates.models import Certificate
    from certportal.extensions import transaction

    with transaction() as session:
        for number in range(2, 1001):
            unique = {"serial": f"{number:040x}", "retrieval_id": f"{number:032x}", "sha256": f"{number:064x}"}
            session.add(Certificate(**columns | unique))
    mail = told()[SAMI]
    assert len(set(LINK.findall(mail.text))) == 1000


def test_an_unknown_notice_is_sent_again_by_the_operators_press_and_its_lines_go_with_it(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver
) -> None:
    from tests.far_ends import DROP

    register.certificate(60)
    smtp.script("dot", DROP)
    swept()
    deliver()
    [lost] = letters()
    assert lost.state is RowState.UNKNOWN
    swept()
    deliver()
    assert len(letters()) == 1, "what may have arrived is not repeated by itself"
    again = outbox.send_again(lost.id, builders.OPERATOR).id
    deliver()
    assert [row.state for row in letters()] == [RowState.UNKNOWN, RowState.ACCEPTED]
    assert [each.outbox_row_id for each in notices()] == [again]
    assert len(smtp.messages) == 2


def test_a_lapsed_notice_sent_again_and_swept_again_is_still_one_mail(
    register: Register, smtp: SmtpFarEnd, deliver: Deliver, clock: FakeClock
) -> None:
    smtp.always("connect", "554 Closed")
    register.certificate(1)
    register.certificate(60)
    swept()
    clock.move(days=1)
    deliver()
    smtp.heal()
    lapsed = next(row for row in letters() if row.state is RowState.LAPSED and "sami" in _key_of(row.id))
    outbox.send_again(lapsed.id, builders.OPERATOR)
    clock.move(hours=1)
    deliver()
    swept()
    clock.move(hours=1)
    deliver()
    mine = [mail.text for mail in smtp.messages if mail.recipient == SAMI]
    told_of_later = [each for each in notices() if each.rung == 60 and each.state.value == "queued"]
    assert len(told_of_later) == 1
    assert sum("30.1.2027" in text for text in mine) == 1


def _key_of(row_id: int) -> str:
    return next((each.recipient_key for each in notices() if each.outbox_row_id == row_id), "")


@pytest.mark.parametrize("end", ["revoked", "renewed", "will not be renewed"])
def test_the_reason_of_a_letter_that_is_not_sent_is_kept(
    register: Register, deliver: Deliver, smtp: SmtpFarEnd, end: str
) -> None:
    certificate = register.certificate(60)
    swept()
    match end:
        case "revoked":
            change(certificate, state=CertificateState.REVOKED, revoked_at=service_clock.now())
        case "renewed":
            register.certificate(730, successor_of_id=certificate.id)
        case _:
            change(certificate, will_not_be_renewed_at=service_clock.now())
    deliver()
    [row] = letters()
    assert (row.state, row.reply) == (RowState.SILENCED, "nothing left to tell: dropped")
    assert smtp.messages == []


def test_a_table_may_be_longer_than_a_statement_may_have_values(register: Register, told: Told) -> None:
    """A table says nothing of orders that are on their way, so nothing is asked about each of its certificates at once."""
    for _ in range(60):
        register.certificate(days=60)
    connection = db.session.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 50)
    assert told()[SAMI].html.count("Mallilön Ab") >= 60
