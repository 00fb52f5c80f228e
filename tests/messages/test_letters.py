"""The mails and the text message, as they arrive."""

from collections.abc import Callable

import pytest

from certportal import clock as service_clock
from certportal.extensions import db, transaction
from certportal.identifiers import Language
from certportal.messages import service
from certportal.messages.models import SecureMessage
from certportal.messages.telling import tell_signatory
from certportal.outbox.models import OutboxRow, RowState
from certportal.registry.models import Organisation, SigningRight
from certportal.registry.service import today
from tests import builders
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.messages.steps import NUMBER, Post, posted
from tests.messages.test_pins import sent

OPEN = {Language.FI: "Avaa viesti", Language.SV: "Öppna meddelandet", Language.EN: "Open the message"}
KINDS = ["codes_locked", "message_locked", "wrong_number"]


@pytest.mark.parametrize("language", list(Language))
def test_the_mail_names_who_ordered_and_holds_nothing_secret(
    app: object, deliver: Callable[[], int], smtp: SmtpFarEnd, language: Language
) -> None:
    post = posted(deliver, smtp, language)
    mail = post.mail
    assert mail.recipient == "sami@ohjelmisto.example"
    assert mail.parsed["Content-Language"] == language.value
    assert NUMBER in mail.subject
    for body in (mail.text, mail.html):
        for shown in (
            "Mallilön Ab",
            "9900001-8",
            "Anna Andersson",
            NUMBER,
            "Mallilön 6",
            "http://localhost",
            OPEN[language],
        ):
            assert shown in body
        assert f"http://localhost/messages/{post.token}" in body
        for secret in (post.codes.transfer_id, "+358457000003", "457000003"):
            assert secret not in body
        assert "•• 03" in body


@pytest.mark.parametrize("language", list(Language))
def test_the_text_message_fits_one_sms_and_is_filled_in_by_the_phone(
    app: object, deliver: Callable[[], int], smtp: SmtpFarEnd, sms: SmsFarEnd, language: Language
) -> None:
    post = posted(deliver, smtp, language)
    sent(post)
    deliver()
    message = sms.messages[-1]
    assert message.to == "+358457000003"
    pin = message.text.rpartition("#")[2]
    assert len(pin) == 6
    assert message.text.endswith(f"\n@localhost #{pin}")
    assert message.text.count(pin) == 2
    assert NUMBER in message.text
    assert len(message.text) <= 160
    in_the_gsm_alphabet = set("@£$¥èéùìòÇØøÅåÆæßÉ !\"#%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà\n")
    assert {c for c in message.text if not ("a" <= c.lower() <= "z")} <= in_the_gsm_alphabet


def told(kind: str, post: Post) -> None:
    with transaction():
        tell_of(kind, post.message_id)


def tell_of(kind: str, message_id: int) -> None:
    """A step: the letter, and what it tells of where that is asked again when it leaves."""
    message = db.session.get_one(SecureMessage, message_id)
    if kind == "wrong_number":
        message.wrong_number_at = service_clock.now()
    tell_signatory(kind, message)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_signatory_is_told_names_the_order_and_leads_to_it(
    app: object, deliver: Callable[[], int], smtp: SmtpFarEnd, kind: str, language: Language
) -> None:
    post = posted(deliver, smtp)
    with transaction() as session:
        session.get_one(type(post.orderer), post.orderer.id).language = language
    told(kind, post)
    deliver()
    mail = smtp.messages[-1]
    assert mail.recipient == "anna.andersson@mallilon.example"
    assert mail.parsed["Content-Language"] == language.value
    assert NUMBER in mail.subject
    for body in (mail.text, mail.html):
        assert f"http://localhost/orders/{NUMBER}" in body
        assert "Sami Salminen" in body
        assert post.token not in body
        assert post.codes.transfer_id not in body


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificates_page_leads_the_signatory_to_the_certificate(
    post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd, kind: str
) -> None:
    contact, cover, until = post.contact, dict(post.message.cover), post.codes.usable_until
    with transaction():
        message_id, _ = service.new_page(
            certificate_id=7, organisation_id=contact.organisation_id, contact=contact, cover=cover, usable_until=until
        )
        tell_of(kind, message_id)
    deliver()
    assert "http://localhost/certificates/7" in smtp.messages[-1].text


def test_when_the_orderer_may_no_longer_sign_everyone_who_may_is_told(
    post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    builders.signatory(post.organisation, "bengt@mallilon.example", "Bengt Berg")
    builders.signatory(post.organisation, "carita@mallilon.example", "Carita Calonius")
    end_right_of(post)
    told("wrong_number", post)
    deliver()
    assert {mail.recipient for mail in smtp.messages[-2:]} == {"bengt@mallilon.example", "carita@mallilon.example"}
    assert len(smtp.messages) == 3


def test_when_nobody_may_sign_the_organisations_contact_is_told(
    post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    end_right_of(post)
    told("wrong_number", post)
    deliver()
    assert smtp.messages[-1].recipient == "karin@mallilon.example"


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_lost_the_right_before_the_mail_left_is_not_told_and_those_who_hold_it_are(
    post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd, kind: str
) -> None:
    told(kind, post)
    builders.signatory(post.organisation, "bengt@mallilon.example", "Bengt Berg")
    builders.signatory(post.organisation, "carita@mallilon.example", "Carita Calonius")
    end_right_of(post)
    smtp.messages.clear()
    deliver()
    assert sorted(mail.recipient for mail in smtp.messages) == ["bengt@mallilon.example", "carita@mallilon.example"]
    db.session.rollback()
    rows = db.session.query(OutboxRow).filter_by(kind=kind).order_by(OutboxRow.id)
    assert [row.state for row in rows] == [RowState.SILENCED, RowState.ACCEPTED, RowState.ACCEPTED]


def test_when_nobody_holds_the_right_any_more_the_organisations_contact_is_told(
    post: Post, deliver: Callable[[], int], smtp: SmtpFarEnd
) -> None:
    told("codes_locked", post)
    end_right_of(post)
    smtp.messages.clear()
    deliver()
    assert [mail.recipient for mail in smtp.messages] == ["karin@mallilon.example"]


def end_right_of(post: Post) -> None:
    with transaction() as session:
        right = session.query(SigningRight).filter_by(person_id=post.orderer.id).one()
        right.valid_to = today().replace(day=1).replace(month=1)
        right.valid_from = right.valid_to
        assert session.get_one(Organisation, post.organisation.id).contact_email
        assert service_clock.now().date() > right.valid_to
