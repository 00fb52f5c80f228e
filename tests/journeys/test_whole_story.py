"""From "let me in" to a certificate in use, the notice sixty days before its end, its successor, and its revocation.

Everything is done on pages, without JavaScript, in each language, with openssl where the contact and a stranger use it.
"""

from datetime import timedelta

from cryptography import x509

from tests.browsing import Page
from tests.journeys.people import Contact, Operator, Signatory, World, link_in, value_of
from tests.journeys.steps import admitted, collected, granted, is_good, named, ready_for
from tests.journeys.verifying import Stranger
from tests.messages.steps import password_on


def both_told_of(stranger: Stranger, signatory: Signatory, contact: Contact) -> None:
    words = signatory.words
    to_contact = contact.newest_mail(words("The certificate is ready: %(name)s", name="Mallilön 6"))
    to_signatory = signatory.newest_mail(words("A certificate was issued: %(name)s", name="Mallilön 6"))
    serial = f"{stranger.parsed.serial_number:X}"
    for mail in (to_contact, to_signatory):
        assert serial[-8:] in mail.text.replace(":", "").replace(" ", "").upper()
        assert mail.parsed["Content-Language"] == words.language
    assert link_in(to_signatory, "/certificates/").endswith(tuple("0123456789"))


def notices_to(contact: Contact) -> list[str]:
    ends = contact.words("The certificate is ready: %(name)s", name="")
    return [mail.subject for mail in contact.world.mails_to(contact.email) if ends not in mail.subject]


def renewed(signatory: Signatory, contact: Contact, channel: str) -> Stranger:
    """A new one in the place of the one that ends, ordered from the list of what can be replaced."""
    words = signatory.words
    page = signatory.browser.get("/certificates", expect=200).follow(words("Apply for a new certificate"))
    page = page.submit(
        words("Continue"),
        reason="replaces",
        replaces=value_of(page, "replaces", "Mallilön 6"),
    )
    assert words("It replaces %(name)s", name="Mallilön 6") in page.text
    assert page.field("description") == "Mallilön 6"
    known = value_of(page, "who", contact.name)
    page = signatory.order(page, channel, contact, who=known)
    assert words("Collected") not in page.text
    return collected(contact)


def revoked(signatory: Signatory, page: Page, stranger: Stranger, contact: Contact) -> None:
    words, world = signatory.words, signatory.world
    page = page.follow(words("Revoke the certificate"))
    page = page.submit(
        words("Revoke the certificate"), reason=value_of(page, "reason", words("The certificate is no longer needed"))
    )
    assert words("The certificate was revoked") in page.text or words("Revoked", "certificate") in page.text
    contact.newest_mail(words("The certificate was revoked: %(name)s", name="Mallilön 6"))
    crl = stranger.fetch_list(world.app.test_client())
    assert crl.get_revoked_certificate_by_serial_number(stranger.parsed.serial_number) is not None
    assert "certificate revoked" in stranger.verdict(world.clock.at)


def test_the_whole_story(world: World, signatory: Signatory, operator: Operator, contact: Contact) -> None:
    words = world.words
    channel = named("channels", "earnings-ws", "name", world)
    admitted(signatory, operator)
    signatory.sign_in()
    granted(signatory, operator, channel)

    page = signatory.browser.get("/interface").follow(words("Apply for a certificate"))
    order = signatory.order(page, channel, contact)
    assert order.status == 200
    number = order.path.rsplit("/", 1)[1]
    subject = "Secure message: order %(number)s of %(organisation)s"
    contact.newest_mail(words(subject, number=number, organisation=signatory.organisation))

    old = collected(contact)
    assert is_good(old, world)
    [name] = old.parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert name.value == "9900001-8"
    both_told_of(old, signatory, contact)
    assert words("The certificate has been collected") in signatory.browser.get(order.path).text

    world.clock.at = old.parsed.not_valid_after_utc - timedelta(days=60)
    before = len(notices_to(contact))
    world.run_jobs()
    assert len(notices_to(contact)) == before + 1, "the notice sixty days before the end"
    notice = world.mails_to(contact.email)[-1]
    assert "Mallilön 6" in notice.text
    assert is_good(old, world)
    world.run_jobs()
    assert len(notices_to(contact)) == before + 1, "told once"

    signatory.sign_in()
    new = renewed(signatory, contact, channel)
    assert new.parsed.public_key() != old.parsed.public_key()
    assert is_good(new, world)
    both_told_of(new, signatory, contact)

    told = len(world.smtp.messages)
    world.clock.move(days=45)
    world.run_jobs()
    about = [mail.subject for mail in world.smtp.messages[told:] if "Mallilön 6" in mail.text]
    assert about == [], "the old one's notices are silent"

    signatory.sign_in()
    listed = signatory.browser.get("/certificates", expect=200)
    assert listed.text.count("Mallilön 6") >= 2
    new_page = max(int(a["href"].rsplit("/", 1)[1]) for a in listed.soup.select('a[href^="/certificates/"]'))
    revoked(signatory, signatory.browser.get(f"/certificates/{new_page}"), new, contact)
    assert is_good(old, world), "the other one goes on"


def test_both_codes_typed_without_the_message_open(
    world: World, signatory: Signatory, operator: Operator, contact: Contact
) -> None:
    words = world.words
    channel = named("channels", "earnings-ws", "name", world)
    admitted(signatory, operator)
    signatory.sign_in()
    granted(signatory, operator, channel)
    signatory.order(signatory.browser.get("/interface").follow(words("Apply for a certificate")), channel, contact)
    message = contact.open_message()
    key, request = contact.make_request(message)
    shown = message.soup.select_one("#transfer-id")
    assert shown is not None
    elsewhere = world.browser()
    page = elsewhere.get("/retrieve", expect=200).submit(
        words("Get the certificate"),
        transfer_id=shown.get_text(),
        transfer_password=password_on(message),
        request_text=request.read_text(),
    )
    contact.browser = elsewhere
    assert is_good(ready_for(contact, page, key.stem, world), world)
    assert contact.newest_mail(words("The certificate is ready: %(name)s", name="Mallilön 6"))
