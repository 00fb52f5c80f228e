"""What has happened before the demo opens, moment by moment, so that every page has something to show.

Three organisations, one signatory for two of them, one technical contact for all three. In the last weeks something has
gone wrong on the way in each of the manners that the service is built to help with.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from certportal import clock
from certportal.certificates import service as certificates
from certportal.certificates.models import Certificate
from certportal.contacts.service import update_contact
from certportal.demo.cast import AINO, ELISA, ERIK, KALLE, LIISA, MAIJA, NIILO, SAM, TEST, TUOMAS, Role
from certportal.demo.stage import HOST, Stage, Wish, anybody
from certportal.identifiers import Actor, ActorKind, BusinessId, EmailAddress, Environment, Language, PhoneNumber
from certportal.messages import service as messages
from certportal.orders import service as orders
from certportal.orders.models import Order
from certportal.registry import admissions
from certportal.registry import service as registry
from certportal.registry.models import Operator
from certportal.registry.rules import AdmissionKind, Asked
from certportal.signin import service as signin

OWN, ANOTHER = "earnings-own", "earnings-for-another"
EARNINGS, FILES, BENEFITS, BENEFIT_FILES = "earnings-ws", "earnings-sftp", "benefits-ws", "benefits-sftp"
REFUSED = "Benefits data is reported by payers of benefits, and the application names no such purpose."
LAST_MINUTES = (0, 7)
"""The time of day at which certificates end whose notice is due tomorrow: soon after midnight, so at any hour of tomorrow."""

Moment = tuple[datetime, Callable[[], object]]


class Story:
    """``moments()`` are played in their order. ``certificates`` by description, ``orders`` by what became of them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.operator: Operator | None = None
        self.certificates: dict[str, Certificate] = {}
        self.orders: dict[str, Order] = {}

    def moments(self) -> list[Moment]:
        """Everything that happens, and when."""
        happens = [*self._joining(), *self._certificates(), *self._ending(), *self._weeks(), *self._today()]
        return sorted(happens, key=lambda moment: moment[0])

    def _joining(self) -> Iterator[Moment]:
        day, joins = self.stage.day, self.joins
        yield day(-1500), self.begins
        yield day(-1499), partial(joins, AINO, [EARNINGS, FILES], [OWN])
        yield day(-800), partial(joins, LIISA, [EARNINGS, FILES], [OWN])
        yield day(-790), partial(joins, SAM, [EARNINGS, BENEFITS], [OWN, ANOTHER], {BENEFITS: REFUSED})

    def _certificates(self) -> Iterator[Moment]:
        """Each with its last day, counted from today."""
        begins, ends, issue = self.stage.begins_to_end, self.stage.day, self.issue
        old_number = replace(ERIK, phone=PhoneNumber("+358457000020"))
        for role, last, wish in (
            (AINO, ends(-718), Wish(EARNINGS, "Mallilön 4", old_number)),
            (LIISA, ends(-20), Wish(FILES, "Leipomon arkisto", MAIJA)),
            (AINO, ends(12), Wish(EARNINGS, "Mallilön 5", old_number, replaces="Mallilön 4")),
            (AINO, ends(61, *LAST_MINUTES), Wish(FILES, "Nattkörning", MAIJA)),
            (LIISA, ends(61, *LAST_MINUTES) + timedelta(minutes=9), Wish(EARNINGS, "Leipomon palkat", MAIJA)),
            (AINO, ends(192), Wish(EARNINGS, "Mallilön 5, test", old_number, test=True)),
            (AINO, ends(300), Wish(FILES, "Exempelarkiv", MAIJA)),
            (SAM, ends(380), Wish(EARNINGS, "Payroll engine 1", MAIJA)),
            (SAM, ends(450), Wish(EARNINGS, "Payroll engine 2", ELISA)),
            (AINO, ends(470), Wish(BENEFIT_FILES, "Testkörning", MAIJA, test=True)),
            (AINO, ends(628), Wish(EARNINGS, "Byggportalen Modell", old_number)),
        ):
            yield begins(last), partial(issue, role, wish)

    def _ending(self) -> Iterator[Moment]:
        """Revocations, and the notices of what ends: of Leipomon arkisto, which nobody renewed, and of Mallilön 5."""
        day, revoke, reason = self.stage.day, self.revoke, certificates.Reason
        yield day(-201), partial(revoke, AINO, "Testkörning", reason.UNNECESSARY)
        yield day(-103), partial(revoke, SAM, "Payroll engine 1", reason.KEY_LOST)
        successor = Wish(EARNINGS, "Payroll engine 3", MAIJA, replaces="Payroll engine 1")
        yield day(-103, 14), partial(self.issue, SAM, successor)
        yield day(-40), self.changes_number
        for days in (-80, -50, -48, -34, -27, -21, -19, -18):
            yield day(days, 14), self.stage.work

    def _weeks(self) -> Iterator[Moment]:
        """An order that nobody collected, and what is on its way. Mail from before the last two weeks is thrown away."""
        day, order, on = self.stage.day, self.order, self.orders
        yield day(-26, 10), partial(order, "lapsed", LIISA, Wish(FILES, "Leipomon työvuorot", NIILO))
        yield day(-15), self.stage.work
        yield day(-14), self.stage.inbox.clear
        yield day(-11), self.stage.work
        yield day(-6, 10, 30), partial(order, "opened", SAM, Wish(EARNINGS, "Payroll engine 4", ELISA))
        yield day(-5, 9, 40), partial(order, "cancelled", AINO, Wish(EARNINGS, "Tidkort Prov", ERIK))
        yield day(-5, 9, 55), lambda: orders.cancel_order(on["cancelled"].id, self.stage.acting(AINO).actor)
        yield day(-3, 15, 8), partial(order, "bounced", AINO, Wish(BENEFITS, "Förmånsmodell", KALLE, test=True))
        yield day(-2, 12, 30), self.stage.work
        yield day(-2, 14, 1), partial(order, "no number", AINO, Wish(EARNINGS, "Tidkort Exempel", TEST))
        yield day(-2, 14, 20), self.looks_in
        yield day(-2, 14, 20), lambda: self.stage.asks_for_pin(on["no number"])
        yield day(-2, 15), partial(self.stage.apply, SAM, [EARNINGS, FILES], [OWN, ANOTHER])
        yield day(-1, 8, 30), partial(order, "not mine", SAM, Wish(EARNINGS, "Holiday pay", NIILO, test=True))
        yield day(-1, 9, 5), lambda: messages.report_wrong_number(self.stage.token(NIILO), anybody())
        yield day(-1, 9, 30), partial(order, "waiting", LIISA, Wish(EARNINGS, "Kassan palkat", MAIJA))
        yield day(-1, 11), self.asks_to_be_let_in
        yield day(-1, 13, 12), self.looks_in
        yield day(-1, 13, 12), lambda: self.stage.opens(on["opened"])

    def _today(self) -> Iterator[Moment]:
        now = clock.machine()
        yield now - timedelta(hours=5), partial(self.stage.apply, LIISA, [EARNINGS, FILES, BENEFITS], [OWN])
        yield now - timedelta(minutes=40), partial(self.stage.apply, AINO, [EARNINGS, FILES, BENEFITS], [OWN])
        yield now - timedelta(minutes=20), self.writes_a_draft

    def begins(self) -> None:
        """The service is set up."""
        self.operator = self.stage.set_up()

    def joins(
        self, role: Role, channels: list[str], purposes: list[str], refused: dict[str, str] | None = None
    ) -> None:
        """An organisation applies for the first time, and the operator decides."""
        application = self.stage.apply(role, channels, purposes)
        if self.operator is not None:
            self.stage.decide(application, self.operator, refused or {})

    def issue(self, role: Role, wish: Wish) -> None:
        """Ordered, and collected at once."""
        self.certificates[wish.description] = self.stage.collects(self.stage.order(role, wish, self._replaced(wish)))

    def order(self, outcome: str, role: Role, wish: Wish) -> None:
        """Ordered; the story goes on."""
        self.orders[outcome] = self.stage.order(role, wish, self._replaced(wish))

    def revoke(self, role: Role, description: str, reason: certificates.Reason) -> None:
        """The signatory revokes a certificate."""
        certificates.revoke(self.certificates[description].id, reason, self.stage.acting(role).actor)

    def changes_number(self) -> None:
        """Erik has a new telephone: his details are changed everywhere at once."""
        builder = self.stage.acting(AINO)
        [known] = [each for each in registry.contacts_of(builder.organisation.id) if each.email_key == ERIK.email.key]
        update_contact(known.id, known.version, ERIK, builder.actor)

    def looks_in(self) -> None:
        """The operator signs in and out. An act of somebody's, so that the record knows at which moment of the service's
        time the machine's moments are that follow: what the machine dates is shown by the act before it."""
        if self.operator is not None:
            operator = Actor(ActorKind.OPERATOR, self.operator.id, self.operator.name, HOST)
            signin.sign_out(signin.begin(operator_id=operator.id), operator)

    def asks_to_be_let_in(self) -> None:
        """Somebody says that the signatory has changed."""
        name, email, phone = TUOMAS
        asked = Asked(
            kind=AdmissionKind.CHANGED_SIGNATORY,
            organisation_name="Mallikylän Palkat Oy",
            business_id=BusinessId.parse(SAM.business_id, "FI"),
            name=name,
            email=EmailAddress.parse(email),
            phone=PhoneNumber.parse(phone, "FI"),
            role="Managing director",
            language=Language.EN,
        )
        admissions.ask(asked, anybody())

    def writes_a_draft(self) -> None:
        """A certificate application that cannot be sent before the access right is decided on."""
        typed = {
            "channel": str(self.stage.channel(BENEFITS).id),
            "environment": Environment.PRODUCTION.value,
            "description": "Förmånsmodell",
            "reason": "additional",
            "who": "myself",
            "language": "sv",
        }
        orders.begin_draft(clock.random_token(), typed, self.stage.acting(AINO))

    def _replaced(self, wish: Wish) -> Certificate | None:
        return self.certificates[wish.replaces] if wish.replaces else None
