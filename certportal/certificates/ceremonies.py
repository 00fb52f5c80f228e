"""Ceremonies beside the first: under a root kept elsewhere, a line that the settings name anew, one that follows another."""

from datetime import date, datetime, time

from sqlalchemy import select

from certportal import ca, clock
from certportal.ca import folders, following, hierarchy, under_root
from certportal.ca.plan import generation_of, line_of, next_label
from certportal.ca.profile import years_after
from certportal.certificates import authorities, signers
from certportal.certificates.models import Certificate
from certportal.extensions import db
from certportal.formats import local
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.settings import current_settings


def begin_under_root(environment: Environment, root: bytes, said: ca.Transcript) -> str:
    """The first half of a ceremony whose root is elsewhere; answers the path of the request to be signed there."""
    wanted = authorities.plan(current_settings(), environment)
    return str(under_root.begin(authorities.desk(environment), wanted, root, said))


def complete_under_root(environment: Environment, intermediate: bytes, said: ca.Transcript) -> ca.Authority:
    """The second half, with the intermediate's certificate from the root."""
    wanted = authorities.plan(current_settings(), environment)
    return under_root.complete(authorities.desk(environment), wanted, intermediate, said)


def require_nothing_lost(environment: Environment) -> None:
    """Refuses to make authorities while one that has issued certificates is not there: what came in its place could never revoke
    them. Refusals: ca_lost."""
    issued = select(Certificate.issuer).where(Certificate.environment == environment).distinct()
    lost = sorted(set(db.session.scalars(issued)) - set(authorities.labels(environment)))
    if lost:
        raise Refusal("ca_lost", name=f"{environment.value.lower()}/{lost[0]}.pem")


def add_missing(environment: Environment, said: ca.Transcript) -> list[str]:
    """Make those authorities that the settings name and that are not there yet; answers their labels. Raises CaRefused."""
    wanted = authorities.plan(current_settings(), environment)
    hierarchy.bring_up_to_date(current_settings().ca_dir, authorities.in_ca(environment))
    missing = [line for line in wanted.issuers if line not in map(line_of, authorities.labels(environment))]
    for label in missing:
        _add(environment, label, wanted.issuers[label], said, clock.now())
    return missing


def roll_over(
    environment: Environment, line: str, common_name: str | None, said: ca.Transcript, day: date | None = None
) -> str:
    """Make the authority that follows the newest of a line; answers its label. It may bear the old one's name, which some
    programs compare; unless a name is given, the generation's number follows the settings' name.

    Both chains are published from then on, and the new one issues from ``day`` on; None: at once. Raises CaRefused;
    CeremonyRefused: ca_line_unknown, ca_waits (one follows already), ca_day_past, ca_day_late, and what ``following.add`` raises.
    """
    wanted = authorities.plan(current_settings(), environment)
    _require_line(environment, line)
    _require_none_waits(environment, line)
    begins = _begins(day, wanted.issuing_years, _kind(line))
    label = next_label(authorities.labels(environment), line)
    _add(environment, label, common_name or _next_name(environment, label), said, begins, day)
    return label


def ask_root(environment: Environment, common_name: str | None, said: ca.Transcript) -> tuple[str, str]:
    """Ask a root whose key is not here for the intermediate that follows; answers the path of the request, and the name in it.

    Raises CaRefused; CeremonyRefused: ca_line_unknown, and ca_asked where a request waits already.
    """
    wanted = authorities.plan(current_settings(), environment)
    _require_line(environment, authorities.INTERMEDIATE)
    label = next_label(authorities.labels(environment), authorities.INTERMEDIATE)
    name = common_name or _next_name(environment, label)
    _, needed_until = _kind(authorities.INTERMEDIATE).validity(clock.now())
    return str(under_root.begin_next(authorities.desk(environment), wanted, label, name, said, needed_until)), name


def take_intermediate(environment: Environment, intermediate: bytes, said: ca.Transcript) -> str:
    """The intermediate that follows, with its certificate from the root; answers its label. Raises CaRefused, CeremonyRefused."""
    return under_root.complete_next(authorities.desk(environment), intermediate, said)


def _next_name(environment: Environment, label: str) -> str:
    line, named = line_of(label), authorities.plan(current_settings(), environment).by_line
    return f"{named.get(line) or authorities.authority(environment, line).name} {generation_of(label)}"


def _require_line(environment: Environment, line: str) -> None:
    """Something of that line is there. Raises CeremonyRefused ca_line_unknown; CaRefused ca_missing before the first ceremony."""
    there = dict.fromkeys(line_of(label) for label in authorities.labels(environment) if label != authorities.ROOT)
    if there and line not in there:
        lines, place = ", ".join(there), environment.value
        raise ca.CeremonyRefused("ca_line_unknown", name=line, lines=lines, place=place)
    authorities.last(environment, line)


def _require_none_waits(environment: Environment, line: str) -> None:
    last = authorities.last(environment, line)
    if authorities.waits(environment, last):
        day, file = authorities.issues_from(environment, last), f"{environment.value.lower()}/{last}.from"
        raise ca.CeremonyRefused("ca_waits", name=last, day=day, file=file)


def _begins(day: date | None, years: int, kind: ca.Profile) -> datetime:
    """When an authority that is made now for so many years is to issue its first certificate.

    Raises CeremonyRefused: ca_day_past, and ca_day_late where it would end before the certificate.
    """
    now = clock.now()
    if day is None:
        return now
    if day < local(now).date():
        raise ca.CeremonyRefused("ca_day_past", day=day)
    latest = local(years_after(now, years - kind.years)).date()
    if day >= latest:
        raise ca.CeremonyRefused("ca_day_late", day=day, latest=latest)
    return max(now, datetime.combine(day, time(), current_settings().timezone))


def _kind(line: str) -> ca.Profile:
    """What kind of certificate an authority of that line, or one below it, issues."""
    return signers.REPLIES_LAST if line == authorities.SERVICES else authorities.profile()


def _add(
    environment: Environment, label: str, name: str, said: ca.Transcript, begins: datetime, day: date | None = None
) -> None:
    wanted = authorities.plan(current_settings(), environment)
    _, needed_until = _kind(line_of(label)).validity(begins)
    following.add(authorities.desk(environment), wanted, label, name, said, needed_until=needed_until, issues_from=day)


def keep_transcript(environment: Environment, said: ca.Transcript) -> None:
    """Lay the transcript of a ceremony beside the authorities."""
    said.keep(folders.folder_of(current_settings().ca_dir, authorities.in_ca(environment)), clock.now())
