"""``certportal …``, every command of an operator at the server's own command line, as it is typed."""

import getpass
import re
import shlex
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certportal import create_app, runs
from certportal.audit import AuditEntry
from certportal.cli import main
from certportal.environment import read_settings
from certportal.extensions import db
from certportal.registry.importing import import_file
from tests.ca.softhsm import MODULE, PIN, needs_softhsm, reader_in, start_anew
from tests.conftest import FakeClock
from tests.far_ends import SmsFarEnd, SmtpFarEnd
from tests.running import environment

Typed = Callable[..., Result]
EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
COMMANDS = [
    ("registry", "import", str(EXAMPLES / "registry.json")),
    ("operators", "add", "olga@service.example", "Olga Operator"),
    ("operators", "list"),
    ("operators", "disable", "olga@service.example"),
    ("operators", "reset-totp", "olga@service.example"),
    ("operators", "sign-in-link", "olga@service.example"),
    ("sweep",),
    ("sweep", "--at", "2027-01-01"),
    ("deliver",),
    ("ca", "init"),
    ("ca", "show"),
    ("ca", "rollover", "--environment", "TEST"),
    ("ca", "publish-crl"),
    ("clock", "accept"),
    ("serve",),
]


@pytest.fixture
def environ(tmp_path: Path, smtp: SmtpFarEnd, sms: SmsFarEnd) -> dict[str, str]:
    return environment(tmp_path / "new", 8000, smtp, sms)


@pytest.fixture
def typed(environ: dict[str, str]) -> Typed:
    """Type a command; the database is as the last one left it."""

    def run(*arguments: str, **more: str) -> Result:
        given = environ | {f"CERTPORTAL_{name}": value for name, value in more.items()}
        return CliRunner(env=given).invoke(main, arguments)

    return run


@pytest.fixture
def ready(environ: dict[str, str], empty_database: Path, made_authorities: Path) -> Path:
    """The data directory after ``certportal init``."""
    directory = Path(environ["CERTPORTAL_DATA_DIR"])
    directory.mkdir()
    shutil.copyfile(empty_database, directory / "certportal.sqlite3")
    shutil.copytree(made_authorities, directory / "ca")
    (directory / "ca-passphrase").write_bytes(b"only for tests")
    return directory


def recorded(environ: dict[str, str]) -> list[tuple[str, str]]:
    """What the record says of each act: what was done, and by whom."""
    with create_app(read_settings(environ), FakeClock()).app_context():
        return [(row.verb, row.actor_name) for row in db.session.query(AuditEntry).order_by(AuditEntry.id)]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_before_init_every_command_says_what_to_do(typed: Typed, arguments: tuple[str, ...]) -> None:
    said = typed(*arguments)
    assert (said.exit_code, said.output) == (1, "Error: the database is not up to date; run: certportal init\n")


def test_init_makes_database_and_authorities_once(typed: Typed) -> None:
    first, again = typed("init"), typed("init")
    assert first.exit_code == again.exit_code == 0
    assert "PRODUCTION: making keys and certificates" in first.output
    assert "issuing: Certportal Issuing CA (test)" in first.output
    assert "TEST: the certification authorities are there already." in again.output
    assert typed("ca", "show").output.count("SHA-256") == 8


