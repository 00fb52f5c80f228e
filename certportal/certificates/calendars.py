"""The end of a certificate as a calendar file (RFC 5545): one all-day event, with alarms when it should be renewed."""

from datetime import timedelta
from urllib.parse import urlsplit

from certportal import clock
from certportal.certificates import rules
from certportal.certificates.models import Certificate
from certportal.formats import as_datetime, environment_name, language, local
from certportal.languages import gettext
from certportal.settings import current_settings

ALARMS = (rules.EXPIRES_SOON, timedelta(days=14))


def calendar_file(certificate: Certificate, url: str) -> bytes:
    """The file, in the language being written; ``url`` is where its reader finds the certificate.

    The event's UID is the certificate's serial number, so that a second download takes the place of the first.
    """
    from icalendar import Alarm, Calendar, Event  # a heavy package, imported where it is used

    name = certificate.description or certificate.channel.name(language().value)
    last_day = local(certificate.not_after).date()
    event = Event()
    event.add("uid", f"{certificate.serial}@{urlsplit(current_settings().base_url).hostname}")
    event.add("dtstamp", clock.now())
    event.add("dtstart", last_day)
    event.add("dtend", last_day + timedelta(days=1))
    event.add("summary", gettext("The certificate ends: %(name)s", name=name))
    event.add("description", _description(certificate))
    event.add("url", url)
    event.add("transp", "TRANSPARENT")
    for before in ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", gettext("A new certificate is needed: %(name)s", name=name))
        alarm.add("trigger", -before)
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//{current_settings().service_name}//certportal//EN")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def _description(certificate: Certificate) -> str:
    """What, for whom, until which moment."""
    return "\n".join(
        (
            f"{certificate.organisation.name}, {certificate.organisation.business_id}",
            f"{certificate.channel.name(language().value)}, {environment_name(certificate.environment.value)}",
            gettext("Last moment: %(time)s", time=as_datetime(certificate.not_after)),
            gettext("Serial number: %(serial)s", serial=certificate.serial),
        )
    )
