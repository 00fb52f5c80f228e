"""When the service is well and when it is not: decisions over facts, each with the moment at which it was so.

Red (BAD) is what somebody must act on: the last good sweep is older than 26 hours, or mail, text messages, the revocation
list, the authority's end or the clock is wrong (failures.md F6, F7, F11, F13). The jobs' times, the outbox's and the clock are
the machine's; certificates, authorities and revocation lists live by the service's time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from certportal.health.seen import Authority, Facts, Finding, Level, List, Run, Signer, Traffic

SWEEP_LATE = timedelta(hours=26)
"""A sweep runs hourly; a day and a little without a good one, and notices are being missed (F2, F7)."""
JOBS_LATE = timedelta(minutes=5)
"""Delivery runs every few seconds, so a few minutes without a good run mean that no job runs."""
WAITS_LONG = timedelta(minutes=15)
"""A message that has waited so long is stuck, whatever the reason."""
SLOW_SMS = timedelta(seconds=40)
"""Whoever waits for a PIN gives up at about this time."""
LIST_LATE = timedelta(hours=26)
"""A revocation list is published daily, and at once when something is revoked (F6)."""
REVOCATION_LATE = timedelta(minutes=2)
"""A revocation is on its list within a second, and tried again every minute."""
KNOWN_EVERYWHERE = timedelta(minutes=1)
"""So long after another was published a list or an answer may still come from somebody's copy."""
ANSWERS_LATE = timedelta(minutes=5)
"""An answer about a certificate is signed ahead within a minute, and so is the one that follows its revocation."""
LIST_ENDS = timedelta(days=2)
"""So near its next update a list that is still the newest is an outage about to come."""
AWAY_ENDS = timedelta(days=14)
"""The same for the list of a root whose key is not here: somebody must fetch it from where it is locked away."""
SIGNER_ENDS = timedelta(days=7)
"""So near its end a signer that has not been followed is an outage about to come: its answers hold for less from then on."""
LOOK_LATE = timedelta(hours=3)
"""The portal fetches its own lists hourly, as others do, and looks (F6)."""
AUTHORITY_WARNING = timedelta(days=180)
"""How long before an authority can no longer issue the operator is warned (F13)."""
SIGNING_LATE = timedelta(minutes=15)
"""A prepared certificate is signed within seconds; one that is not means that the authority cannot sign."""
UNREACHABLE = "unreachable:"
"""How the outcome of a look begins that did not find the lists."""
REDIRECTED = "redirected to"
"""What it says of an address whose web server sends elsewhere those who ask there."""
GIBIBYTE = 2**30
DISK_LOW, DISK_FULL = GIBIBYTE, GIBIBYTE // 5


def findings(facts: Facts) -> list[Finding]:
    """Everything that was looked at, in the order of the page."""
    return [
        traffic("mail", facts.mail, facts.machine),
        traffic("sms", facts.sms, facts.machine),
        *authorities(facts),
        *lists(facts),
        *signers(facts.signers, facts.now),
        sweeping(facts.sweep, facts.machine),
        jobs(facts.deliver, facts.machine),
        *failed_jobs(facts.others),
        clock(sound=facts.clock_is_sound),
        disk(facts.free_bytes),
        *proxies(facts.undeclared_proxies),
    ]


def worst(found: Sequence[Finding]) -> Level:
    """The level of the whole."""
    return max((each.level for each in found), default=Level.GOOD)


