"""Channels, purposes and terms, in three languages: added, edited, closed; nobody saves over somebody else."""

from datetime import date, timedelta
from typing import Any

import pytest

from certportal.extensions import db
from certportal.identifiers import Environment
from certportal.registry import service as registry
from tests import builders
from tests.browsing import BrowsingClient
from tests.console.steps import recorded

CHANNEL: dict[str, Any] = {
    "code": "earnings-sftp",
    "name_fi": "Palkkatiedot – SFTP",
    "name_sv": "Löneuppgifter – SFTP",
    "name_en": "Earnings payment data – SFTP",
    "right_days": "365",
    "software": "Palkka-Apu\nLön & Co",
}
PURPOSE = {"code": "own-wages", "text_fi": "Omat palkat", "text_sv": "Egna löner", "text_en": "Own wages"}
TERMS = {"text_fi": "Ehdot.", "text_sv": "Villkor.", "text_en": "Terms.\n\nSecond."}


class TestAChannel:
    def test_is_added_in_three_languages(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/channels").follow("Add a channel").submit("Add the channel", **CHANNEL)
        assert page.h1 == "Channels and terms"
        assert "Earnings payment data – SFTP" in page.text
        made = registry.channel_by_code("earnings-sftp")
        assert (made.name_fi, made.right_days, made.operator_decides) == ("Palkkatiedot – SFTP", 365, True)
        assert made.has(Environment.PRODUCTION)
        assert made.has(Environment.TEST)
        assert recorded("channel_added")[0].actor_name == "Olli Operaattori"

    @pytest.mark.parametrize(
        ("wrong", "count"),
        [
            ({"code": "två ord"}, 1),
            ({"code": ""}, 1),
            ({"name_sv": " "}, 1),
            ({"right_days": "0"}, 1),
            ({"right_days": "many", "position": "-1"}, 2),
            ({"environments": []}, 1),
        ],
    )
    def test_with_mistakes_is_not_added_and_each_is_named(
        self, desk: BrowsingClient, wrong: dict[str, Any], count: int
    ) -> None:
        page = desk.get("/desk/channels/new").submit("Add the channel", **CHANNEL | wrong)
        assert page.status == 422
        assert len(page.errors) == count
        assert page.field("name_fi") == "Palkkatiedot – SFTP"
        assert registry.channel_by_code("earnings-sftp") is None

    def test_with_a_code_in_use_is_told(self, desk: BrowsingClient) -> None:
        builders.channel()
        page = desk.get("/desk/channels/new").submit("Add the channel", **CHANNEL | {"code": "earnings-ws"})
        assert page.status == 409
        assert "earnings-ws" in page.errors[0]

    def test_is_closed_by_a_last_day_and_opened_again(self, desk: BrowsingClient) -> None:
        made = builders.channel()
        page = desk.get(f"/desk/channels/{made.id}").submit("Save", last_day="30.11.2026")
        assert "Closed" in page.text
        assert "last day 30 November 2026" in page.text
        db.session.rollback()
        assert registry.open_channels() == []
        desk.get(f"/desk/channels/{made.id}").submit("Save", last_day="")
        db.session.rollback()
        assert [each.code for each in registry.open_channels()] == ["earnings-ws"]

    def test_changed_meanwhile_is_told_with_what_is_saved(self, desk: BrowsingClient) -> None:
        made = builders.channel()
        form = desk.get(f"/desk/channels/{made.id}")
        form.submit("Save", name_en="Saved by Ulla", decides="no")
        told = form.submit("Save", name_en="Typed by Olli")
        assert told.status == 409
        assert "Saved by Ulla" in told.text
        assert "granted at once" in told.text
        assert told.field("name_en") == "Typed by Olli"
        assert told.submit("Save").h1 == "Channels and terms"


class TestAPurpose:
    def test_is_added_and_edited(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/channels").follow("Add a purpose of use").submit("Add the purpose of use", **PURPOSE)
        page = page.follow("Own wages").submit("Save", text_en="Wages that the organisation pays itself")
        assert "Wages that the organisation pays itself" in page.text
        assert [entry.details["key"] for entry in recorded("purpose_changed")] == ["own-wages"]

    def test_changed_meanwhile_is_told(self, desk: BrowsingClient) -> None:
        made = builders.purpose()
        form = desk.get(f"/desk/channels/purposes/{made.id}")
        form.submit("Save", text_en="Saved by Ulla")
        assert form.submit("Save", text_en="Typed by Olli").status == 409


class TestTheTerms:
    def test_get_a_new_version_from_a_day_on(self, desk: BrowsingClient) -> None:
        builders.terms(1, date(2026, 1, 1))
        tomorrow = registry.today() + timedelta(days=1)
        page = desk.get("/desk/channels").follow("Make a new version")
        assert page.field("text_en").startswith("A certificate is used only"), (
            "the newest texts are there to begin from"
        )
        page = page.submit("Save", in_force_from=tomorrow.isoformat(), **TERMS)

        assert "Version 2" in page.text
        assert "To come" in page.text
        assert registry.terms_in_force(registry.today()).version == 1
        assert registry.terms_in_force(tomorrow).version == 2

    def test_that_are_to_come_can_still_be_changed_but_not_once_in_force(self, desk: BrowsingClient) -> None:
        builders.terms(1, date(2026, 1, 1))
        desk.get("/desk/channels/terms/new").submit("Save", in_force_from="24.12.2026", **TERMS)
        page = desk.get("/desk/channels/terms/2").submit("Save", text_en="Better terms.")
        assert page.h1 == "Channels and terms"
        db.session.rollback()
        assert registry.terms(2).text_en == "Better terms."
        assert desk.get("/desk/channels/terms/1").path == "/terms/1"

    def test_do_not_begin_in_the_past(self, desk: BrowsingClient) -> None:
        page = desk.get("/desk/channels/terms/new").submit("Save", in_force_from="30.11.2026", **TERMS)
        assert page.status == 422
        assert "30 November 2026 has passed" in page.errors[0]
        assert page.field("text_fi") == "Ehdot."
