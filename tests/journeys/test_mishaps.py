"""What goes wrong on the way, and how it is put right on pages: no new application is needed."""

import pytest

from tests.browsing import Page
from tests.journeys.people import Contact, Operator, Signatory, World, link_in, value_of
from tests.journeys.steps import channel_of, collected, is_good, named

SWEDISH = pytest.mark.parametrize("language", ["sv"])
FINNISH = pytest.mark.parametrize("language", ["fi"])
ENGLISH = pytest.mark.parametrize("language", ["en"])


@pytest.fixture
def signatory(ordering: Signatory) -> Signatory:
    return ordering


def corrected(page: Page, contact: Contact, **right: str) -> Page:
    """From the order's page by "correct the contact" back to it, with new codes on their way."""
    words = contact.words
    page = page.follow(words("Correct the contact and send new codes"))
    assert page.h1 == words("Correct the contact and send new codes")
    return page.submit(words("Correct and send new codes"), **right)


@SWEDISH
def test_a_wrong_number_is_told_by_whoever_has_the_link_and_corrected_with_one_press(
    world: World, signatory: Signatory, contact: Contact, order: Page
) -> None:
    words = world.words
    first = contact.link()
    cover = contact.browser.get(first)
    thanks = cover.submit(words("This is not my number"))
    assert thanks.h1 == words("Thank you: the number will be corrected")
    number = order.path.rsplit("/", 1)[1]
    told = signatory.newest_mail(words("Order %(number)s: the mobile number is wrong", number=number))
    assert words("The mobile number is wrong") in signatory.browser.get("/certificates").text

    page = signatory.browser.get(link_in(told, "/orders/"))
    if page.h1 != words("Correct the contact and send new codes"):
        page = signatory.browser.get(order.path)
        assert words("The mobile number is wrong") in page.text
    contact.mobile = "+358 45 700 0044"
    after = corrected(signatory.browser.get(order.path), contact, mobile=contact.mobile)
    assert after.path == order.path
    assert contact.link() != first
    old = contact.browser.get(first)
    assert old.h1 in (words("The contact details have been changed"), words("A newer message has been sent"))
    assert is_good(collected(contact), world)
    assert world.texts_to("+358457000003") == []


@FINNISH
def test_a_refused_mail_is_a_task_until_the_address_is_corrected(
    world: World, signatory: Signatory, contact: Contact, smtp_refuses: None, order: Page
) -> None:
    words = world.words
    world.deliver()
    assert world.mails_to(contact.email) == []
    assert words("The e-mail did not arrive") in signatory.browser.get("/certificates").text
    assert words("The mail server refused the message") in signatory.browser.get(order.path).text
    contact.email = "sami.salminen@ohjelmisto.example"
    after = corrected(signatory.browser.get(order.path), contact, email=contact.email)
    assert after.path == order.path
    assert words("The e-mail did not arrive") not in after.text
    assert is_good(collected(contact), world)
    assert words("The e-mail did not arrive") not in signatory.browser.get("/certificates").text


@pytest.fixture
def smtp_refuses(world: World, contact: Contact) -> None:
    world.smtp.refuse(contact.email)


@ENGLISH
def test_a_replacement_application_tells_what_is_given_up_and_which_certificates_use_it(
    world: World, signatory: Signatory, contact: Contact, order: Page
) -> None:
    words = world.words
    given_up = named("channels", "earnings-ws", "name", world)
    kept = named("channels", "earnings-sftp", "name", world)
    collected(contact)
    page = signatory.browser.get("/interface").follow(words("Make a replacement application"))
    ticked = [tag["value"] for tag in page.soup.select('input[name="channels"][checked]')]
    assert ticked == [value_of(page, "channels", given_up)]
    page = page.submit(
        words("Check what changes"),
        purposes=[value_of(page, "purposes", named("purposes", "earnings-own", "text", world))],
        channels=[value_of(page, "channels", kept)],
        contact_name="Karin Kontakt",
        contact_email="karin@exempelholm.example",
        contact_language=words.language,
        terms="y",
    )
    assert page.h1 == words("Check what changes")
    assert "Mallilön 6" in page.text
    assert "One valid certificate uses what you give up." in page.text
    channel = channel_of("earnings-ws").id
    sent = page.submit(words("Send the replacement application"), **{f"certificates_{channel}": "revoke"})
    assert words("The access right ended when this was sent") in sent.text
    assert contact.newest_mail(words("The certificate was revoked: %(name)s", name="Mallilön 6"))
    assert words("Revoked", "certificate") in signatory.browser.get("/certificates").text


