"""A finding in words: a title that can be read alone, and what is behind it or what to do."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from babel.numbers import format_decimal
from flask_babel import LazyString, get_locale

from certportal import audit, clock
from certportal.formats import ago, as_date, as_datetime, as_time, environment_name, local
from certportal.health.rules import GIBIBYTE
from certportal.health.seen import Finding
from certportal.languages import gettext
from certportal.languages import lazy_gettext as _l

TITLES: dict[str, LazyString] = {
    "mail_good": _l("E-mail goes out"),
    "mail_untried": _l("No e-mail has been sent yet"),
    "mail_retried": _l("E-mail goes out with delays"),
    "mail_held": _l("E-mail does not go out"),
    "mail_late": _l("E-mail is stuck"),
    "sms_good": _l("Text messages go out"),
    "sms_untried": _l("No text message has been sent yet"),
    "sms_retried": _l("Text messages go out with delays"),
    "sms_held": _l("Text messages do not go out"),
    "sms_late": _l("Text messages are stuck"),
    "sms_slow": _l("Text messages are slow"),
    "issuing_good": _l("Certificates are issued"),
    "ca_missing": _l("No certification authority for %(environment)s"),
    "ca_unreadable": _l("The certification authority for %(environment)s cannot be used"),
    "ca_over": _l("No certificates for %(environment)s can be issued"),
    "ca_ends": _l("The certification authority for %(environment)s is coming to its end"),
    "unsigned": _l("A certificate waits for its signature"),
    "crl_good": _l("Revocation lists are new"),
    "crl_missing": _l("No revocation list for %(environment)s"),
    "crl_lapsed": _l("The revocation list for %(environment)s has lapsed"),
    "crl_ends": _l("The revocation list for %(environment)s lapses soon"),
    "crl_root_missing": _l("No revocation list of the root for %(environment)s"),
    "crl_root_lapsed": _l("The root’s revocation list for %(environment)s has lapsed"),
    "crl_root_ends": _l("The root’s revocation list for %(environment)s lapses soon"),
    "crl_old": _l("The revocation list for %(environment)s is old"),
    "crl_behind": _l("A revocation is not on the list yet: %(environment)s"),
    "crl_file_missing": _l("The revocation list’s file for %(environment)s is missing"),
    "crl_unreachable": _l("What certificates name cannot be fetched: lists, authorities or answers (OCSP)"),
    "crl_redirected": _l("Those who check certificates are redirected by the web server"),
    "ocsp_lapsed": _l("Answers about certificates (OCSP) have lapsed"),
    "ocsp_ends": _l("Answers about certificates (OCSP) lapse soon"),
    "ocsp_missing": _l("Certificates are without an answer (OCSP)"),
    "crl_unwatched": _l("The revocation lists have not been looked at"),
    "signers_good": _l("Replies and answers about certificates can be signed"),
    "responder_missing": _l("No OCSP responder for %(environment)s"),
    "responder_lapsed": _l("The OCSP responder for %(environment)s has ended"),
    "responder_ends": _l("The OCSP responder for %(environment)s ends soon"),
    "responder_late": _l("The OCSP responder for %(environment)s is not followed by the next"),
    "replies_missing": _l("No signer of replies to programs for %(environment)s"),
    "replies_lapsed": _l("The signer of replies to programs for %(environment)s has ended"),
    "replies_ends": _l("The signer of replies to programs for %(environment)s ends soon"),
    "replies_late": _l("The signer of replies to programs for %(environment)s is not followed by the next"),
    "sweep_good": _l("Reminders are sent"),
    "sweep_never": _l("Due reminders have not been looked for yet"),
    "sweep_late": _l("Reminders are not sent"),
    "jobs_good": _l("The service’s own jobs run"),
    "jobs_never": _l("The service’s own jobs have not run yet"),
    "jobs_late": _l("The service’s own jobs do not run"),
    "job_failed": _l("The job %(job)s failed last time"),
    "clock_good": _l("The clock is right"),
    "clock_behind": _l("The machine’s clock is wrong"),
    "disk_good": _l("There is room on the disk"),
    "disk_low": _l("The disk is filling up"),
    "disk_full": _l("The disk is almost full"),
    "proxy_undeclared": _l("A proxy is in front that the settings do not name"),
}

_NOT_FOLLOWED = _l(
    "It holds until %(ends)s, and the next one should have been made. See the log, whether the service’s own jobs run, and "
    "whether the authority’s key can be used."
)

TEXTS: dict[str, LazyString] = {
    "mail_good": _l("Last accepted %(accepted_at)s. In the queue: %(waiting)s."),
    "mail_untried": _l("Send yourself a test letter from the set-up list."),
    "mail_retried": _l("In the queue after a failed try: %(waiting)s. The mail server said: %(reply)s"),
    "mail_held": _l(
        "In the queue: %(waiting)s, the oldest for %(since)s. Nothing is lost. The mail server said: %(reply)s"
    ),
    "mail_late": _l("In the queue: %(waiting)s, the oldest for %(since)s. See whether the service’s own jobs run."),
    "sms_good": _l("Last accepted %(accepted_at)s. In the queue: %(waiting)s."),
    "sms_untried": _l("Send yourself a test message from the set-up list."),
    "sms_retried": _l("In the queue after a failed try: %(waiting)s. The gateway said: %(reply)s"),
    "sms_held": _l(
        "In the queue: %(waiting)s, the oldest for %(since)s. PIN codes lapse in ten minutes. The gateway said: %(reply)s"
    ),
    "sms_late": _l("In the queue: %(waiting)s, the oldest for %(since)s. See whether the service’s own jobs run."),
    "sms_slow": _l("Half of the last ones took over %(seconds)s seconds. Nothing is lost."),
    "issuing_good": _l("The certification authorities can issue until %(until)s."),
    "ca_missing": _l("Make it on the server: certportal ca init"),
    "ca_unreadable": _l("Its files are damaged or missing (%(fault)s). Restore them from the backup."),
    "ca_over": _l("The authority ends on %(ends)s, before a new certificate would. Renew the authority now."),
    "ca_ends": _l("It can issue until %(until)s. Renew the authority before that."),
    "unsigned": _l("It was prepared %(since)s ago and is signed as soon as the authority’s key can be used."),
    "crl_good": _l("The oldest was published %(since)s ago."),
    "crl_missing": _l("Whoever checks certificates may refuse them all. See whether the service’s own jobs run."),
    "crl_lapsed": _l(
        "It held until %(next_update)s, and whoever checks certificates may refuse them all. See whether the service’s own "
        "jobs run and the authority’s key can be used."
    ),
    "crl_ends": _l(
        "It holds until %(next_update)s. See whether the service’s own jobs run and the authority’s key can be used."
    ),
    "crl_root_missing": _l(
        "Whoever checks the whole chain refuses all certificates. If the root’s key has been taken away, bring root.key back "
        "until the list is published."
    ),
    "crl_root_lapsed": _l(
        "It held until %(next_update)s, and whoever checks the whole chain refuses all certificates. If the root’s key has been "
        "taken away, bring root.key back until a new list is published."
    ),
    "crl_root_ends": _l(
        "It holds until %(next_update)s. If the root’s key has been taken away, bring root.key back until a new list is "
        "published."
    ),
    "crl_old": _l("It was published %(since)s ago, and a new one is due daily."),
    "crl_behind": _l(
        "It was made %(since)s ago, and whoever checks certificates by the list still accepts that certificate. See whether the "
        "service’s own jobs run and the authority’s key can be used."
    ),
    "crl_file_missing": _l("The job puts it back within a minute. See that the directory can be written to."),
    "crl_unreachable": _l(
        "The service tried itself %(since)s: %(outcome)s. See CRL_URL, CA_URL, OCSP_URL and the web server."
    ),
    "crl_redirected": _l(
        "Many programs follow no redirect and fail. Let the web server answer /crl/, /ca/ and /ocsp on port 80 itself, as in "
        "docs/deploy.md, section 4. The service tried itself %(since)s: %(outcome)s."
    ),
    "ocsp_lapsed": _l(
        "They held until %(next_update)s, and whoever asks about certificates may refuse them. See whether the service’s own "
        "jobs run and the authority’s key can be used."
    ),
    "ocsp_ends": _l(
        "They hold until %(next_update)s. See whether the service’s own jobs run and the authority’s key can be used."
    ),
    "ocsp_missing": _l(
        "Without one: %(waiting)s, the oldest for %(since)s. Whoever asks about them may be told to try later. See whether the "
        "service’s own jobs run and the authority’s key can be used."
    ),
    "crl_unwatched": _l("Last fetched %(since)s. See whether the service’s own jobs run."),
    "signers_good": _l(
        "The first of the service’s own certificates ends on %(ends)s; the next one is made before that."
    ),
    "responder_missing": _l(
        "No answers about certificates can be signed. See the log, whether the service’s own jobs run, and whether the "
        "authority’s key can be used."
    ),
    "responder_lapsed": _l(
        "It held until %(ends)s, and no answers about certificates can be signed. See the log, whether the service’s own jobs "
        "run, and whether the authority’s key can be used."
    ),
    "responder_ends": _NOT_FOLLOWED,
    "responder_late": _NOT_FOLLOWED,
    "replies_missing": _l(
        "Replies to programs (SOAP) cannot be signed. See the log, whether the service’s own jobs run, and whether the "
        "authority’s key can be used."
    ),
    "replies_lapsed": _l(
        "It held until %(ends)s, and replies to programs (SOAP) cannot be signed. See the log, whether the service’s own jobs "
        "run, and whether the authority’s key can be used."
    ),
    "replies_ends": _NOT_FOLLOWED,
    "replies_late": _NOT_FOLLOWED,
    "sweep_good": _l("Last looked for %(since)s: %(outcome)s."),
    "sweep_never": _l("It happens within a minute of the start. See whether the service’s own jobs run."),
    "sweep_late": _l("Last looked for well %(since)s; it should be hourly. Last outcome: %(outcome)s."),
    "jobs_good": _l("Last run %(since)s."),
    "jobs_never": _l("Start the service with: certportal serve"),
    "jobs_late": _l("Last run %(since)s. Start the service again, or see its log."),
    "job_failed": _l("%(outcome)s. It is tried again; see the log if it goes on."),
    "clock_good": _l("It is not behind anything that has been recorded."),
    "clock_behind": _l(
        "It is behind the last recorded act, so nothing is signed and no reminders are sent. Set it right, or accept it on the "
        "server: certportal clock accept"
    ),
    "disk_good": _l("%(free)s GB free."),
    "disk_low": _l("%(free)s GB free. Make room before the database can no longer grow."),
    "disk_full": _l("%(free)s GB free. Make room now: a full disk stops everything."),
    "proxy_undeclared": _l(
        "A proxy at %(peer)s forwards requests, but CERTPORTAL_TRUSTED_PROXIES does not name it. All visitors seem to come from "
        "that address, and share its limits."
    ),
}

HOW_LONG = {
    "mail_held",
    "mail_late",
    "sms_held",
    "sms_late",
    "unsigned",
    "crl_good",
    "crl_old",
    "crl_behind",
    "ocsp_missing",
}
"""Where ``since`` is told as how long ago; elsewhere as a moment."""
OF_THE_SERVICE = {
    "unsigned",
    "crl_good",
    "crl_old",
    "crl_lapsed",
    "crl_ends",
    "crl_root_lapsed",
    "crl_root_ends",
    "ocsp_lapsed",
    "ocsp_ends",
    "crl_behind",
    "ocsp_missing",
}
"""Where moments are the service's; elsewhere they are the machine's."""


class Words(NamedTuple):
    """``title`` is a short sentence; ``text`` tells more, or what to do."""

    title: str
    text: str


def words(finding: Finding) -> Words:
    """The finding in the language being written."""
    said = {name: _said(finding.code, name, value) for name, value in finding.values.items()}
    return Words(_filled(TITLES[finding.code], said), _filled(TEXTS[finding.code], said))


def _filled(text: LazyString, said: Mapping[str, str]) -> str:
    return str(text) % said


def _said(code: str, name: str, value: object) -> str:
    match value:
        case datetime() if name == "since" and code in HOW_LONG:
            return ago(value, clock.now() if code in OF_THE_SERVICE else clock.machine())
        case datetime() if name in ("until", "ends"):
            return as_date(value)
        case datetime():
            return _moment(value if code in OF_THE_SERVICE else audit.service_time(value))
        case int() if name == "free":
            return format_decimal(value / GIBIBYTE, "0.0", get_locale() or "en")
        case str() if name == "environment":
            return environment_name(value)
        case str():
            return _outcome(value)
        case None | timedelta():
            return "–"
        case _:
            return str(value)


def _moment(value: datetime) -> str:
    """The time alone for what was today, as people say it."""
    return as_time(value) if local(value).date() == local(clock.now()).date() else as_datetime(value)


def _outcome(text: str) -> str:
    """What a job or a far end said. A sweep's figures are put into words; the rest stays as it was said."""
    swept = re.fullmatch(r"(\d+) due, (\d+) letters", text)
    if swept is not None:
        return gettext("reminders due %(due)s, letters %(letters)s", due=swept[1], letters=swept[2])
    return text.rstrip(".") or "–"