def traffic(medium: str, facts: Traffic, machine: datetime) -> Finding:
    """Mail or text messages: held by the far end, waiting too long, slow, or well."""
    values: dict[str, object] = {"waiting": facts.waiting, "accepted_at": facts.accepted_at, "reply": facts.reply}
    if facts.held and facts.held_since is not None:
        recovered = facts.accepted_at is not None and facts.accepted_at >= facts.held_since
        values |= {"waiting": facts.held, "since": facts.held_since}
        if recovered:
            return Finding(medium, f"{medium}_retried", Level.WARNING, values)
        return Finding(medium, f"{medium}_held", Level.BAD, values)
    if facts.oldest is not None and machine - facts.oldest >= WAITS_LONG:
        return Finding(medium, f"{medium}_late", Level.BAD, values | {"since": facts.oldest})
    if facts.accepted_at is None:
        return Finding(medium, f"{medium}_untried", Level.WARNING, values)
    usual = sorted(facts.took)[len(facts.took) // 2] if facts.took else timedelta()
    if medium == "sms" and usual > SLOW_SMS:
        return Finding(medium, "sms_slow", Level.WARNING, values | {"seconds": int(usual.total_seconds())})
    return Finding(medium, f"{medium}_good", Level.GOOD, values)


def authorities(facts: Facts) -> Iterator[Finding]:
    """Each environment's authority can issue: it is there, it ends late enough, and what was prepared gets signed."""
    well = True
    for each in facts.authorities:
        found = _authority(each, facts)
        if found is not None:
            well = False
            yield found
    if facts.unsigned_since is not None and facts.now - facts.unsigned_since >= SIGNING_LATE:
        well = False
        yield Finding("issuing", "unsigned", Level.BAD, {"since": facts.unsigned_since})
    if well:
        ends = min((each.ends for each in facts.authorities if each.ends is not None), default=None)
        until = ends - facts.validity if ends is not None else None
        yield Finding("issuing", "issuing_good", Level.GOOD, {"until": until})


def _authority(each: Authority, facts: Facts) -> Finding | None:
    """A certificate must end before its authority does (F13), so the authority issues until its end less the validity."""
    values: dict[str, object] = {"environment": each.environment, "fault": each.fault}
    if each.ends is None:
        missing = each.fault == "ca_missing"
        return Finding("issuing", "ca_missing" if missing else "ca_unreadable", Level.BAD, values)
    issues_until = each.ends - facts.validity
    values |= {"until": issues_until, "ends": each.ends}
    if issues_until <= facts.now:
        return Finding("issuing", "ca_over", Level.BAD, values)
    if issues_until - facts.now <= AUTHORITY_WARNING:
        return Finding("issuing", "ca_ends", Level.WARNING, values)
    return None


def lists(facts: Facts) -> Iterator[Finding]:
    """Each revocation list is new enough, lies where it should, and can be fetched; so are the answers about certificates."""
    well = True
    for found in (*(one for each in facts.lists for one in _list(each, facts.now)), *_answers(facts)):
        well = False
        yield found
    look = facts.look
    if look is not None and (look.failed or look.outcome.startswith(UNREACHABLE)):
        well = False
        cause = look.outcome.removeprefix(UNREACHABLE).strip()
        code = "crl_redirected" if REDIRECTED in cause else "crl_unreachable"
        yield Finding("crl", code, Level.BAD, {"since": look.finished_at, "outcome": cause})
    elif look is not None and look.good_at is not None and facts.machine - look.good_at >= LOOK_LATE:
        well = False
        yield Finding("crl", "crl_unwatched", Level.WARNING, {"since": look.good_at})
    if well and facts.lists:
        updates = (each.this_update for each in facts.lists if each.this_update is not None and not each.away)
        oldest = min(updates, default=None)
        fetched_at = look.good_at if look is not None else None
        yield Finding("crl", "crl_good", Level.GOOD, {"since": oldest, "fetched_at": fetched_at})


_OF_ISSUING = ("crl_missing", "crl_lapsed", "crl_ends")
_OF_THE_ROOT = ("crl_root_missing", "crl_root_lapsed", "crl_root_ends")


def _answers(facts: Facts) -> Iterator[Finding]:
    """The answers about certificates hold, and each certificate has one."""
    until, since = facts.answers_until, facts.unanswered_since
    if until is not None and until - facts.now <= LIST_ENDS:
        code = "ocsp_lapsed" if until <= facts.now else "ocsp_ends"
        yield Finding("crl", code, Level.BAD, {"next_update": until})
    if since is not None and facts.now - since >= ANSWERS_LATE:
        yield Finding("crl", "ocsp_missing", Level.BAD, {"waiting": facts.unanswered, "since": since})


def _list(each: List, now: datetime) -> Iterator[Finding]:
    """Its state, and whether it tells of every revocation."""
    state = _state(each, now)
    if state is not None:
        yield state
    since = each.unlisted_since
    if since is not None and now - since >= REVOCATION_LATE:
        yield Finding("crl", "crl_behind", Level.BAD, {"environment": each.environment, "since": since})


def _state(each: List, now: datetime) -> Finding | None:
    values: dict[str, object] = {
        "environment": each.environment,
        "since": each.this_update,
        "next_update": each.next_update,
    }
    missing, lapsed, ends = _OF_THE_ROOT if each.root else _OF_ISSUING
    if each.this_update is None or each.next_update is None:
        return Finding("crl", missing, Level.WARNING if each.away else Level.BAD, values)
    if each.next_update <= now:
        return Finding("crl", lapsed, Level.BAD, values)
    if each.next_update - now <= (AWAY_ENDS if each.root and each.away else LIST_ENDS):
        return Finding("crl", ends, Level.BAD, values)
    if now - each.this_update >= LIST_LATE and not each.away:
        return Finding("crl", "crl_old", Level.WARNING, values)
    return None if each.file_is_there else Finding("crl", "crl_file_missing", Level.WARNING, values)


_OF_ANSWERS = ("responder_missing", "responder_lapsed", "responder_ends", "responder_late")
_OF_REPLIES = ("replies_missing", "replies_lapsed", "replies_ends", "replies_late")


def signers(found: Sequence[Signer], now: datetime) -> Iterator[Finding]:
    """Those who sign answers about certificates and replies to programs are there, and followed before they end (F6)."""
    well = True
    for each in found:
        code, level = _signer(each, now)
        if code:
            well = False
            yield Finding("signers", code, level, {"environment": each.environment, "ends": each.ends})
    if well and found:
        ends = min(each.ends for each in found if each.ends is not None)
        yield Finding("signers", "signers_good", Level.GOOD, {"ends": ends})


def _signer(each: Signer, now: datetime) -> tuple[str, Level]:
    missing, lapsed, ends, late = _OF_REPLIES if each.replies else _OF_ANSWERS
    if each.ends is None:
        return missing, Level.BAD
    if each.ends <= now:
        return lapsed, Level.BAD
    if each.followed_from is None or now < each.followed_from:
        return "", Level.GOOD
    return (ends, Level.BAD) if each.ends - now <= SIGNER_ENDS else (late, Level.WARNING)


def sweeping(run: Run | None, machine: datetime) -> Finding:
    """The sweep for due notices ended well less than 26 hours ago (F7)."""
    good_at = run.good_at if run is not None else None
    values: dict[str, object] = {"since": good_at, "outcome": run.outcome if run is not None else ""}
    if good_at is None:
        return Finding("notices", "sweep_never", Level.BAD, values)
    if machine - good_at >= SWEEP_LATE:
        return Finding("notices", "sweep_late", Level.BAD, values)
    return Finding("notices", "sweep_good", Level.GOOD, values)


def jobs(deliver: Run | None, machine: datetime) -> Finding:
    """Some process runs the jobs: delivery ended well a few seconds ago."""
    good_at = deliver.good_at if deliver is not None else None
    if good_at is None:
        return Finding("jobs", "jobs_never", Level.BAD)
    code = "jobs_late" if machine - good_at >= JOBS_LATE else "jobs_good"
    return Finding("jobs", code, _bad(code == "jobs_late"), {"since": good_at})


def failed_jobs(runs: Sequence[Run]) -> Iterator[Finding]:
    """The other jobs whose last run did not end well."""
    for each in runs:
        if each.failed:
            values: dict[str, object] = {"job": each.job, "outcome": each.outcome, "since": each.good_at}
            yield Finding("jobs", "job_failed", Level.WARNING, values)


def clock(*, sound: bool) -> Finding:
    """The machine's clock is not behind what has been recorded (F11)."""
    return Finding("clock", "clock_good" if sound else "clock_behind", _bad(not sound))


def disk(free_bytes: int) -> Finding:
    """The database, the record and the lists can grow."""
    values: dict[str, object] = {"free": free_bytes}
    if free_bytes < DISK_FULL:
        return Finding("disk", "disk_full", Level.BAD, values)
    return Finding("disk", "disk_low", Level.WARNING, values) if free_bytes < DISK_LOW else (
        Finding("disk", "disk_good", Level.GOOD, values)
    )  # fmt: skip


def proxies(undeclared: Sequence[str]) -> Iterator[Finding]:
    """A proxy in front is named in the settings; else every visitor has its address, and they share their limits."""
    for peer in undeclared:
        yield Finding("proxy", "proxy_undeclared", Level.WARNING, {"peer": peer or "unix:"})


def _bad(is_bad: bool) -> Level:
    return Level.BAD if is_bad else Level.GOOD
