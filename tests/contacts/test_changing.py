"""A contact's details are changed: for everything it looks after or for one certificate, with all that follows."""

import re

import pytest

from certportal.certificates import service as certificates
from certportal.contacts import service
from certportal.contacts.uses import uses_of
from certportal.extensions import transaction
from certportal.identifiers import EmailAddress, Language
from certportal.messages.models import CodesState, MessageEnd
from certportal.orders import service as orders
from certportal.refusals import Conflict
from certportal.registry import service as registry
from certportal.registry.models import TechnicalContact
from tests import builders
from tests.builders import OPERATOR
from tests.certificates.steps import Kit
from tests.contacts.steps import ERIK, PHONE, SAMI, erik, message_of, now, pages_of, recorded, update, with_changes
from tests.orders.steps import House, being_collected, codes_of
from tests.signin.steps import Mailbox


class TestEverything:
    def test_is_changed_in_place(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        one, other = kit.certificate(), kit.certificate(description="Mallilön 7")
        updated = update(house, sami, erik())
        assert updated.contact_id == sami.id
        assert {now(each).contact.name for each in (one, other)} == {"Erik Exempelsson"}
        assert now(sami).version == 2

    def test_is_recorded_with_what_it_was_and_who_did_it(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        kit.certificate()
        update(house, sami, erik())
        [entry] = recorded("contact_changed")
        assert entry.details["changed"]["email"] == [SAMI, ERIK]
        assert (entry.actor_name, entry.organisation_id) == (house.person.name, house.organisation.id)

    def test_ends_the_links_that_were_sent_and_mails_new_ones(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        certificate = kit.certificate()
        mailbox.to(SAMI)
        update(house, sami, erik())
        assert [page.ended_because for page in pages_of(certificate)] == [MessageEnd.CONTACT_CHANGED]
        [letter] = mailbox.to(ERIK)
        _former, fresh = pages_of(certificate)
        assert (fresh.ended_at, fresh.email, fresh.phone) == (None, ERIK, PHONE.e164)
        assert len(re.findall(r"/messages/[\w-]{43}", letter)) == 1

    def test_with_another_number_alone_ends_links_too_and_asks_nobody_who_was_before(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        certificate = kit.certificate()
        before = len(mailbox.to(SAMI))
        updated = update(house, sami, with_changes(sami, phone=PHONE))
        assert pages_of(certificate)[0].ended_because is MessageEnd.CONTACT_CHANGED
        [letter] = mailbox.to(SAMI)[before:]
        assert "PIN codes now go to •• 77" in letter
        assert not updated.differs.perhaps_another_person

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "Sami Salmi"},
            {"company": "Toinen Oy"},
            {"language": Language.FI},
            {"second_email": EmailAddress("team@ohjelmisto.example")},
        ],
    )
    def test_that_reaches_the_same_person_sends_nothing_and_ends_nothing(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox, change: dict[str, object]
    ) -> None:
        certificate, order = kit.certificate(), kit.order(description="Mallilön 7")
        before = len(mailbox.to(SAMI))
        update(house, sami, with_changes(sami, **change))
        assert pages_of(certificate)[0].ended_at is None
        assert codes_of(order).state is CodesState.LIVE
        assert len(mailbox.to(SAMI)) == before

    def test_unchanged_is_not_recorded(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        kit.certificate()
        updated = update(house, sami, with_changes(sami))
        assert not updated.differs.anything
        assert recorded("contact_changed") == []
        assert now(sami).version == 1

    def test_that_an_earlier_contact_has_already_goes_over_to_that_one(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        """Nobody is in the list twice."""
        certificate, order = kit.certificate(), kit.order(description="Mallilön 7")
        already = builders.contact(
            house.organisation,
            "Erik Exempelsson",
            ERIK,
            company="Taksi-Ohjelmat Esimerkki Oy",
            phone=PHONE.e164,
            language=Language.SV,
        )
        updated = update(house, sami, erik())
        assert updated.contact_id == already.id
        assert (now(certificate).contact_id, now(order).contact_id) == (already.id, already.id)
        assert [each.id for each in registry.contacts_of(house.organisation.id)] == [already.id]
        [entry] = recorded("contact_handed_over")
        assert entry.details["former"] == "Sami Salminen"
        assert codes_of(order).state is CodesState.VOID
        assert pages_of(certificate)[0].ended_because is MessageEnd.CONTACT_CHANGED

    def test_that_a_number_was_wrong_is_forgotten_with_the_number(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        kit.certificate()
        with transaction() as session:
            found = session.get_one(TechnicalContact, sami.id)
            registry.note_wrong_number(found)
        update(house, sami, with_changes(sami, name="Sami Salmi"))
        assert now(sami).wrong_number_at is not None
        update(house, sami, with_changes(now(sami), phone=PHONE))
        assert now(sami).wrong_number_at is None


class TestOutstandingCodes:
    def test_open_nothing_any_more_and_wait_for_a_press(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        order = kit.order()
        before = order.version
        update(house, sami, with_changes(sami, phone=PHONE))
        codes = codes_of(order)
        assert (codes.state, codes.ended_because) == (CodesState.VOID, MessageEnd.CONTACT_CHANGED)
        message = message_of(order)
        assert (message.ended_because, message.sealed, message.pin_hash) == (MessageEnd.CONTACT_CHANGED, None, None)
        assert now(order).version > before
        assert orders.life_of(now(order)).problem == "contact_changed"
        assert [entry.details["number"] for entry in recorded("codes_withheld")] == [order.number]

    def test_that_have_not_left_yet_never_reach_the_old_address(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        kit.order()
        update(house, sami, erik())
        assert mailbox.to(SAMI) == []

    def test_go_to_the_new_number_after_the_press(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        order = kit.order()
        update(house, sami, erik())
        orders.send_again(order.id, now(order).version, house.actor)
        message = message_of(order)
        assert (message.email, message.phone, message.ended_at) == (ERIK, PHONE.e164, None)
        assert orders.life_of(now(order)).problem is None

    def test_that_a_program_has_presented_already_become_the_certificate(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        order = kit.order()
        being_collected(order)
        update(house, sami, erik())
        assert codes_of(order).state is CodesState.TAKEN
        assert recorded("codes_withheld") == []

    def test_of_a_cancelled_order_are_left_alone(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        order = kit.order()
        orders.cancel_order(order.id, house.actor)
        update(house, sami, erik())
        assert codes_of(order).ended_because is MessageEnd.CANCELLED


class TestOneCertificate:
    def test_gets_another_contact_and_the_others_keep_theirs(
        self, house: House, sami: TechnicalContact, kit: Kit, mailbox: Mailbox
    ) -> None:
        one, other = kit.certificate(), kit.certificate(description="Mallilön 7")
        order = kit.order(description="Mallilön 8")
        mailbox.to(SAMI)
        updated = update(house, sami, erik(), one)
        assert (updated.certificate_id, now(one).contact.name) == (one.id, "Erik Exempelsson")
        assert (now(other).contact_id, now(order).contact_id) == (sami.id, sami.id)
        assert now(sami).name == "Sami Salminen"
        assert pages_of(one)[0].ended_because is MessageEnd.CONTACT_CHANGED
        assert pages_of(other)[0].ended_at is None
        assert codes_of(order).state is CodesState.LIVE
        [letter] = mailbox.to(ERIK)
        assert "Mallilön 6" in letter
        assert "Mallilön 7" not in letter

    def test_is_recorded_on_the_certificate(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        one = kit.certificate()
        kit.certificate(description="Mallilön 7")
        update(house, sami, erik(), one)
        [entry] = recorded("certificate_contact_changed")
        assert entry.subject == f"certificate:{one.id}"
        assert entry.details["changed"]["name"] == ["Sami Salminen", "Erik Exempelsson"]

    def test_that_is_all_the_contact_looks_after_changes_in_place(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        one = kit.certificate()
        updated = update(house, sami, erik(), one)
        assert (updated.contact_id, updated.certificate_id) == (sami.id, None)
        assert len(registry.contacts_of(house.organisation.id)) == 1

    def test_that_another_window_has_given_away_is_not_changed(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        one = kit.certificate()
        kit.certificate(description="Mallilön 7")
        update(house, sami, erik(), one)
        with pytest.raises(Conflict, match="contact_changed_meanwhile"):
            update(house, sami, erik(name="Kalle Kolmas"), one)
        assert now(one).contact.name == "Erik Exempelsson"


class TestTwoWindows:
    def test_the_later_save_is_refused_and_changes_nothing(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        kit.certificate()
        seen = sami.version
        update(house, sami, erik())
        with pytest.raises(Conflict, match="contact_changed_meanwhile"):
            service.update_contact(sami.id, seen, with_changes(now(sami), name="Kalle Kolmas"), house.actor)
        assert now(sami).name == "Erik Exempelsson"
        assert len(recorded("contact_changed")) == 1

    def test_a_contact_whose_place_was_taken_is_not_changed(
        self, house: House, sami: TechnicalContact, kit: Kit
    ) -> None:
        kit.certificate()
        builders.contact(
            house.organisation,
            "Erik Exempelsson",
            ERIK,
            company="Taksi-Ohjelmat Esimerkki Oy",
            phone=PHONE.e164,
            language=Language.SV,
        )
        seen = sami.version
        update(house, sami, erik())
        with pytest.raises(Conflict, match="contact_gone"):
            service.update_contact(sami.id, seen, erik(name="Kalle"), house.actor)

    def test_a_failure_half_way_leaves_everything_as_it_was(
        self, house: House, sami: TechnicalContact, kit: Kit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certificate, order = kit.certificate(), kit.order(description="Mallilön 7")

        def fail(*_values: object) -> None:
            raise RuntimeError("the disk is full")

        monkeypatch.setattr("certportal.contacts.steps.tell_named", fail)
        with pytest.raises(RuntimeError, match="disk"):
            update(house, sami, erik())
        assert now(sami).name == "Sami Salminen"
        assert pages_of(certificate)[0].ended_at is None
        assert codes_of(order).state is CodesState.LIVE
        assert recorded("contact_changed") == []


class TestTheList:
    def test_ended_certificates_and_orders_need_nobody(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        certificate, order = kit.certificate(), kit.order(description="Mallilön 7")
        assert uses_of(sami.id).count == 2
        certificates.revoke(certificate.id, certificates.Reason.UNNECESSARY, house.actor)
        orders.cancel_order(order.id, house.actor)
        assert uses_of(sami.id).count == 0

    def test_who_looks_after_nothing_is_removed_and_comes_back_when_named_again(
        self, house: House, sami: TechnicalContact
    ) -> None:
        service.remove_contact(sami.id, house.actor)
        assert registry.contacts_of(house.organisation.id) == []
        assert [entry.details["name"] for entry in recorded("contact_removed")] == ["Sami Salminen"]
        sami_id, details = sami.id, with_changes(now(sami))
        with transaction():
            assert registry.add_contact(house.organisation.id, details).id == sami_id
        assert [each.id for each in registry.contacts_of(house.organisation.id)] == [sami.id]

    def test_who_looks_after_something_stays(self, house: House, sami: TechnicalContact, kit: Kit) -> None:
        kit.order()
        with pytest.raises(Conflict, match="contact_looks_after"):
            service.remove_contact(sami.id, OPERATOR)
