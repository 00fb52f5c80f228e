"""Other people's certificate authorities, run as their own guides say, with a P-256 key, a register and no more than they need.

cfssl is Debian's; django-ca is installed from the package index into a virtual environment of its own, outside the lock.
"""

import base64
import json
import sqlite3
import subprocess
import sys
import venv
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measuring import Missing
from tests.bench.servers import Call, Process
from tests.no_skips import find_program
from tests.running import free_port

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-bench"
DJANGO_CA = ["django-ca[api]==3.2.0", "gunicorn==27.0.1"]
USER, PASSWORD = "bench", "only for the bench"

CFSSL_TABLES = """
CREATE TABLE certificates (serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob,
    status blob NOT NULL, reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
    PRIMARY KEY (serial_number, authority_key_identifier));
"""
"""What its package's migration makes."""

DJANGO_SETTINGS = """
SECRET_KEY = "only for the bench, made up here!"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_ca"]
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "{folder}/register.sqlite3",
    "OPTIONS": {{
        "transaction_mode": "IMMEDIATE",  # or two at once find the database locked
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    }},
}}}}
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    "django-ca": {{"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {{"location": "{folder}/keys"}}}},
}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a slow hash would be most of its time
CA_DEFAULT_HOSTNAME = "localhost"
CA_ENABLE_REST_API = True
CA_ENABLE_ACME = False
CA_USE_CELERY = False
"""
DJANGO_URLS = """
from django.urls import include, path
urlpatterns = [path("django_ca/", include("django_ca.urls"))]
"""
DJANGO_WSGI = """
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
DJANGO_FIRST = """
import django
django.setup()
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django_ca.models import CertificateAuthority
call_command("migrate", verbosity=0)
call_command("init_ca", "bench", "CN=Bench CA", "--key-type=EC", "--elliptic-curve=secp256r1", "--api-enable")
user = User.objects.create_user("{user}", password="{password}")
user.user_permissions.add(Permission.objects.get(codename="sign_certificate", content_type__app_label="django_ca"))
print(CertificateAuthority.objects.get().serial)
"""


@dataclass(frozen=True)
class Peer:
    """A running authority; how it is asked to sign a request in PEM; and where its SQLite register counts certificates."""

    server: Process
    call: Callable[[bytes], Call]
    register: Path
    table: str

    @property
    def issued(self) -> int:
        with closing(sqlite3.connect(self.register)) as register:
            return register.execute(f"SELECT count(*) FROM {self.table}").fetchone()[0]


def cfssl(folder: Path) -> Peer:
    """cfssl with its register."""
    program = find_program("cfssl")
    if program is None:
        raise Missing("cfssl", "apt-get install golang-cfssl")
    port = free_port()
    with closing(sqlite3.connect(folder / "certs.db")) as register:
        register.executescript(CFSSL_TABLES)
    usages = {"expiry": "17520h", "usages": ["digital signature", "client auth"]}
    (folder / "config.json").write_text(json.dumps({"signing": {"default": usages}}))
    (folder / "db.json").write_text(json.dumps({"driver": "sqlite3", "data_source": str(folder / "certs.db")}))
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "3650",
    ]
    made += ["-subj", "/CN=Bench CA", "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.pem")]
    subprocess.run(made, check=True, capture_output=True)
    command = [program, "serve", "-address", "127.0.0.1", "-port", str(port), "-loglevel", "3"]
    command += ["-ca", "ca.pem", "-ca-key", "ca.key", "-config", "config.json", "-db-config", "db.json"]

    def call(request: bytes) -> Call:
        body = json.dumps({"certificate_request": request.decode()}).encode()
        return Call("/api/v1/cfssl/sign", {"Content-Type": "application/json"}, body)

    return Peer(Process(command, port, folder), call, folder / "certs.db", "certificates")


def django_ca(folder: Path) -> Peer:
    """django-ca's REST interface under gunicorn as ours runs, its tasks within the request."""
    python = _installed()
    for name, text in {"settings": DJANGO_SETTINGS, "urls": DJANGO_URLS, "wsgi": DJANGO_WSGI}.items():
        (folder / f"{name}.py").write_text(text.format(folder=folder) if name == "settings" else text)
    environ = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    first = DJANGO_FIRST.format(user=USER, password=PASSWORD)
    done = subprocess.run([python, "-c", first], env=environ, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"django-ca could not be set up:\n{done.stderr}")
    serial, port = done.stdout.split()[-1], free_port()
    command: list[Any] = [python, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    command += ["--worker-class", "gthread", "--no-control-socket", "wsgi:application"]
    proof = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {proof}"}
    subject = [{"oid": "2.5.4.3", "value": "9900001-8"}]

    def call(request: bytes) -> Call:
        body = json.dumps({"csr": request.decode(), "subject": subject, "profile": "client"}).encode()
        return Call(f"/django_ca/api/ca/{serial}/sign/", headers, body)

    server = Process(command, port, folder, environ)
    return Peer(server, call, folder / "register.sqlite3", "django_ca_certificate")


def _installed() -> Path:
    """The interpreter of the environment that has django-ca, made when it is first needed."""
    python, stamp = VENV / "bin" / "python", VENV / ".holds"
    if not (stamp.exists() and stamp.read_text() == "\n".join(DJANGO_CA)):
        print(f"installing {DJANGO_CA[0]} into {VENV.name}", file=sys.stderr, flush=True)
        venv.create(VENV, clear=True, with_pip=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", *DJANGO_CA]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing("django-ca", done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "not installed")
        stamp.write_text("\n".join(DJANGO_CA))
    return python
