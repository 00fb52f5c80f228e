"""``certportal ca …`` on the machine of a root that is kept elsewhere: there is no database, and nothing is connected."""

from datetime import timedelta
from pathlib import Path

import click

from certportal import ca
from certportal.ca import offline
from certportal.certificates import authorities
from certportal.cli.authority import A_FILE, ENVIRONMENTS, transcript
from certportal.cli.working import at_work
from certportal.identifiers import Environment
from certportal.settings import current_settings

A_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("make-root")
@click.option("--environment", type=ENVIRONMENTS, required=True)
def make_root(environment: str) -> None:
    """On a machine of its own, with the same settings: make a root alone. Its certificate goes to the server."""
    with at_work(before_init=True):
        desk, plan, said = _offline(environment, "root kept apart")
        offline.make_root(desk, plan, said)
        click.echo(said.text())
        folder = f"{desk.directory}/{environment.lower()}.root"
        click.echo(
            f"Take {folder}/root.pem to the server: certportal ca init --environment {environment} --root root.pem"
        )


@click.command("sign-intermediate")
@click.argument("request", type=A_FILE)
@click.option("--environment", type=ENVIRONMENTS, required=True)
@click.option("--out", type=A_NEW_FILE, default=Path("intermediate.pem"), show_default=True)
@click.option("--name", help="The common name of an intermediate that follows another; unless given, the settings’.")
@click.option("--yes", is_flag=True, help="Sign without asking: whoever runs this has compared the key.")
def sign_intermediate(request: Path, environment: str, out: Path, name: str | None, yes: bool) -> None:
    """On the root’s machine: show the server’s REQUEST and sign it, and the root’s next list beside it."""
    with at_work(before_init=True):
        desk, plan, said = _offline(environment, "intermediate signed")
        content, asked = request.read_bytes(), ca.Transcript()
        offline.tell_request(desk, plan, content, asked, name)
        click.echo(asked.text())
        if not yes:
            click.confirm("Is that the SHA-256 in the server’s transcript, and is it to be signed?", abort=True)
        out.write_bytes(offline.sign_intermediate(desk, plan, content, said, name))
        click.echo(said.text())
        _sign_list(desk, out.with_name("root.crl"))
        command = "init" if name is None else "rollover"
        click.echo(
            f"Take {out} and root.crl to the server: "
            f"certportal ca {command} --environment {environment} --intermediate {out.name}"
        )


@click.command("sign-crl")
@click.option("--environment", type=ENVIRONMENTS, required=True)
@click.option("--out", type=A_NEW_FILE, default=Path("root.crl"), show_default=True)
def sign_crl(environment: str, out: Path) -> None:
    """On the root’s machine: sign the root’s next revocation list, which holds for ROOT_CRL_DAYS, 180 unless set."""
    with at_work(before_init=True):
        _sign_list(_offline(environment, "list signed")[0], out)


def _offline(environment: str, what: str) -> tuple[ca.Desk, ca.Plan, ca.Transcript]:
    where = Environment(environment)
    return authorities.desk(where), authorities.plan(current_settings(), where), transcript(what)


def _sign_list(desk: ca.Desk, out: Path) -> None:
    crl = offline.sign_list(desk, timedelta(days=current_settings().root_crl_days or offline.LIST_DAYS))
    out.write_bytes(crl)
    read = ca.read_crl(offline.load_root(desk), crl)
    click.echo(f"{out}: the root’s list {read.number}, until {read.next_update:%Y-%m-%d %H:%M} UTC")


COMMANDS = (make_root, sign_intermediate, sign_crl)
