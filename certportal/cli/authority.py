"""``certportal ca …``: ceremonies of the certification authorities, and their lists."""

import sys
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding

from certportal import audit, ca, clock
from certportal.ca import folders, keys
from certportal.certificates import authorities, ceremonies, revocation_lists
from certportal.cli.working import at_work, somebody
from certportal.extensions import transaction
from certportal.identifiers import Environment
from certportal.refusals import Refusal
from certportal.sentences import sentence

ENVIRONMENTS = click.Choice([each.value for each in Environment])
BELOW_IT = "What issues is made below it from now on: follow each line next, with certportal ca rollover."
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("ca")
def authority() -> None:
    """The certification authorities."""


@authority.command("init")
@click.option("--environment", type=ENVIRONMENTS, help="Only this one.")
@click.option(
    "--root", type=A_FILE, help="The certificate of a root that is kept elsewhere: make the intermediate’s request."
)
@click.option("--intermediate", type=A_FILE, help="The certificate that came back from that root: make the rest.")
def init(environment: str | None, root: Path | None, intermediate: Path | None) -> None:
    """Make the authorities that the settings name and that are not there yet, with their keys; print the transcript."""
    if (root or intermediate) and environment is None:
        raise click.UsageError("give --environment too: each environment has a root of its own")
    with at_work():
        for each in [Environment(environment)] if environment else list(Environment):
            if root is not None:
                begin(each, root)
            elif intermediate is not None:
                complete(each, intermediate)
            else:
                make(each)


@authority.command("show")
def show() -> None:
    """Every authority: names, keys, validity, fingerprints, where the key is, and the newest list."""
    with at_work():
        for environment in Environment:
            if not authorities.labels(environment):
                tell_none(environment)
                continue
            click.echo(environment.value)
            for label in authorities.labels(environment):
                tell(environment, label)


@authority.command("rollover")
@click.option("--environment", type=ENVIRONMENTS, required=True)
@click.option("--line", default=authorities.ISSUING, show_default=True, help="Which authority is followed.")
@click.option(
    "--name", help="The new one’s common name; unless given, the old one’s with the number of its generation."
)
@click.option(
    "--issues-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which it begins to issue; unless given, at once. Until then, those who verify can learn to trust it.",
)
@click.option(
    "--intermediate",
    type=A_FILE,
    help="The certificate of the intermediate that follows, back from a root kept elsewhere.",
)
def rollover(
    environment: str, line: str, name: str | None, issues_from: datetime | None, intermediate: Path | None
) -> None:
    """Make the authority that follows one that ends; both chains are published from now on."""
    if issues_from is not None and (intermediate is not None or line == authorities.INTERMEDIATE):
        raise click.UsageError(
            "an intermediate has no day: give --issues-from with the authority that follows below it"
        )
    with at_work():
        where, said = Environment(environment), transcript("rollover")
        if intermediate is not None:
            finish(where, [ceremonies.take_intermediate(where, intermediate.read_bytes(), said)], said)
            take_root_list(where, intermediate.with_name("root.crl"))
            click.echo(BELOW_IT)
            return
        if line == authorities.INTERMEDIATE and not authorities.key_is_here(where, authorities.ROOT):
            ask_root(where, name, said)
            return
        label = ceremonies.roll_over(where, line, name, said, issues_from.date() if issues_from is not None else None)
        finish(where, [label], said)
        if line == authorities.INTERMEDIATE:
            click.echo(BELOW_IT)


@authority.command("publish-crl")
@click.option("--environment", type=ENVIRONMENTS, help="Only this one.")
@click.option("--take", type=A_FILE, help="A list that was signed elsewhere, by a root whose key is not here.")
@click.option("--of", "label", default=authorities.ROOT, show_default=True, help="Whose list --take is.")
def publish_crl(environment: str | None, take: Path | None, label: str) -> None:
    """Sign and publish the revocation lists now, or take one that was signed elsewhere."""
    if take is not None and environment is None:
        raise click.UsageError("give --environment too: each environment has a root of its own")
    well = True
    with at_work():
        for each in [Environment(environment)] if environment else list(authorities.present()):
            if take is not None:
                revocation_lists.take(each, label, take.read_bytes())
            else:
                well &= publish_lists(each)
            for one in authorities.labels(each):
                tell_list(each, one)
    if not well:
        sys.exit(1)


def make(environment: Environment) -> None:
    """Make what is missing of one environment's authorities, and publish the first lists."""
    said = transcript("authorities made")
    ceremonies.require_nothing_lost(environment)
    if not authorities.labels(environment):
        click.echo(f"{environment.value}: making keys and certificates …")
        authorities.initialise(environment, said)
        finish(environment, authorities.labels(environment), said)
        return
    made = ceremonies.add_missing(environment, said)
    if made:
        finish(environment, made, said)
    else:
        click.echo(f"{environment.value}: the certification authorities are there already.")


def begin(environment: Environment, root: Path) -> None:
    """The first half of a ceremony whose root is elsewhere."""
    said = transcript("intermediate requested")
    ceremonies.require_nothing_lost(environment)
    request = ceremonies.begin_under_root(environment, root.read_bytes(), said)
    requested(environment, said)
    click.echo(
        f"Take {request} to the root: certportal ca sign-intermediate intermediate.csr --environment {environment.value}"
    )


