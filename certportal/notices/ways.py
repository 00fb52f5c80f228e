"""How a certificate is renewed, in words, for each way in which the reader of a notice can help."""

from certportal.languages import gettext
from certportal.notices.endings import Ending, Paragraph


class Ways:
    """What to do about the certificates of one letter, in the language that is being written."""

    def __init__(self, endings: list[Ending]) -> None:
        self.endings = endings
        self.one = endings[0] if len(endings) == 1 else None
        self.over = all(each.ended for each in endings)

    def paragraphs(self) -> list[Paragraph]:
        """One for those that the reader may sign for, one for those they collect, one for those of others."""
        ways: list[Paragraph] = []
        if any(each.signs for each in self.endings):
            ways.append(self._by_signatory())
        if any(each.collects and not each.signs for each in self.endings):
            ways.append(self._by_contact())
        if any(not each.collects and not each.signs for each in self.endings):
            ways.append(self._by_others())
        return ways

    def _by_signatory(self) -> Paragraph:
        if self.one is None:
            text = self._by_signatory_each()
        elif not self.one.has_right:
            text = gettext(
                "%(organisation)s has no valid access right to the channel in production, so the certificate cannot be renewed "
                "or replaced. If the program still needs it, apply for the right first.",
                organisation=self.one.organisation,
            )
        elif self.one.ended:
            text = gettext(
                "Apply for a new certificate that takes its place. The application is filled in already, and the transfer codes "
                "are sent to %(name)s.",
                name=self.one.contact_name,
            )
        elif self.one.collects:
            text = gettext(
                "Renew it in the portal: one page, filled in already. The new transfer codes are sent to you."
            )
        else:
            text = gettext(
                "Renew it in the portal: one page, filled in already. The new transfer codes are sent to %(name)s, who has been "
                "reminded too.",
                name=self.one.contact_name,
            )
        return Paragraph("", text)

    def _by_signatory_each(self) -> str:
        mine = [each for each in self.endings if each.signs]
        renewed = gettext(
            "You may sign for the organisation: renew each, or apply for a new certificate in place of one that has ended. "
            "The links in the table lead to a page that is filled in already."
        )
        lacking = gettext(
            "Where the table says so, apply for the access right first: without it the certificate cannot be renewed or "
            "replaced."
        )
        said = [renewed] if any(each.has_right for each in mine) else []
        return " ".join([*said, lacking] if not all(each.has_right for each in mine) else said)

    def _by_contact(self) -> Paragraph:
        theirs = [each for each in self.endings if each.collects and not each.signs]
        asked = self._by_contact_each()
        if self.one or all(each.has_right for each in theirs):
            return asked
        lacking = gettext(
            "Without the access right a certificate cannot be renewed: ask those who may sign for the organisation to apply for "
            "it first."
        )
        return asked._replace(text=f"{asked.text} {lacking}" if any(each.has_right for each in theirs) else lacking)

    def _by_contact_each(self) -> Paragraph:
        question = gettext("What now?") if self.over else gettext("How is it renewed?")
        if self.one and not self.one.has_right:
            return Paragraph(question, self._without_right(self.one))
        if any(each.renews for each in self.endings):
            return Paragraph(question, self._in_two_ways())
        if self.one and self.one.signer:
            text = gettext(
                "Ask %(name)s, who may sign for %(organisation)s, to renew it in the portal, or to apply for a new certificate "
                "if it has ended. You are then sent transfer codes, and with them you collect the new one.",
                name=self.one.signer,
                organisation=self.one.organisation,
            )
        else:
            text = gettext(
                "Ask those who may sign for the organisation to renew them in the portal, or to apply for new certificates in "
                "place of those that have ended. You are then sent transfer codes, and with them you collect the new ones."
            )
        return Paragraph(question, text)

    def _in_two_ways(self) -> str:
        """The contact's own way first: it needs nobody else."""
        one = self.one
        if one is None:
            return gettext(
                "Where the table has a link, the certificate’s page opens with a PIN code, and there you renew it yourself with "
                "a new key, where the organisation allows it. Or ask those who may sign for the organisation to renew it in the "
                "portal: you are then sent transfer codes."
            )
        if not one.signer:
            return gettext(
                "Renew it yourself on the certificate’s page: you make a new key there and get the new certificate at once."
            )
        return gettext(
            "In either of two ways. Renew it yourself on the certificate’s page: you make a new key there and get the new "
            "certificate at once. Or ask %(name)s, who may sign for %(organisation)s, to renew it in the portal: you are then "
            "sent transfer codes, and with them you collect the new one.",
            name=one.signer,
            organisation=one.organisation,
        )

    def _without_right(self, one: Ending) -> str:
        return gettext(
            "It cannot be renewed: %(organisation)s no longer has the right to use the channel in production. If the program "
            "still needs it, ask those who may sign for %(organisation)s to apply for the right anew.",
            organisation=one.organisation,
        )

    def _by_others(self) -> Paragraph:
        if self.one is None:
            return Paragraph("", gettext("Make sure that the technical contact person of each looks after it."))
        return Paragraph(
            "",
            gettext(
                "Its technical contact person is %(name)s. Make sure that %(name)s looks after it. If somebody else does so now, "
                "ask those who may sign for %(organisation)s to correct the contact person in the portal.",
                name=self.one.contact_name,
                organisation=self.one.organisation,
            ),
        )