@pytest.mark.usefixtures("ready")
class TestWithADatabase:
    def test_wrong_settings_are_told_all_at_once(self, typed: Typed) -> None:
        said = typed("operators", "list", BASE_URL="portal", TIMEZONE="Nowhere")
        assert said.exit_code == 2
        assert "  CERTPORTAL_BASE_URL: " in said.output
        assert "  CERTPORTAL_TIMEZONE: " in said.output

    @pytest.mark.parametrize("name", ["init", "serve"])
    def test_a_gateway_that_apprise_does_not_know_is_told_before_anything_begins(self, typed: Typed, name: str) -> None:
        said = typed(name, SMS_URL="nobodyknows://user:sesam-98765@gateway/{to}")
        assert said.exit_code == 2
        assert "CERTPORTAL_SMS_URL is no Apprise URL" in said.output
        assert "sesam-98765" not in said.output

    def test_a_dry_run_shows_the_difference_and_takes_nothing(self, typed: Typed) -> None:
        file = str(EXAMPLES / "organisations.csv")
        for _ in range(2):
            said = typed("registry", "import", file, "--dry-run")
            assert said.exit_code == 0
            assert said.output.count("added organisations ") == 3
            assert said.output.endswith("3 would change.\n")

    def test_an_import_is_taken_once(self, typed: Typed, environ: dict[str, str]) -> None:
        file = str(EXAMPLES / "organisations.csv")
        assert typed("registry", "import", file).output.endswith("3 changed.\n")
        assert typed("registry", "import", file).output == "Nothing to change.\n"
        assert getpass.getuser() in {by for _, by in recorded(environ)}

    def test_a_wrong_row_is_named_with_its_line_and_nothing_is_taken(self, typed: Typed, tmp_path: Path) -> None:
        file = tmp_path / "organisations.csv"
        text = (EXAMPLES / "organisations.csv").read_text("utf-8")
        file.write_text(text.replace("9900002-6", "9900002-5"), "utf-8")
        said = typed("registry", "import", str(file))
        assert said.exit_code == 1
        assert "3" in said.output
        assert "Traceback" not in said.output
        assert typed("registry", "import", str(EXAMPLES / "organisations.csv")).output.endswith("3 changed.\n")

    def test_an_operator_from_first_day_to_last(self, typed: Typed) -> None:
        email = "olga@service.example"
        added = typed("operators", "add", email, "Olga Operator", "--language", "sv")
        assert added.output.startswith(f"{email} may sign in at /desk/sign-in")
        assert "no authenticator yet" in typed("operators", "list").output
        link = typed("operators", "sign-in-link", email).output
        assert "/desk/sign-in/link/" in link
        assert "within 10 minutes" in link
        assert typed("operators", "reset-totp", email).exit_code == 0
        assert typed("operators", "disable", email).output == f"{email} can no longer sign in.\n"
        assert "disabled" in typed("operators", "list").output
        again = typed("operators", "sign-in-link", email)
        assert again.exit_code == 1
        assert f'To let them in again: certportal operators add {email} "Olga Operator"' in again.output

    def test_an_operator_without_a_name_is_not_added(self, typed: Typed) -> None:
        said = typed("operators", "add", "olga@service.example", "")
        assert (said.exit_code, "Traceback" in said.output) == (1, False)
        assert typed("operators", "list").output == ""

    @pytest.mark.parametrize("email", ["olga", "nobody@service.example"])
    def test_nobody_is_disabled_by_mistake(self, typed: Typed, email: str) -> None:
        said = typed("operators", "disable", email)
        assert said.exit_code == 1
        assert said.output.strip()
        assert "Traceback" not in said.output

    def test_a_sweep_tells_what_it_did_or_would_do(self, typed: Typed) -> None:
        assert typed("sweep").output == "sweep: 0 due, 0 letters\n"
        assert typed("sweep", "--at", "2027-01-01T08:00").output == "0 notices would be due.\n"

    @pytest.mark.parametrize("moment", ["tomorrow", "2027-13-01", "9999-12-31"])
    def test_a_moment_that_nobody_can_read_is_asked_for_anew(self, typed: Typed, moment: str) -> None:
        said = typed("sweep", "--at", moment)
        assert said.exit_code == 2
        assert "ISO 8601" in said.output

    def test_what_waits_is_delivered(self, typed: Typed) -> None:
        assert typed("deliver").output == "deliver: 0 settled\n"

    def test_a_job_that_another_process_is_at_is_left_to_it(self, typed: Typed, environ: dict[str, str]) -> None:
        with create_app(read_settings(environ)).app_context():
            assert runs.take(runs.DELIVER) is not None
        said = typed("deliver")
        assert said.exit_code == 1
        assert "another process is at it" in said.output

    def test_an_authority_is_never_made_over_another(self, typed: Typed) -> None:
        said = typed("ca", "init", "--environment", "TEST")
        assert (said.exit_code, said.output) == (0, "TEST: the certification authorities are there already.\n")

    def test_accepting_the_clock_is_recorded(self, typed: Typed, environ: dict[str, str]) -> None:
        assert typed("clock", "accept").output == "The clock is accepted: notices and certificates go on.\n"
        assert recorded(environ)[-1] == ("clock_accepted", getpass.getuser())


