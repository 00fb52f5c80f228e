"""certportal: an organisation that runs a technical interface hands out certificates to the organisations that use it."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from flask import Flask

from certportal import answers, formats
from certportal.clock import Clock, DemoClock, MachineClock
from certportal.extensions import babel, csrf, db, htmx, mail
from certportal.outbox.smtp import mail_config
from certportal.proxies import TrustedProxies
from certportal.routing import LazyRule
from certportal.settings import Settings
from certportal.starting import without_collecting

PACKAGE = Path(__file__).parent
LETTERS = ("signin", "registry", "messages", "orders", "certificates", "access", "contacts", "notices", "console")
PROTOCOLS = ("revocation_status", "wellness")
VIEWS = (
    "home", "signin", "registry", "messages", "orders", "certificates", "access", "contacts", "notices", "console"
)  # fmt: skip


@without_collecting()
def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The one factory: production, demo and tests. ``clock`` is given by tests and by the demo’s own past."""
    app = Flask(__name__, template_folder=str(_beside("templates")), static_folder=str(_beside("static")))
    app.url_rule_class = LazyRule
    app.extensions["certportal.settings"] = settings
    app.extensions["certportal.clock"] = clock or (DemoClock() if settings.demo else MachineClock())
    app.config.from_mapping(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SESSION_COOKIE_NAME="__Host-certportal" if settings.secure else "certportal",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        PREFERRED_URL_SCHEME="https" if settings.secure else "http",
        **mail_config(settings),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    for extension in (db, csrf, mail, htmx):
        extension.init_app(app)
    babel.init_app(
        app, locale_selector=formats.choose_locale, default_translation_directories=str(PACKAGE / "translations")
    )
    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    formats.init_app(app)
    if find_spec("certportal.navigation"):
        import_module("certportal.navigation").init_app(app)
    if find_spec("certportal.signin.guard"):
        import_module("certportal.signin.guard").init_app(app)
    answers.init_app(app)
    for room in LETTERS:
        if find_spec(f"certportal.{room}.letters"):
            import_module(f"certportal.{room}.letters")
    for room in VIEWS:
        if find_spec(f"certportal.{room}.views"):
            app.register_blueprint(import_module(f"certportal.{room}.views").blueprint)
    if settings.demo:
        app.register_blueprint(import_module("certportal.demo.views").blueprint)
    for protocol in PROTOCOLS:
        app.register_blueprint(import_module(f"certportal.protocols.{protocol}").blueprint)
    return app


def _beside(name: str) -> Path:
    """templates/ and static/ stand beside the package in a checkout; the wheel carries them inside it."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