@SWEDISH
def test_a_right_to_sign_that_ends_ends_the_open_sign_in_at_the_next_request(
    world: World, signatory: Signatory, operator: Operator, order: Page
) -> None:
    words = world.words
    operator.sign_in()
    page = operator.browser.get("/desk/organisations", expect=200).follow(signatory.organisation)
    page = page.follow(words("End", "verb"))
    page = page.submit(words("End the right to sign"), last_day="", reason="Left the board.")
    assert page.status == 200
    page = signatory.browser.get(order.path)
    assert page.path.startswith("/sign-in")
    assert "Mallilön 6" not in page.text
    answer = signatory.browser.post(f"{order.path}/send-again", follow=False)
    assert answer.status in (302, 303)
    assert "/sign-in" in answer.headers["Location"]
    assert "Left the board." in world.mails_to(signatory.email)[-1].text
    before = len(world.mails_to(signatory.email))
    ask = world.browser().get("/sign-in").submit(words("Send the sign-in code"), email=signatory.email)
    assert ask.h1 == words("Enter the sign-in code"), "the same page for everybody"
    assert len(world.mails_to(signatory.email)) == before


@FINNISH
def test_codes_that_nobody_collects_are_told_of_on_day_ten_and_when_they_lapse(
    world: World, signatory: Signatory, contact: Contact, order: Page
) -> None:
    words, number = world.words, order.path.rsplit("/", 1)[1]
    about = {"organisation": signatory.organisation, "number": number}
    first = contact.link()
    world.clock.move(days=9)
    world.run_jobs()
    assert all(number not in mail.subject for mail in world.mails_to(signatory.email)[1:])
    world.clock.move(days=1)
    world.run_jobs()
    world.run_jobs()
    reminder = signatory.newest_mail(
        words("Not collected yet: certificate for %(organisation)s, order %(number)s", **about)
    )
    assert words("The message has not been opened.") in " ".join(reminder.text.split())
    world.clock.move(days=4, hours=16)
    world.run_jobs()
    world.run_jobs()
    lapsed = signatory.newest_mail(
        words("The transfer codes lapsed: certificate for %(organisation)s, order %(number)s", **about)
    )
    subjects = [mail.subject for mail in world.mails_to(signatory.email) if number in mail.subject]
    assert len(subjects) == 2, subjects
    assert contact.browser.get(first).h1 == words("The transfer codes have lapsed")

    signatory.sign_in()
    page = signatory.browser.get(link_in(lapsed, "/orders/"))
    assert page.path.startswith(order.path)
    page = signatory.browser.get(order.path).submit(words("Send new codes to the same contact"))
    assert page.path == order.path
    assert is_good(collected(contact), world)


@SWEDISH
def test_a_contact_who_has_lost_link_and_key_revokes_and_gets_a_new_certificate(
    world: World, signatory: Signatory, contact: Contact, order: Page
) -> None:
    words = world.words
    stranger = collected(contact)
    assert is_good(stranger, world)
    serial = f"{stranger.parsed.serial_number:x}"
    asked = contact.browser.get("/revocations/link").submit(words("Send the link"), serial=serial)
    assert asked.h1 == words("Look into your e-mail")
    world.deliver()
    page = contact.open_message().follow(words("Revoke the certificate"))
    done = page.submit(words("Revoke the certificate"), reason="key_lost")
    assert done.h1 == words("The certificate has been revoked")
    assert not is_good(stranger, world)
    who = words("%(name)s, technical contact person", name="Sami Salminen")
    assert who in signatory.newest_mail(words("A certificate was revoked: %(name)s", name="Mallilön 6")).text
    anew = signatory.browser.get("/certificates").follow("Mallilön 6")
    assert words("Reason: %(reason)s. The certificate cannot be used any more.", reason=words(
        "The private key is lost or has been disclosed")) in anew.text  # fmt: skip
    assert words("Apply for a new one in its place") in anew.text