@pytest.fixture
def made(typed: Typed) -> None:
    """``certportal init`` has been run, by the machine’s own clock."""
    assert typed("init").exit_code == 0


@pytest.mark.usefixtures("made")
class TestCeremonies:
    def test_an_authority_that_the_settings_name_anew_is_added_and_issues_for_its_channels(self, typed: Typed) -> None:
        named = {"CA_ISSUERS_TEST": "payroll=Example Payroll Issuing CA (test)"}
        said = typed("ca", "init", "--environment", "TEST", **named)
        assert said.exit_code == 0
        assert "payroll: Example Payroll Issuing CA (test)" in said.output
        assert "Example Payroll Issuing CA (test)" in typed("ca", "show").output
        assert "there already" in typed("ca", "init", "--environment", "TEST", **named).output

    def test_the_issuing_authority_that_follows_is_made_in_time_and_both_have_lists(self, typed: Typed) -> None:
        said = typed("ca", "rollover", "--environment", "PRODUCTION")
        assert said.exit_code == 0
        assert "issuing-2: Certportal Issuing CA (production) 2" in said.output
        shown = typed("ca", "show").output
        assert "issuing-2: revocation list 1, 0 entries" in shown

    @pytest.mark.parametrize("line", ["payroll", "", "../../x", "root", "issuing-2"])
    def test_a_line_that_is_not_there_is_answered_with_those_that_are(self, typed: Typed, line: str) -> None:
        said = typed("ca", "rollover", "--environment", "TEST", "--line", line)
        assert said.exit_code == 1
        assert f"There is no line ‘{line}’ here" in said.output
        assert "There are: intermediate, issuing, services." in said.output
        assert "CERTPORTAL_CA_ISSUERS_TEST" in said.output

    def test_the_one_that_follows_is_published_before_it_issues(self, typed: Typed) -> None:
        said = typed("ca", "rollover", "--environment", "PRODUCTION", "--issues-from", "2028-03-01")
        assert said.exit_code == 0
        assert "issuing-2: issues from 2028-03-01" in said.output
        assert "    issues from 2028-03-01\n" in typed("ca", "show").output

    def test_a_ceremony_leaves_a_transcript(self, typed: Typed, environ: dict[str, str]) -> None:
        typed("ca", "rollover", "--environment", "PRODUCTION", "--name", "Another Issuing CA")
        folder = Path(environ["CERTPORTAL_DATA_DIR"]) / "ca" / "production"
        texts = [path.read_text() for path in folder.glob("ceremony-*.txt")]
        [transcript] = [text for text in texts if "Another Issuing CA" in text]
        assert getpass.getuser() in transcript

    def test_lists_are_published_at_once(self, typed: Typed) -> None:
        said = typed("ca", "publish-crl", "--environment", "TEST")
        assert said.exit_code == 0
        for label in ("root", "intermediate", "issuing", "services"):
            assert f"{label}: revocation list 2, 0 entries" in said.output

    def test_a_key_that_cannot_be_used_holds_up_no_other_list(self, typed: Typed, environ: dict[str, str]) -> None:
        spoil_root_key(environ)
        said = typed("ca", "publish-crl")
        assert said.exit_code == 1
        assert "PRODUCTION: the list of root could not be published: The certification authority’s file" in said.output
        assert said.output.count("could not be published") == 1
        assert said.output.count("revocation list 2, 0 entries") == 7
        assert said.output.count("revocation list 1, 0 entries") == 1

    def test_an_authority_was_made_although_a_list_could_not_be_published(
        self, typed: Typed, environ: dict[str, str]
    ) -> None:
        spoil_root_key(environ)
        said = typed("ca", "rollover", "--environment", "PRODUCTION")
        assert said.exit_code == 0
        assert "PRODUCTION: the list of root could not be published: " in said.output
        assert "What was asked for was made (issuing-2); do not ask again." in said.output
        assert "certportal ca publish-crl --environment PRODUCTION" in said.output
        shown = typed("ca", "show").output
        assert "issuing-2: revocation list 1, 0 entries" in shown
        assert "issuing-3" not in shown


