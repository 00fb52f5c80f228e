"""certportal: an organisation that runs a technical interface hands out certificates to the organisations that use it."""

from importlib import import_module
from pathlib import Path

from certportal.starting import without_collecting

with without_collecting():
    from flask import Flask

    from certportal import answers, formats, proxies
    from certportal.clock import Clock, DemoClock, MachineClock
    from certportal.extensions import babel, db, htmx, mail
    from certportal.outbox.smtp import mail_config
    from certportal.routing import LazyRule, RowNumber
    from certportal.settings import Settings, flask_config
    from certportal.templating import Templates

PACKAGE = Path(__file__).parent
ROOMS_WITH_LETTERS = (
    "signin", "registry", "messages", "orders", "certificates", "access", "contacts", "notices", "console"
)  # fmt: skip


@without_collecting()
def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The one factory: production, demo and tests. ``clock`` is given by tests and by the demo’s own past."""
    app = Flask(__name__, template_folder=str(_beside("templates")), static_folder=str(_beside("static")))
    app.url_rule_class, app.jinja_environment = LazyRule, Templates
    app.jinja_options = {"cache_size": -1}  # every template is kept: they are few, and a page asks for a dozen
    app.url_map.converters["int"] = RowNumber
    app.extensions["certportal.settings"] = settings
    app.extensions["certportal.clock"] = clock or (DemoClock() if settings.demo else MachineClock())
    app.config.from_mapping(**flask_config(settings), **mail_config(settings))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    for extension in (db, mail, htmx):
        extension.init_app(app)
    babel.init_app(
        app, locale_selector=formats.choose_locale, default_translation_directories=str(PACKAGE / "translations")
    )
    proxies.init_app(app, settings)
    formats.init_app(app)
    import_module("certportal.navigation").init_app(app)
    import_module("certportal.signin.guard").init_app(app)
    answers.init_app(app)
    for room in ROOMS_WITH_LETTERS:
        import_module(f"certportal.{room}.letters")
    for room in ("home", *ROOMS_WITH_LETTERS, *(["demo"] if settings.demo else [])):
        app.register_blueprint(import_module(f"certportal.{room}.views").blueprint)
    for protocol in ("est", "pkiws.views", "revocation_status", "ocsp", "revocations", "wellness"):
        app.register_blueprint(import_module(f"certportal.protocols.{protocol}").blueprint)
    return app


def _beside(name: str) -> Path:
    """templates/ and static/ stand beside the package in a checkout; the wheel carries them inside it."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
