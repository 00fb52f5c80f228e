"""Sixty days before the end: the contact renews from the notice's link, or the signatory with one page; in each language."""

import io
from datetime import timedelta

from tests.browsing import words as words_of
from tests.journeys.people import Contact, Operator, Signatory, World, link_in
from tests.journeys.steps import admitted, collected, granted, is_good, named, ready_for
from tests.journeys.verifying import Stranger

BUTTON = "verb on a button"


def ending_in_sixty_days(world: World, signatory: Signatory, operator: Operator, contact: Contact) -> Stranger:
    """An organisation whose one certificate was collected two years ago, and the notice of its end."""
    channel = named("channels", "earnings-ws", "name", world)
    admitted(signatory, operator)
    signatory.sign_in()
    granted(signatory, operator, channel)
    page = signatory.browser.get("/interface").follow(world.words("Apply for a certificate"))
    signatory.order(page, channel, contact)
    old = collected(contact)
    world.clock.at = old.parsed.not_valid_after_utc - timedelta(days=60)
    world.run_jobs()
    return old


def told_of_renewal(signatory: Signatory, contact: Contact) -> None:
    words = signatory.words
    contact.newest_mail(words("The certificate was renewed: %(name)s", name="Mallilön 6"))
    mail = signatory.newest_mail(words("A certificate was renewed: %(name)s", name="Mallilön 6"))
    assert mail.parsed["Content-Language"] == words.language
    assert link_in(mail, "/certificates/")


def nothing_more_is_sent_about(world: World, days: int) -> None:
    world.deliver()
    told = len(world.smtp.messages)
    world.clock.move(days=days)
    world.run_jobs()
    assert [mail.subject for mail in world.smtp.messages[told:] if "Mallilön 6" in mail.text] == []


def test_the_contact_renews_from_the_notices_link(
    world: World, signatory: Signatory, operator: Operator, contact: Contact
) -> None:
    words = world.words
    old = ending_in_sixty_days(world, signatory, operator, contact)
    notice = world.mails_to(contact.email)[-1]
    both_ways = words(
        "In either of two ways. Renew it yourself on the certificate’s page: you make a new key there and get the new "
        "certificate at once. Or ask %(name)s, who may sign for %(organisation)s, to renew it in the portal: you are then "
        "sent transfer codes, and with them you collect the new one.",
        name=signatory.name,
        organisation=signatory.organisation,
    )
    assert both_ways in " ".join(notice.text.split())

    page = contact.open_message(link_in(notice, "/messages/"))
    assert page.h1 == "Mallilön 6"
    form = page.follow(words("Renew", BUTTON))
    assert form.h1 == words("Renew the certificate")
    key, request = contact.make_request(form)
    ready = form.submit(
        words("Get the new certificate"),
        request_file=(io.BytesIO(request.read_bytes()), request.name),
        request_text="",
    )
    new = ready_for(contact, ready, key.stem, world)
    assert new.parsed.public_key() != old.parsed.public_key()
    assert new.parsed.subject == old.parsed.subject
    assert is_good(old, world)
    assert is_good(new, world)
    told_of_renewal(signatory, contact)

    signatory.sign_in()
    number = max(int(a["href"].rsplit("/", 1)[1]) for a in signatory.browser.get("/certificates").soup.select(
        'a[href^="/certificates/"]') if str(a["href"]).rsplit("/", 1)[1].isdigit())  # fmt: skip
    beside = signatory.browser.get(f"/certificates/{number}", expect=200).soup.select_one("#together")
    assert beside is not None
    for said in ("The old certificate", "The new certificate", "Which one does my program use?"):
        assert words(said) in words_of(beside)
    nothing_more_is_sent_about(world, 45)
    assert contact.open_message().h1 == "Mallilön 6"  # the link of the mail about the new one


def test_the_signatory_renews_on_one_page(
    world: World, signatory: Signatory, operator: Operator, contact: Contact
) -> None:
    words = world.words
    old = ending_in_sixty_days(world, signatory, operator, contact)
    signatory.sign_in()
    page = signatory.browser.get("/", expect=200).follow(words("Renew", BUTTON))
    assert page.h1 == words("Renew the certificate")
    assert page.field("description") == "Mallilön 6"
    page = page.submit(words("Send new transfer codes"), description="Mallilön 6")
    assert page.status == 422, "the terms are to be accepted"
    page = page.submit(words("Send new transfer codes"), terms="y")
    assert page.path.startswith("/orders/")
    assert "Mallilön 6" in page.h1
    new = collected(contact)
    assert is_good(old, world)
    assert is_good(new, world)
    nothing_more_is_sent_about(world, 45)