def spoil_root_key(environ: dict[str, str]) -> None:
    """The key of production's root is damaged on disk."""
    path = Path(environ["CERTPORTAL_DATA_DIR"]) / "ca" / "production" / "root.key"
    path.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")


def test_without_authorities_it_is_said_what_to_do(typed: Typed, tmp_path: Path) -> None:
    assert typed("init", "--without-authorities").exit_code == 0
    said = typed("ca", "show")
    assert said.exit_code == 0
    for each in ("PRODUCTION", "TEST"):
        todo = f"make them with: certportal ca init --environment {each}\n"
        assert f"{each}: no certification authorities yet; {todo}" in said.output


def test_two_levels_have_no_intermediate_to_follow_wherever_the_roots_key_is(
    typed: Typed, environ: dict[str, str]
) -> None:
    two = {"CA_LEVELS": "2"}
    assert typed("init", **two).exit_code == 0
    asked = ("ca", "rollover", "--environment", "PRODUCTION", "--line", "intermediate")
    here = typed(*asked, **two)
    (Path(environ["CERTPORTAL_DATA_DIR"]) / "ca" / "production" / "root.key").unlink()
    for said in (here, typed(*asked, **two)):
        assert said.exit_code == 1
        assert "There are: issuing, services." in said.output


def test_without_authorities_no_line_is_followed(typed: Typed) -> None:
    assert typed("init", "--without-authorities").exit_code == 0
    said = typed("ca", "rollover", "--environment", "PRODUCTION")
    assert (said.exit_code, "Make one with: certportal ca init" in said.output) == (1, True)


@pytest.mark.usefixtures("ready")
def test_it_is_told_where_each_key_is(typed: Typed, ready: Path) -> None:
    key = ready / "ca" / "production" / "root.key"
    assert f"    key: in the file {key}\n" in typed("ca", "show").output
    key.unlink()
    assert "    key: not here\n" in typed("ca", "show").output


