"""When the service is well and when it is red, rule by rule, on both sides of each limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certportal.health.rules import GIBIBYTE, findings, traffic, worst
from certportal.health.seen import Authority, Facts, Finding, Level, List, Run, Signer, Traffic

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FLOWING = Traffic(0, None, 0, None, "", NOW - MINUTE)


def run(job: str = "deliver", good: timedelta = MINUTE, outcome: str = "") -> Run:
    return Run(job, NOW - good, NOW - good, NOW - good, outcome)


WELL = Facts(
    now=NOW,
    machine=NOW,
    mail=FLOWING,
    sms=FLOWING,
    authorities=[Authority("PRODUCTION", NOW + 10 * 365 * DAY), Authority("TEST", NOW + 10 * 365 * DAY)],
    unsigned_since=None,
    lists=[List("PRODUCTION", NOW - HOUR, NOW + 7 * DAY - HOUR, True)],
    deliver=run(),
    sweep=run("sweep", HOUR),
    look=run("look-at-crl", HOUR),
    others=[run("publish-crl")],
    clock_is_sound=True,
    free_bytes=100 * GIBIBYTE,
    validity=732 * DAY,
    signers=[Signer("PRODUCTION", NOW + 30 * DAY, NOW + 15 * DAY), Signer("PRODUCTION", NOW + DAY, None, replies=True)],
)


def found(**changed: Any) -> dict[str, Level]:
    """Code → level of what is not well, after these facts have changed."""
    return {each.code: each.level for each in findings(replace(WELL, **changed)) if each.level is not Level.GOOD}


def test_a_service_where_everything_runs_is_well_and_says_so_of_each_thing() -> None:
    codes = [each.code for each in findings(WELL)]
    assert codes == [
        "mail_good",
        "sms_good",
        "issuing_good",
        "crl_good",
        "signers_good",
        "sweep_good",
        "jobs_good",
        "clock_good",
        "disk_good",
    ]
    assert worst(findings(WELL)) is Level.GOOD


def test_the_whole_is_as_bad_as_the_worst() -> None:
    assert (
        worst([Finding("a", "a", Level.GOOD), Finding("b", "b", Level.BAD), Finding("c", "c", Level.WARNING)])
        is Level.BAD
    )
    assert worst([]) is Level.GOOD


class TestTheSweep:
    @pytest.mark.parametrize(("age", "bad"), [(26 * HOUR - MINUTE, False), (26 * HOUR, True), (10 * DAY, True)])
    def test_is_red_when_the_last_good_one_is_26_hours_old(self, age: timedelta, bad: bool) -> None:
        assert found(sweep=run("sweep", age)) == ({"sweep_late": Level.BAD} if bad else {})

    def test_that_has_never_ended_well_is_red(self) -> None:
        assert found(sweep=None) == {"sweep_never": Level.BAD}
        assert found(sweep=Run("sweep", NOW, NOW, None, "failed: OSError")) == {"sweep_never": Level.BAD}

    def test_that_failed_a_moment_ago_is_still_measured_by_its_last_good_one(self) -> None:
        assert found(sweep=Run("sweep", NOW, NOW, NOW - 27 * HOUR, "failed: OSError")) == {"sweep_late": Level.BAD}


class TestMailAndTextMessages:
    @pytest.mark.parametrize("medium", ["mail", "sms"])
    def test_held_by_the_far_end_are_red_until_it_takes_something(self, medium: str) -> None:
        held = Traffic(3, NOW - HOUR, 2, NOW - HOUR, "554 closed", NOW - 2 * HOUR)
        finding = traffic(medium, held, NOW)
        assert (finding.code, finding.level) == (f"{medium}_held", Level.BAD)
        assert finding.values["reply"] == "554 closed"
        assert finding.values["waiting"] == 2
        recovering = traffic(medium, replace(held, accepted_at=NOW - MINUTE), NOW)
        assert (recovering.code, recovering.level) == (f"{medium}_retried", Level.WARNING)

    def test_held_from_the_very_first_one_are_red(self) -> None:
        assert traffic("mail", Traffic(1, NOW, 1, NOW, "no line", None), NOW).level is Level.BAD

    @pytest.mark.parametrize(("age", "code"), [(15 * MINUTE - MINUTE, "mail_good"), (15 * MINUTE, "mail_late")])
    def test_that_wait_without_a_failed_try_are_stuck_after_a_quarter_of_an_hour(
        self, age: timedelta, code: str
    ) -> None:
        assert traffic("mail", replace(FLOWING, waiting=1, oldest=NOW - age), NOW).code == code

    def test_that_were_never_tried_are_a_warning(self) -> None:
        assert traffic("sms", Traffic(0, None, 0, None, "", None), NOW).level is Level.WARNING

    def test_text_messages_are_slow_when_half_of_the_last_take_over_forty_seconds(self) -> None:
        took = [timedelta(seconds=each) for each in (2, 3, 41, 50)]
        slow = traffic("sms", replace(FLOWING, took=took), NOW)
        assert (slow.code, slow.level, slow.values["seconds"]) == ("sms_slow", Level.WARNING, 41)
        assert traffic("sms", replace(FLOWING, took=took[:3]), NOW).code == "sms_good"


class TestTheAuthority:
    def ends(self, after: timedelta) -> dict[str, Level]:
        return found(authorities=[Authority("PRODUCTION", NOW + WELL.validity + after)])

    def test_is_a_warning_from_180_days_before_it_can_no_longer_issue(self) -> None:
        assert self.ends(180 * DAY + MINUTE) == {}
        assert self.ends(180 * DAY) == {"ca_ends": Level.WARNING}

    def test_is_red_once_a_new_certificate_would_outlive_it(self) -> None:
        assert self.ends(MINUTE) == {"ca_ends": Level.WARNING}
        assert self.ends(timedelta()) == {"ca_over": Level.BAD}

    def test_that_is_missing_or_broken_is_red_and_each_is_named(self) -> None:
        broken = [Authority("PRODUCTION", None, "ca_broken"), Authority("TEST", None, "ca_missing")]
        assert found(authorities=broken) == {"ca_unreadable": Level.BAD, "ca_missing": Level.BAD}

    def test_that_leaves_a_certificate_unsigned_is_red(self) -> None:
        assert found(unsigned_since=NOW - 14 * MINUTE) == {}
        assert found(unsigned_since=NOW - 15 * MINUTE) == {"unsigned": Level.BAD}


class TestTheRevocationList:
    def of(self, age: timedelta, left: timedelta, *, there: bool = True) -> dict[str, Level]:
        return found(lists=[List("TEST", NOW - age, NOW + left, there)])

    def test_is_old_after_a_day_and_two_hours(self) -> None:
        assert self.of(26 * HOUR - MINUTE, 6 * DAY) == {}
        assert self.of(26 * HOUR, 6 * DAY) == {"crl_old": Level.WARNING}

    def test_is_red_from_two_days_before_it_lapses(self) -> None:
        assert self.of(5 * DAY, 2 * DAY + MINUTE) == {"crl_old": Level.WARNING}
        assert self.of(5 * DAY, 2 * DAY) == {"crl_ends": Level.BAD}
        assert self.of(7 * DAY, timedelta()) == {"crl_lapsed": Level.BAD}

    def test_that_was_never_published_is_red_and_one_without_a_file_a_warning(self) -> None:
        assert found(lists=[List("TEST", None, None, False)]) == {"crl_missing": Level.BAD}
        assert self.of(HOUR, 7 * DAY, there=False) == {"crl_file_missing": Level.WARNING}

    def test_of_a_root_whose_key_is_away_is_not_old_but_red_before_it_lapses(self) -> None:
        def of(age: timedelta, left: timedelta, *, away: bool) -> dict[str, Level]:
            return found(lists=[List("TEST", NOW - age, NOW + left, True, root=True, away=away)])

        assert of(30 * DAY, 14 * DAY + MINUTE, away=True) == {}
        assert of(30 * DAY, 14 * DAY, away=True) == {"crl_root_ends": Level.BAD}
        assert of(30 * DAY, 3 * DAY, away=False) == {"crl_old": Level.WARNING}
        assert of(30 * DAY, 2 * DAY, away=False) == {"crl_root_ends": Level.BAD}
        assert of(30 * DAY, timedelta(), away=True) == {"crl_root_lapsed": Level.BAD}
        assert found(lists=[List("TEST", None, None, False, root=True, away=True)]) == {
            "crl_root_missing": Level.WARNING
        }
        assert found(lists=[List("TEST", None, None, False, root=True)]) == {"crl_root_missing": Level.BAD}

    def test_that_cannot_be_fetched_is_red_with_the_cause(self) -> None:
        [finding] = [
            each
            for each in findings(replace(WELL, look=run("look-at-crl", HOUR, "unreachable: TEST: HTTP Error 502")))
            if each.subject == "crl"
        ]
        assert (finding.code, finding.level) == ("crl_unreachable", Level.BAD)
        assert finding.values["outcome"] == "TEST: HTTP Error 502"

    def test_is_red_two_minutes_after_a_revocation_that_it_does_not_tell_of(self) -> None:
        now = WELL.lists[0]
        assert found(lists=[replace(now, unlisted_since=NOW - 2 * MINUTE + timedelta(seconds=1))]) == {}
        assert found(lists=[replace(now, unlisted_since=NOW - 2 * MINUTE)]) == {"crl_behind": Level.BAD}
        lapsed = replace(now, next_update=NOW, unlisted_since=NOW - DAY)
        assert found(lists=[lapsed]) == {"crl_lapsed": Level.BAD, "crl_behind": Level.BAD}

    def test_is_red_when_certificates_have_had_no_answer_for_five_minutes(self) -> None:
        assert found(unanswered=3, unanswered_since=NOW - 4 * MINUTE) == {}
        assert found(unanswered=3, unanswered_since=NOW - 5 * MINUTE) == {"ocsp_missing": Level.BAD}

    def test_that_nobody_has_looked_at_for_hours_is_a_warning(self) -> None:
        assert found(look=run("look-at-crl", 3 * HOUR)) == {"crl_unwatched": Level.WARNING}
        assert found(look=None) == {}


class TestTheSigners:
    @pytest.mark.parametrize(("replies", "kind"), [(True, "replies"), (False, "responder")])
    def test_that_are_not_followed_in_time_are_a_warning_and_red_from_a_week_before_they_end(
        self, replies: bool, kind: str
    ) -> None:
        def of(left: timedelta) -> dict[str, Level]:
            return found(signers=[Signer("TEST", NOW + left, NOW + left - 15 * DAY, replies=replies)])

        assert of(15 * DAY + MINUTE) == {}
        assert of(15 * DAY) == {f"{kind}_late": Level.WARNING}
        assert of(7 * DAY + MINUTE) == {f"{kind}_late": Level.WARNING}
        assert of(7 * DAY) == {f"{kind}_ends": Level.BAD}
        assert of(timedelta()) == {f"{kind}_lapsed": Level.BAD}
        assert found(signers=[Signer("TEST", None, None, replies=replies)]) == {f"{kind}_missing": Level.BAD}

    def test_that_end_with_their_authority_are_not_followed_any_more(self) -> None:
        assert found(signers=[Signer("TEST", NOW + DAY, None)]) == {}


class TestTheRest:
    def test_jobs_that_stand_still_are_red(self) -> None:
        assert found(deliver=run(good=5 * MINUTE)) == {"jobs_late": Level.BAD}
        assert found(deliver=run(good=4 * MINUTE)) == {}
        assert found(deliver=None) == {"jobs_never": Level.BAD}

    def test_a_job_whose_last_run_failed_is_named(self) -> None:
        failed = Run("publish-crl", NOW, NOW, NOW - HOUR, "failed: OSError")
        assert found(others=[failed, run("forget-lapsed")]) == {"job_failed": Level.WARNING}

    def test_a_clock_behind_the_record_is_red(self) -> None:
        assert found(clock_is_sound=False) == {"clock_behind": Level.BAD}

    @pytest.mark.parametrize(
        ("free", "code"), [(GIBIBYTE, "disk_good"), (GIBIBYTE - 1, "disk_low"), (GIBIBYTE // 5 - 1, "disk_full")]
    )
    def test_the_disk_is_low_below_a_gigabyte_and_red_below_a_fifth(self, free: int, code: str) -> None:
        assert code in [each.code for each in findings(replace(WELL, free_bytes=free))]


def test_a_proxy_that_no_setting_names_is_a_warning() -> None:
    assert found(undeclared_proxies=["127.0.0.1"]) == {"proxy_undeclared": Level.WARNING}
