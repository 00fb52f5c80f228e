"""An expiry notice in words. Its templates ask for these, so they speak the recipient's language."""

from functools import cached_property

from certportal.formats import as_date, as_datetime, environment_name
from certportal.languages import gettext, ngettext, pgettext
from certportal.notices.endings import Ending, Paragraph, Press
from certportal.notices.models import NoticeRole
from certportal.notices.rules import SIGNATORIES_FROM, WIDER_FROM
from certportal.notices.ways import Ways


class Words:
    """What a letter says of the certificates it is about, in the language that is being written when it is first asked: the
    same sentences stand in its text and in its HTML."""

    def __init__(self, endings: list[Ending]) -> None:
        self.endings = sorted(endings, key=lambda each: each.not_after)
        self.one = self.endings[0] if len(endings) == 1 else None
        self.ended = [each for each in self.endings if each.ended]
        self.first = self.endings[0]

    @cached_property
    def subject(self) -> str:
        """The day, the program, the organisation; of several the first day and how many."""
        first = self.first
        if self.one:
            said = {"day": as_date(first.not_after), "program": first.program, "organisation": first.organisation}
            if first.ended:
                return gettext("Certificate expired %(day)s: %(program)s, %(organisation)s", **said)
            return gettext("Certificate expires %(day)s: %(program)s, %(organisation)s", **said)
        if self.ended:
            return f"{self.title}: {self._organisations()}"
        said = {"what": self.title, "day": as_date(first.not_after), "organisation": self._organisations()}
        return gettext("%(what)s, the first on %(day)s: %(organisation)s", **said)

    @cached_property
    def title(self) -> str:
        """The letter's heading."""
        count = len(self.endings)
        if self.one and self.one.ended:
            return gettext("The certificate has expired")
        if self.one:
            return ngettext(
                "The certificate expires in %(num)s day", "The certificate expires in %(num)s days", self.one.days
            )
        if len(self.ended) == count:
            return ngettext("%(num)s certificate has expired", "%(num)s certificates have expired", count)
        if self.ended:
            return ngettext(
                "%(num)s certificate has expired or expires soon",
                "%(num)s certificates have expired or expire soon",
                count,
            )
        return ngettext("%(num)s certificate expires", "%(num)s certificates expire", count)

    @cached_property
    def lead(self) -> str:
        """What happens when."""
        if self.one is None:
            return gettext(
                "No new certificates have been issued in place of these. A program whose certificate has ended no longer "
                "gets through to the service."
            )
        one, said = self.one, {"program": self.one.program, "day": as_date(self.one.not_after)}
        if one.ended:
            return gettext(
                "The certificate of %(program)s ended on %(day)s, and no new one has been issued. The program no longer gets "
                "through to the service.",
                **said,
            )
        if one.has_right and (one.collects or one.signs):
            return gettext(
                "Renew the certificate of %(program)s by %(day)s at the latest. After that the program no longer gets through "
                "to the service.",
                **said,
            )
        return gettext(
            "The certificate of %(program)s ends on %(day)s, and no new one has been issued. After that the program no longer "
            "gets through to the service.",
            **said,
        )

    @cached_property
    def facts(self) -> list[tuple[str, str] | None]:
        """Label and value about the one certificate."""
        one = self.first
        tail = one.serial[-8:]
        contact = ", ".join(part for part in (one.contact_name, one.contact_company, one.contact_email) if part)
        return [
            (gettext("Certificate description"), one.description) if one.description else None,
            (gettext("Organisation"), f"{one.organisation}, {one.business_id}"),
            (gettext("Channel"), f"{one.channel}, {environment_name(one.environment)}"),
            (gettext("Ends"), as_datetime(one.not_after)),
            (gettext("Serial number"), "… " + " ".join(tail[place : place + 2] for place in range(0, len(tail), 2))),
            None if one.collects else (gettext("Technical contact"), contact),
        ]

    @cached_property
    def headers(self) -> list[str]:
        """Of the table of several."""
        return [gettext("Certificate"), gettext("Organisation"), gettext("Ends"), gettext("What to do")]

    @cached_property
    def rows(self) -> list[tuple[list[str], Press | str]]:
        """The table's rows: three texts, and a link or the name of whom to ask."""
        return [([each.program, self._whose(each), self._ends(each)], self._action(each)) for each in self.endings]

    @cached_property
    def what_to_do(self) -> list[Paragraph]:
        """How it is renewed, for each way in which the reader can help."""
        if self.one and self.one.ordered:
            return [Paragraph("", _ordered(self.one))]
        return Ways(self.endings).paragraphs()

    @cached_property
    def press(self) -> Press | None:
        """The button of a letter about one certificate."""
        return self._button(self.one) if self.one else None

    @cached_property
    def after_press(self) -> str:
        """What the button asks for."""
        if self.one and self._button(self.one) and not self.one.signs and self.one.page_url:
            return gettext("The page opens with a PIN code, which we send as a text message to your mobile.")
        return ""

    @cached_property
    def questions(self) -> list[Paragraph]:
        """What is different for some readers."""
        asked: list[Paragraph] = []
        if len(self.ended) < len(self.endings):
            asked.append(
                Paragraph(
                    gettext("Does the program renew its certificate by itself?"),
                    gettext("Then you need do nothing. The reminders end when the new certificate has been issued."),
                )
            )
        if any(each.signs and not each.ended for each in self.endings):
            asked.append(self._no_longer_used())
        elif any(each.collects for each in self.endings):
            asked.append(self._no_longer_mine())
        return asked

    @cached_property
    def why(self) -> str:
        """Why the reader gets it, and what comes next."""
        return " ".join(dict.fromkeys(_why(each) for each in self.endings)) + self._next()

    def _organisations(self) -> str:
        names = list(dict.fromkeys(each.organisation for each in self.endings))
        if len(names) == 1:
            return names[0]
        return ngettext("%(num)s organisation", "%(num)s organisations", len(names))

    def _whose(self, each: Ending) -> str:
        return f"{each.organisation}: {each.channel}, {environment_name(each.environment)}"

    def _ends(self, each: Ending) -> str:
        if each.ended:
            return gettext("ended %(day)s", day=as_date(each.not_after))
        return as_date(each.not_after)

    def _action(self, each: Ending) -> Press | str:
        whom = each.signer if each.collects else each.contact_name
        if each.collects and not each.signs and not each.has_right and not each.ordered:
            return gettext("No access right: ask %(name)s", name=whom or each.organisation)
        return self._button(each) or gettext("Ask %(name)s", name=whom or each.organisation)

    def _button(self, each: Ending) -> Press | None:
        if each.ordered and not each.signs:
            return None
        if each.signs:
            shown = Press(each.show_url, gettext("Open the certificate’s page"))
            if each.ordered:
                return shown
            if not each.has_right:
                return Press(each.apply_url, gettext("Apply for the access right"))
            anew = gettext("Apply for a new certificate")
            return Press(each.order_url, anew if each.ended else pgettext("verb on a button", "Renew"))
        return Press(each.page_url, gettext("Open the certificate’s page")) if each.page_url else None

    def _no_longer_used(self) -> Paragraph:
        question = gettext("Is the program no longer used?")
        text = gettext("Say on the certificate’s page that it will not be renewed, and the reminders end.")
        if self.one:
            return Paragraph(question, text, self.one.show_url, gettext("The certificate’s page"))
        return Paragraph(question, text)

    def _no_longer_mine(self) -> Paragraph:
        question = gettext("Do you no longer look after this?")
        whom = self.first.organisation_contact
        if whom is None or self._organisations() != self.first.organisation:
            return Paragraph(question, gettext("Tell the organisation: it names a new contact person in the portal."))
        told = gettext(
            "Tell %(name)s, %(address)s: the organisation names a new contact person in the portal.",
            name=whom.name,
            address=whom.email,
        )
        return Paragraph(question, told)

    def _next(self) -> str:
        one = self.one
        if one is None:
            return ""
        if one.next_rung is None:
            return " " + gettext("This was the last reminder.")
        if one.next_rung == 0:
            return " " + gettext("The next reminder goes out when the certificate has expired.")
        said = ngettext(
            "The next reminder goes out %(num)s day before the end.",
            "The next reminder goes out %(num)s days before the end.",
            one.next_rung,
        )
        return f" {said} {_wider(one)}".rstrip()