@needs_softhsm
def test_a_key_in_a_token_is_told_with_whether_the_token_answers(
    typed: Typed, tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    with reader_in(folder) as reader:
        token = {"CA_TOKEN_MODULE": str(MODULE), "CA_TOKEN": "portal", "CA_TOKEN_PIN": PIN, "CA_LEVELS": "2"}
        assert typed("init", **token).exit_code == 0
        assert typed("ca", "show", **token).output.count("    key: in the token portal, which answers\n") == 6
        reader.pull()
        start_anew()
        away = typed("ca", "show", **token)
        assert away.exit_code == 0
        assert away.output.count("    key: in the token portal, and cannot be used now: The token portal") == 6
        assert "does not answer" in away.output
    assert "cannot be used now: The key root.key is in a token, and no token is set up" in typed("ca", "show").output


def test_an_intermediate_is_followed_where_the_roots_key_is_and_has_no_day(typed: Typed) -> None:
    assert typed("init").exit_code == 0
    wanted = ("ca", "rollover", "--environment", "TEST", "--line", "intermediate")
    assert typed(*wanted, "--issues-from", "2028-03-01").exit_code == 2
    said = typed(*wanted)
    assert said.exit_code == 0
    assert "intermediate-2: Certportal Intermediate CA (test) 2" in said.output
    assert "issued by      Certportal Intermediate CA (test) 2" in typed(*wanted[:4]).output
    assert "intermediate-2: revocation list 2" in typed("ca", "show").output


def hashes_of_keys(output: str) -> list[str]:
    return re.findall(r"SHA-256 of the public key ([0-9a-f ]+)", output)


def test_a_root_that_is_kept_elsewhere_signs_the_intermediate_and_its_lists(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole ceremony over two machines, by the commands that each one's output names."""
    monkeypatch.chdir(tmp_path)
    server, vault = {"DATA_DIR": str(tmp_path / "server")}, {"DATA_DIR": str(tmp_path / "vault")}
    production = ("--environment", "PRODUCTION")

    def done(*arguments: str, **more: str) -> str:
        said = typed("ca", *arguments, **more)
        assert said.exit_code == 0, said.output
        return said.output

    assert typed("init", "--without-authorities", **server).exit_code == 0
    assert "root.pem to the server" in done("make-root", *production, **vault)
    root = tmp_path / "vault" / "ca" / "production.root" / "root.pem"
    asked = done("init", *production, "--root", str(root), **server)
    assert "sign-intermediate" in asked
    request = tmp_path / "server" / "ca" / "production.waiting" / "intermediate.csr"
    unsure = typed("ca", "sign-intermediate", str(request), *production, **vault)
    assert unsure.exit_code == 1, "nobody has confirmed"
    assert "    subject        CN=Certportal Intermediate CA (production)\n" in unsure.output
    assert not (tmp_path / "intermediate.pem").exists()
    signed = done("sign-intermediate", str(request), *production, "--yes", **vault)
    assert "the root’s list 1" in signed
    assert "has signed" not in signed
    assert hashes_of_keys(asked)[-1] in hashes_of_keys(unsure.output)
    assert "has signed this key already" in typed("ca", "sign-intermediate", str(request), *production, **vault).output
    told = done("init", *production, "--intermediate", "intermediate.pem", **server)
    assert "root: revocation list 1" in told
    assert "key: not here" in done("show", **server)
    taken = x509.load_der_x509_crl(Path("root.crl").read_bytes())
    assert taken.next_update_utc == taken.last_update_utc + timedelta(days=180), "nobody walks there each week"
    assert "the root’s list 2" in done("sign-crl", *production, **vault)
    assert "root: revocation list 2" in done("publish-crl", *production, "--take", "root.crl", **server)
    older = typed("ca", "publish-crl", *production, "--take", "root.crl", **server)
    assert (older.exit_code, "newer" in older.output) == (1, True)

    asked = done("rollover", *production, "--line", "intermediate", **server)
    sign, take = re.findall(r"certportal (ca (?:sign-intermediate|rollover) .*)", asked)
    shutil.copyfile(tmp_path / "server" / "ca" / "production" / "intermediate-2.csr", "intermediate-2.csr")
    unnamed = typed("ca", "sign-intermediate", "intermediate-2.csr", *production, "--yes", **vault)
    assert (unnamed.exit_code, 'give --name "Certportal Intermediate CA (production) 2"' in unnamed.output) == (1, True)
    signed = done(*shlex.split(sign)[1:], "--yes", **vault)
    assert "has signed another key" in signed
    assert take in signed
    assert hashes_of_keys(asked)[0] == hashes_of_keys(signed)[0]
    newest = Path("root.crl").read_bytes()
    Path("root.crl").write_bytes(taken.public_bytes(Encoding.DER))
    made = done(*shlex.split(take)[1:], **server)
    assert "intermediate-2: Certportal Intermediate CA (production) 2" in made
    assert "The root’s list root.crl was not taken: A newer" in made
    [left] = re.findall(r"What is left to do: certportal ca (.*)", made)
    Path("root.crl").write_bytes(newest)
    assert "root: revocation list 3" in done(*shlex.split(left), **server)
    assert "issued by      Certportal Intermediate CA (production) 2" in done("rollover", *production, **server)


class TestProgress:
    def test_an_import_tells_how_far_it_has_come(self, app: object, environ: dict[str, str]) -> None:
        from certportal.cli import somebody

        heard: list[tuple[int, int]] = []
        file = EXAMPLES / "organisations.csv"
        import_file(file, somebody(), dry_run=True, progress=lambda done, of: heard.append((done, of)))
        assert heard == [(1, 3), (2, 3), (3, 3)]

    def test_jobs_tell_how_far_they_have_come(self, app: object) -> None:
        from certportal import scheduler
        from certportal.settings import current_settings

        heard: list[str] = []
        (sweep,) = [job for job in scheduler.jobs(current_settings()) if job.name == runs.SWEEP]
        assert scheduler.run_now(sweep, tell=heard.append)
        assert heard[-1] == "0 due, 0 letters"
        assert "60 days before: batch 1" in heard

    @pytest.mark.parametrize(("terminal", "seen"), [(True, "half"), (False, "")])
    def test_it_is_shown_on_a_terminal_alone(
        self, terminal: bool, seen: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from certportal.progress import progress

        monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
        with progress() as tell:
            tell("half")
        shown = capsys.readouterr()
        assert seen in shown.err
        assert bool(shown.err) is terminal
        assert shown.out == ""