def ask_root(environment: Environment, name: str | None, said: ca.Transcript) -> None:
    """The intermediate that follows is asked for, at a root whose key is not here."""
    request, asked = ceremonies.ask_root(environment, name, said)
    requested(environment, said)
    file, where = Path(request).name, f"--environment {environment.value}"
    back = f"{file.removesuffix('.csr')}.pem"
    click.echo(
        f"The root’s key is not here. Put it back and begin again, or take {request} to where it is kept: "
        f'certportal ca sign-intermediate {file} {where} --name "{asked}" --out {back}\n'
        f"When {back} and root.crl have come back: certportal ca rollover {where} --intermediate {back}"
    )


def requested(environment: Environment, said: ca.Transcript) -> None:
    """Record that a root kept elsewhere is asked, and print the transcript."""
    with transaction():
        audit.record("ca_requested", f"ca:{environment.value}", by=somebody())
    click.echo(said.text())


def complete(environment: Environment, intermediate: Path) -> None:
    """The second half; the root's list is taken where it lies beside the intermediate's certificate."""
    said = transcript("authorities made under a root kept elsewhere")
    ceremonies.complete_under_root(environment, intermediate.read_bytes(), said)
    finish(environment, authorities.labels(environment), said)
    take_root_list(environment, intermediate.with_name("root.crl"))


def take_root_list(environment: Environment, crl: Path) -> None:
    """Publish the list that the root signed beside an intermediate, or say how to bring it."""
    later = f"certportal ca publish-crl --environment {environment.value} --take root.crl"
    if not crl.exists():
        click.echo(
            f"No list of the root came with it. Sign one there (certportal ca sign-crl) and take it here: {later}"
        )
        return
    try:
        revocation_lists.take(environment, authorities.ROOT, crl.read_bytes())
    except Refusal as refusal:
        click.echo(f"The root’s list {crl} was not taken: {sentence(refusal)} What is left to do: {later}", err=True)
    tell_list(environment, authorities.ROOT)


def finish(environment: Environment, made: list[str], said: ca.Transcript) -> None:
    """Record what has been made, print and keep the transcript, publish the lists; where one fails, what was made stands."""
    with transaction():
        for label in made:
            name = authorities.authority(environment, label).name
            audit.record("ca_made", f"ca:{environment.value}", by=somebody(), name=name, authority=label)
    click.echo(said.text())
    ceremonies.keep_transcript(environment, said)
    if not publish_lists(environment):
        click.echo(
            f"What was asked for was made ({', '.join(made)}); do not ask again. What is left: see to what is said above, then: "
            f"certportal ca publish-crl --environment {environment.value}",
            err=True,
        )


def publish_lists(environment: Environment) -> bool:
    """Publish every list that can be, and say of each other one why not; answers whether there was none."""
    failed = revocation_lists.publish_all(environment)
    for label, error in failed.items():
        why = sentence(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
        click.echo(f"{environment.value}: the list of {label} could not be published: {why}", err=True)
    return not failed


def tell(environment: Environment, label: str) -> None:
    """One authority, for people."""
    found = authorities.authority(environment, label)
    described = ca.describe(found.certificate.public_bytes(Encoding.DER))
    click.echo(f"  {label}: {found.name}")
    click.echo(f"    {described.key}, issued by {described.issuer}, valid to {described.not_after:%Y-%m-%d}")
    click.echo(f"    SHA-256 {described.fingerprint}")
    if authorities.waits(environment, label):
        click.echo(f"    issues from {authorities.issues_from(environment, label)}")
    click.echo(f"    key: {where_key_is(authorities.desk(environment), label)}")
    tell_list(environment, label)


def tell_none(environment: Environment) -> None:
    """What to do where an environment has no authorities yet."""
    desk, init = authorities.desk(environment), f"certportal ca init --environment {environment.value}"
    waiting = folders.waiting_of(desk.directory, desk.environment) / "intermediate.csr"
    if waiting.exists():
        click.echo(f"{environment.value}: {waiting} waits for the root’s signature; then: {init} --intermediate FILE")
    else:
        click.echo(f"{environment.value}: no certification authorities yet; make them with: {init}")


def where_key_is(desk: ca.Desk, label: str) -> str:
    """Where an authority's key is; of one in a token, whether it can be used now."""
    path = desk.folder / f"{label}.key"
    if not path.exists():
        return "not here"
    token = None
    try:
        token = keys.token_of(path)
        if token is None:
            return f"in the file {path}"
        keys.load(path, desk.passphrase, desk.token)
    except ca.CaRefused as refusal:
        return f"in {f'the token {token}' if token else path}, and cannot be used now: {sentence(refusal)}"
    return f"in the token {token}, which answers"


def tell_list(environment: Environment, label: str) -> None:
    """An authority's newest revocation list, for people."""
    newest = revocation_lists.published_crl(environment, label)
    if newest is None:
        click.echo(f"    {label}: no revocation list yet")
        return
    until = f"{newest.next_update:%Y-%m-%d %H:%M} UTC"
    click.echo(f"    {label}: revocation list {newest.number}, {newest.entries} entries, until {until}")


def transcript(what: str) -> ca.Transcript:
    """An empty transcript: what it is of, when, by whom."""
    return ca.Transcript((f"certportal: {what}", f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, {somebody().name}"))
