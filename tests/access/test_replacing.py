"""What a replacement application does to rights, orders and certificates (domain.md, "Access rights")."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certportal.access import service
from certportal.access.models import ApplicationState, InterfaceApplication
from certportal.access.rules import ApplicationAnswers, Sending
from certportal.certificates import aftermath
from certportal.certificates.models import Certificate, CertificateState
from certportal.certificates.service import published_crl
from certportal.extensions import db, transaction
from certportal.identifiers import Environment
from certportal.orders.models import Order, OrderState
from certportal.refusals import Conflict, NotFound, Refusal
from certportal.registry import service as registry
from certportal.registry.models import Purpose, RightState
from tests import builders
from tests.access.steps import (
    CONTACT,
    House,
    applications,
    asked_for,
    being_collected,
    certified,
    draft_of,
    granted,
    held,
    ordered,
    owed,
    refused,
    rights,
    sent,
    to_check,
    waiting,
)
from tests.browsing import BrowsingClient, words
from tests.builders import OPERATOR
from tests.conftest import FakeClock


def state(certificate: Certificate) -> CertificateState:
    db.session.rollback()
    return db.session.get_one(Certificate, certificate.id, populate_existing=True).state


def test_a_channel_without_an_operators_decision_is_granted_when_it_is_sent_and_the_other_waits(house: House):
    application = sent(house, house.earnings, house.benefits)

    assert held(house) == ["benefits-ws"]
    assert waiting(house) == ["earnings-ws"]
    assert application.state is ApplicationState.SENT


def test_an_application_that_needs_no_decision_is_decided_when_it_is_sent(house: House):
    application = sent(house, house.benefits)

    assert (application.state, application.decided_at) == (ApplicationState.DECIDED, application.sent_at)
    assert [right.state for right in rights(house)] == [RightState.VALID]


def test_present_rights_stand_until_the_replacement_is_decided(house: House):
    builders.access_right(house.organisation, house.earnings)

    sent(house, house.earnings, house.sftp)

    assert held(house) == ["earnings-ws"]
    assert waiting(house) == ["earnings-sftp"]


def test_a_channel_given_up_ends_when_the_replacement_is_sent(house: House):
    builders.access_right(house.organisation, house.earnings)

    sent(house, house.sftp)

    assert held(house) == []
    assert [(each.channel.code, each.state) for each in rights(house)] == [
        ("earnings-ws", RightState.ENDED),
        ("earnings-sftp", RightState.APPLIED),
    ]


def test_a_refused_new_channel_touches_nothing_else(house: House):
    builders.access_right(house.organisation, house.earnings)
    application = sent(house, house.earnings, house.sftp)

    service.decide(application.id, refused(house.sftp), OPERATOR)

    assert held(house) == ["earnings-ws"]
    assert waiting(house) == []


def test_a_kept_right_is_the_same_row_with_the_same_dates(house: House):
    right = builders.access_right(house.organisation, house.earnings, valid_to=registry.today() + timedelta(days=90))
    before = (right.id, right.valid_from, right.valid_to)

    sent(house, house.earnings, house.benefits)

    kept = rights(house)[0]
    assert (kept.id, kept.valid_from, kept.valid_to) == before


def test_an_expired_right_is_not_a_present_choice_and_is_applied_for_anew(house: House):
    builders.access_right(
        house.organisation,
        house.earnings,
        valid_from=registry.today() - timedelta(days=400),
        valid_to=registry.today() - timedelta(days=1),
    )

    assert service.standing(house.organisation.id).channel_ids == []
    preview = service.preview(house.organisation.id, [house.earnings.id], [house.purpose.code])
    assert [each.code for each in preview.added] == ["earnings-ws"]
    assert not preview.given_up
    sent(house, house.earnings)
    assert waiting(house) == ["earnings-ws"]


def test_a_right_on_its_last_day_is_still_a_present_choice(house: House):
    builders.access_right(house.organisation, house.earnings, valid_to=registry.today())

    assert service.standing(house.organisation.id).channel_ids == [house.earnings.id]


def test_what_waits_waits_on_in_the_replacement_and_keeps_its_place_in_the_queue(house: House, clock: FakeClock):
    first = sent(house, house.earnings, house.sftp)
    asked_at = rights(house)[0].applied_at
    clock.move(days=1)

    second = sent(house, house.earnings)

    assert [(each.channel.code, each.state, each.application_id) for each in rights(house)] == [
        ("earnings-ws", RightState.APPLIED, second.id),
        ("earnings-sftp", RightState.WITHDRAWN, first.id),
    ]
    assert [each.state for each in applications()] == [ApplicationState.REPLACED, ApplicationState.SENT]
    assert [(each.application.id, each.since) for each in service.waiting_applications()] == [(second.id, asked_at)]


def test_the_application_that_was_replaced_can_no_longer_be_decided_or_taken_back(house: House):
    first = sent(house, house.earnings)
    sent(house, house.earnings, house.benefits)

    with pytest.raises(Conflict, match="right_not_waiting"):
        service.decide(first.id, granted(house.earnings), OPERATOR)
    with pytest.raises(Conflict, match="application_over"):
        service.withdraw_application(first.id, house.acting)
    assert waiting(house) == ["earnings-ws"]


def test_certificates_of_a_channel_given_up_stay_valid_and_both_sides_have_a_task(house: House, authority: None):
    builders.access_right(house.organisation, house.earnings)
    certificate = certified(house, house.earnings)
    assert service.certificates_without_right() == []

    sent(house, house.sftp)

    assert state(certificate) is CertificateState.ISSUED
    assert [each.id for each in service.certificates_without_right(house.organisation.id)] == [certificate.id]
    assert [each.id for each in service.certificates_without_right()] == [certificate.id]


def test_asked_for_their_revocation_is_part_of_the_sending_and_is_published_at_once(house: House, authority: None):
    builders.access_right(house.organisation, house.earnings)
    certificate = certified(house, house.earnings)

    sent(house, house.sftp, revoking=(house.earnings,))

    assert state(certificate) is CertificateState.REVOKED
    assert db.session.get_one(Certificate, certificate.id).revocation_reason == "unnecessary"
    listed = published_crl(Environment.PRODUCTION)
    assert listed is not None
    assert listed.entries == 1
    assert service.certificates_without_right() == []


def test_only_the_channels_that_were_asked_about_lose_their_certificates(house: House, authority: None):
    builders.access_right(house.organisation, house.earnings)
    builders.access_right(house.organisation, house.sftp)
    earnings, sftp = certified(house, house.earnings), certified(house, house.sftp)

    sent(house, house.benefits, revoking=(house.sftp, house.benefits))

    assert (state(earnings), state(sftp)) == (CertificateState.ISSUED, CertificateState.REVOKED)


def test_where_one_revocation_fails_nothing_has_been_sent(
    house: House, authority: None, monkeypatch: pytest.MonkeyPatch
):
    """All of it or nothing: a failure in the middle leaves rights, orders and certificates as they were."""
    builders.access_right(house.organisation, house.earnings)
    certificates = [certified(house, house.earnings), certified(house, house.earnings)]
    whole = aftermath.revoke_within

    def fails_at_the_second(certificate_id: int, *others: object, **how: object) -> Certificate:
        if certificate_id == certificates[1].id:
            raise OSError("the disk is full")
        return whole(certificate_id, *others, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(aftermath, "revoke_within", fails_at_the_second)
    with pytest.raises(OSError, match="the disk is full"):
        sent(house, house.sftp, revoking=(house.earnings,))

    assert [state(each) for each in certificates] == [CertificateState.ISSUED] * 2
    assert (held(house), waiting(house), applications()) == (["earnings-ws"], [], [])


def test_a_test_certificate_needs_no_right_and_is_left_out(house: House, authority: None):
    builders.access_right(house.organisation, house.earnings)
    certificate = certified(house, house.earnings, Environment.TEST)

    preview = service.preview(house.organisation.id, [house.sftp.id], [house.purpose.code])
    assert (preview.certificates, preview.given_up[0].use.for_test) == (0, 1)
    sent(house, house.sftp, revoking=(house.earnings,))

    assert state(certificate) is CertificateState.ISSUED
    assert service.certificates_without_right() == []


def test_open_production_orders_of_a_channel_given_up_are_cancelled_and_those_for_test_go_on(house: House):
    builders.access_right(house.organisation, house.earnings)
    production = ordered(house, house.earnings)
    test = ordered(house, house.earnings, Environment.TEST)

    sent(house, house.sftp)

    db.session.rollback()
    assert (production.state, test.state) == (OrderState.CANCELLED, OrderState.OPEN)
    assert [each.reference["order"] for each in owed("order_cancelled")] == [production.id]


def test_an_order_that_is_being_collected_at_that_moment_is_left_alone(house: House):
    builders.access_right(house.organisation, house.earnings)
    order = ordered(house, house.earnings)
    being_collected(order)

    sent(house, house.sftp)

    db.session.rollback()
    assert order.state is OrderState.OPEN
    assert held(house) == []


def test_nothing_is_given_up_that_the_sender_was_not_shown(house: House, authority: None):
    builders.access_right(house.organisation, house.earnings)
    seen = service.preview(house.organisation.id, [house.sftp.id], [house.purpose.code]).mark
    certificate = certified(house, house.earnings)

    with pytest.raises(Conflict, match="rights_changed"):
        service.send_application(
            *draft_of(house),
            asked_for(house, house.sftp),
            Sending(seen, frozenset({house.earnings.id})),
            house.acting,
        )

    assert state(certificate) is CertificateState.ISSUED
    assert held(house) == ["earnings-ws"]


def test_a_right_that_was_granted_since_the_check_is_not_given_up_unseen(house: House):
    application = sent(house, house.earnings)
    seen = service.preview(house.organisation.id, [house.benefits.id], [house.purpose.code]).mark
    service.decide(application.id, granted(house.earnings), OPERATOR)

    with pytest.raises(Conflict, match="rights_changed"):
        service.send_application(*draft_of(house), asked_for(house, house.benefits), Sending(seen), house.acting)

    assert held(house) == ["earnings-ws"]


def test_a_closed_channel_cannot_be_asked_for_even_by_a_forged_request(house: House):
    with transaction():
        house.sftp.closed_on = registry.today()

    with pytest.raises(Refusal, match="channel_closed_to_new"):
        sent(house, house.earnings, house.sftp)
    assert (applications(), waiting(house)) == ([], [])


def test_a_channel_that_never_was_cannot_be_asked_for(house: House):
    answers = asked_for(house)
    with pytest.raises(Refusal, match="choices_missing"):
        service.send_application(*draft_of(house), answers, Sending(""), house.acting)

    class Unknown:
        id, code = 999, "unknown"

    with pytest.raises(Refusal, match="choice_unknown"):
        sent(house, Unknown())  # type: ignore[arg-type]
    assert applications() == []


def test_a_closed_channel_that_the_organisation_has_can_be_kept(house: House):
    """Otherwise a replacement application would silently drop what nobody can tick."""
    builders.access_right(house.organisation, house.sftp)
    with transaction():
        house.sftp.closed_on = registry.today()

    offered = [each.channel.code for each in service.offered(house.organisation).channels]
    sent(house, house.earnings, house.sftp)

    assert offered == ["earnings-ws", "earnings-sftp", "benefits-ws"]
    assert held(house) == ["earnings-sftp"]


def test_a_purpose_that_is_not_offered_is_refused(house: House):
    closed = builders.purpose("others-wages", closed_on=registry.today())
    shown = service.preview(house.organisation.id, [house.earnings.id], [house.purpose.code])
    answers = asked_for(house, house.earnings)
    forged = type(answers)((closed.code,), answers.channels, answers.contact, answers.terms_id)

    with pytest.raises(Refusal, match="choice_unknown"):
        service.send_application(*draft_of(house), forged, Sending(shown.mark), house.acting)


def test_newer_terms_are_accepted_before_anything_is_sent(house: House):
    builders.terms(2, registry.today())

    with pytest.raises(Conflict, match="terms_changed"):
        sent(house, house.earnings)
    assert applications() == []


def test_the_application_keeps_what_was_sent_and_the_organisations_contact_is_saved(house: House):
    application = sent(house, house.earnings, house.benefits)

    assert application.terms.version == 1
    assert application.choices["purposes"] == ["own-earnings"]
    assert application.choices["added"] == ["earnings-ws", "benefits-ws"]
    assert application.choices["contact"]["email"] == "karin@mallilon.example"
    organisation = registry.organisation(house.organisation.id)
    assert organisation is not None
    assert (organisation.contact_name, organisation.contact_phone) == ("Karin Kontakt", "")


class TestPurposes:
    """They stand until an application that states others has been decided (domain.md, "Access rights")."""

    @pytest.fixture
    def second(self, house: House) -> Purpose:
        """An organisation with a right and a purpose; another purpose can be stated."""
        service.decide(sent(house, house.earnings).id, granted(house.earnings), OPERATOR)
        assert purposes(house) == ["own-earnings"]
        return builders.purpose("own-benefits", text_en="Benefits", position=1)

    def test_of_an_application_that_needs_no_decision_are_in_force_when_it_is_sent(self, house: House, second: Purpose):
        house.purpose = second
        later = sent(house, house.earnings)
        assert purposes(house) == ["own-benefits"]
        assert later.replaces_id == applications()[0].id

    def test_of_a_first_application_are_in_force_when_something_is_granted(self, house: House):
        application = sent(house, house.earnings, house.sftp)
        assert purposes(house) == []
        assert service.prefilled(house.organisation)["purposes"] == ["own-earnings"]
        service.decide(application.id, refused(house.sftp), OPERATOR)
        assert purposes(house) == []
        service.decide(application.id, granted(house.earnings), OPERATOR)
        assert purposes(house) == ["own-earnings"]

    def test_that_wait_are_not_in_force_but_are_the_present_choices(self, house: House, second: Purpose):
        house.purpose = second
        sent(house, house.earnings, house.sftp)
        assert purposes(house) == ["own-earnings"]
        assert service.prefilled(house.organisation)["purposes"] == ["own-benefits"]

    def test_of_what_is_taken_back_or_refused_altogether_never_come_into_force(self, house: House, second: Purpose):
        house.purpose = second
        service.withdraw_application(sent(house, house.earnings, house.sftp).id, house.acting)
        assert purposes(house) == ["own-earnings"]
        service.decide(sent(house, house.earnings, house.sftp).id, refused(house.sftp), OPERATOR)
        assert purposes(house) == ["own-earnings"]
        assert service.prefilled(house.organisation)["purposes"] == ["own-earnings"]

    def test_of_what_is_refused_in_part_come_into_force(self, house: House, second: Purpose):
        third = builders.channel("others", name_en="Others", position=3)
        house.purpose = second
        application = sent(house, house.earnings, house.sftp, third)
        service.decide(application.id, granted(house.sftp) | refused(third), OPERATOR)
        assert purposes(house) == ["own-benefits"]

    def test_of_what_is_taken_back_after_something_was_granted_stay_in_force(self, house: House, second: Purpose):
        house.purpose = second
        application = sent(house, house.earnings, house.sftp, house.benefits)
        service.withdraw_application(application.id, house.acting)
        assert purposes(house) == ["own-benefits"]

    def test_that_are_dropped_or_added_are_kept_with_the_application(self, house: House, second: Purpose):
        house.purpose = second
        waits = sent(house, house.earnings, house.sftp).choices
        assert (waits["purposes_added"], waits["purposes_given_up"]) == (["own-benefits"], ["own-earnings"])
        again = sent(house, house.earnings, house.sftp).choices
        assert (again["purposes_added"], again["purposes_given_up"]) == (["own-benefits"], ["own-earnings"])

    def test_are_not_dropped_unseen(self, house: House, second: Purpose):
        seen = service.preview(house.organisation.id, [house.earnings.id], ["own-earnings"]).mark
        answers = replace(asked_for(house, house.earnings), purposes=("own-benefits",))
        with pytest.raises(Conflict, match="rights_changed"):
            service.send_application(*draft_of(house), answers, Sending(seen), house.acting)

    @pytest.mark.parametrize(
        ("chosen", "becomes"),
        [([], "as soon as you send"), (["sftp"], "until something that you ask for is granted")],
    )
    def test_added_and_given_up_are_named_before_they_are_sent(
        self, house: House, second: Purpose, chosen: list[str], becomes: str, browser: BrowsingClient
    ):
        house.purpose = second
        channels = [house.earnings, *(getattr(house, each) for each in chosen)]

        page = to_check(browser.get("/interface/apply"), house, *channels)

        assert "You add one purpose of use. You give up one purpose of use." in page.text
        [given_up], [added] = page.soup.select(".diff.del"), page.soup.select(".diff.add")
        assert "Earnings payment data, organisation reports the wages it pays itself" in words(given_up)
        assert becomes in words(given_up)
        assert "Benefits" in words(added)
        page = page.submit("Send the replacement application")
        assert "Purposes added Benefits Purposes given up Earnings payment data" in page.text

    def test_that_stay_are_no_change(self, house: House, browser: BrowsingClient, second: Purpose):
        page = to_check(browser.get("/interface/apply"), house, house.earnings)
        assert "No channel changes. No purpose of use changes." in page.text


def purposes(house: House) -> list[str]:
    """Those in force."""
    db.session.rollback()
    return [each.code for each in service.purposes_in_force(house.organisation.id)]


def test_another_organisations_draft_cannot_be_sent(house: House):
    draft_id, version = draft_of(house)
    other = builders.organisation("Exempelholm Oy", "9900002-6")
    builders.right_to_sign(house.person, other)
    house.organisation = other

    with pytest.raises(NotFound, match="draft_not_found"):
        service.send_application(draft_id, version, asked_for(house, house.earnings), Sending(""), house.acting)


def test_a_draft_that_was_saved_since_is_not_sent(house: House):
    draft_id, version = draft_of(house)
    service.save_draft(draft_id, version, {"contact_name": "Somebody"}, house.acting, "")
    shown = service.preview(house.organisation.id, [house.earnings.id], [house.purpose.code])

    with pytest.raises(Conflict, match="draft_changed"):
        service.send_application(draft_id, version, asked_for(house, house.earnings), Sending(shown.mark), house.acting)
    assert (applications(), rights(house)) == ([], [])


class TestGivingUpEveryChannel:
    @staticmethod
    def nothing(house: House, *, meant: bool) -> ApplicationAnswers:
        return ApplicationAnswers((), (), CONTACT, house.terms.id, gives_up_all=meant)

    def send(self, house: House, asked: ApplicationAnswers, revoking: tuple[int, ...] = ()) -> InterfaceApplication:
        how = Sending(service.preview(house.organisation.id, asked.channels, asked.purposes).mark, frozenset(revoking))
        return service.send_application(*draft_of(house), asked, how, house.acting)

    def test_ends_every_right_takes_back_what_waits_and_cancels_orders(self, house: House, authority: None):
        builders.access_right(house.organisation, house.earnings)
        builders.access_right(house.organisation, house.benefits)
        certificate, order = certified(house, house.earnings), ordered(house, house.benefits)
        sent(house, house.earnings, house.benefits, house.sftp)

        application = self.send(house, self.nothing(house, meant=True), (house.earnings.id,))

        assert (held(house), waiting(house)) == ([], [])
        assert state(certificate) is CertificateState.REVOKED
        assert db.session.get_one(Order, order.id).state is OrderState.CANCELLED
        assert (application.state, application.choices["channels"]) == (ApplicationState.DECIDED, [])
        assert sorted(application.choices["given_up"]) == ["benefits-ws", "earnings-ws"]
        assert not service.standing(house.organisation.id).is_replaced, "the next one begins anew"
        assert service.prefilled(house.organisation)["purposes"] == []

    @pytest.mark.parametrize(("has_right", "meant"), [(True, False), (False, True)])
    def test_is_said_and_is_for_those_who_have_one(self, house: House, has_right: bool, meant: bool):
        if has_right:
            builders.access_right(house.organisation, house.earnings)
        with pytest.raises(Refusal, match="choices_missing"):
            self.send(house, self.nothing(house, meant=meant))

    def test_is_not_said_beside_a_choice(self, house: House):
        builders.access_right(house.organisation, house.earnings)
        with pytest.raises(Refusal, match="given_up_and_chosen"):
            self.send(house, replace(asked_for(house, house.earnings), gives_up_all=True))
        assert held(house) == ["earnings-ws"]
