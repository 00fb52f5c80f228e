"""What lines of the list say. Lines share days, telephone numbers and addresses, so each is put into words once for a page."""

from datetime import date, datetime
from functools import cached_property

from flask import url_for
from markupsafe import Markup

from certportal.certificates.lines import Line
from certportal.formats import as_date, as_phone, days_left, last_day, local
from certportal.languages import gettext, pgettext


class Told:
    """The words of one page's lines, in the language being written."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._dates: dict[tuple[str, date], Markup] = {}
        self._left: dict[date, str] = {}
        self._phones: dict[str, str] = {}

    def url(self, line: Line) -> str:
        """Where the line leads: to the certificate, or to the order that is still to become one."""
        if line.order_number:
            return self._order + line.order_number
        return f"{self._certificate}{line.number}"

    def action(self, line: Line) -> tuple[str, str]:
        """What the line asks for: where it is done, and what the button says."""
        if line.order_number:
            return self.url(line), self._correct
        if line.state == "expired":
            return f"{self._replacing}{line.number}", self._order_anew
        return f"{self._renewal}{line.number}", self._renew

    def date(self, line: Line) -> Markup:
        """Until when, or on which day: "until 4.12.2026", "collect by 4.12.2026"."""
        if line.state == "awaiting":
            return self._dated("awaiting", line.last_moment)
        return self._dated("ended" if line.state in ("revoked", "expired") else "until", line.at)

    def below(self, line: Line) -> Markup | str:
        """The second line: how many days are left, or why that does not matter."""
        if line.state == "awaiting":
            if line.trouble in ("lapsed", "contact_changed", "not_issued", "being_issued"):
                return ""
            return self._dated("awaiting", line.last_moment) if line.trouble else self._days(line.last_moment)
        if line.planned is not None:
            return gettext("revoked after %(date)s", date=as_date(last_day(line.planned)))
        if line.succeeded:
            return gettext("a new one has taken its place")
        if line.state in ("revoked", "expired"):
            return ""
        return gettext("will not be renewed") if line.silenced else self._days(line.at)

    def phone(self, e164: str) -> str:
        """+358 40 123 4567."""
        if e164 not in self._phones:
            self._phones[e164] = as_phone(e164)
        return self._phones[e164]

    @cached_property
    def _certificate(self) -> str:
        return url_for("certificates.show", certificate_id=0).removesuffix("0")

    @cached_property
    def _renewal(self) -> str:
        return url_for("orders.renewal", certificate_id=0).removesuffix("0")

    @cached_property
    def _replacing(self) -> str:
        return url_for("orders.new", replaces=0).removesuffix("0")

    @cached_property
    def _renew(self) -> str:
        return pgettext("verb on a button", "Renew")

    @cached_property
    def _order_anew(self) -> str:
        return gettext("Apply for a new one in its place")

    @cached_property
    def _correct(self) -> str:
        return gettext("Correct and send new codes")

    @cached_property
    def _order(self) -> str:
        return url_for("orders.show", number="-").removesuffix("-")

    def _dated(self, how: str, at: datetime) -> Markup:
        place = (how, local(at).date())
        if place not in self._dates:
            day = Markup('<span class="nb">{}</span>').format(as_date(place[1]))
            self._dates[place] = Markup(_dated(how, day))  # noqa: S704 - our own catalogue, and a date
        return self._dates[place]

    def _days(self, at: datetime) -> str:
        day = local(at).date()
        if day not in self._left:
            self._left[day] = days_left(at, self.now)
        return self._left[day]


def _dated(how: str, day: Markup) -> str:
    if how == "awaiting":
        return gettext("collect by %(date)s", date=day)
    return gettext("on %(date)s", date=day) if how == "ended" else gettext("until %(date)s", date=day)