def _ordered(one: Ending) -> str:
    said = {"number": one.ordered, "name": one.collector}
    if one.collects and one.collector == one.contact_name:
        return gettext(
            "A new certificate has been ordered in its place: order %(number)s. Collect it with the transfer codes that you "
            "have been sent, and the reminders end.",
            **said,
        )
    return gettext(
        "A new certificate has been ordered in its place: order %(number)s. When %(name)s has collected it, the reminders end.",
        **said,
    )


def _why(each: Ending) -> str:
    if each.collects:
        return gettext("You get this because you are the certificate’s technical contact person.")
    if NoticeRole.SIGNATORY in each.roles:
        return gettext("You get this because you may sign for %(organisation)s.", organisation=each.organisation)
    if NoticeRole.ORGANISATION_CONTACT in each.roles:
        return gettext(
            "You get this because you are the contact person of %(organisation)s.", organisation=each.organisation
        )
    return gettext("You get this because this is the second address for the reminders of a technical contact person.")


def _wider(one: Ending) -> str:
    """Who gets the next reminder for the first time."""
    if one.next_rung is not None and one.next_rung <= SIGNATORIES_FROM < one.days:
        return gettext("It also goes to those who may sign for the organisation.")
    if one.next_rung is not None and one.next_rung <= WIDER_FROM < one.days:
        return gettext("It also goes to the organisation’s contact person.")
    return ""
