"""How a view answers: page or partial, refusal → status and sentence, redirects, and the headers of every answer."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, g, make_response, redirect, render_template, url_for
from flask_wtf.csrf import CSRFError
from htmx_flask import request
from werkzeug.exceptions import HTTPException, MisdirectedRequest, NotFound
from werkzeug.wrappers import Response

from certportal.extensions import csrf
from certportal.formats import language
from certportal.masking import mask_the_log
from certportal.refusals import Refusal
from certportal.routing import address
from certportal.sentences import sentence
from certportal.settings import current_settings

View = TypeVar("View", bound=Callable[..., Any])
ROLES = frozenset({"anonymous", "signatory", "operator", "contact", "program"})
STATUS = {"refusal": 422, "conflict": 409, "not_found": 404, "forbidden": 403, "too_many": 429}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

NOT_KEPT = frozenset({"csrf_token", "transfer_password", "pin", "code"})
"""What of a form is never written into a page that sends it again: secrets, and what would not help."""

HEARD_OUT = 8 * 2**20
"""So much may be sent for nothing; docs/deploy.md has its proxy let as much through."""

ALWAYS = (
    ("Content-Security-Policy", CSP),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
ALWAYS_SECURE = (*ALWAYS, ("Strict-Transport-Security", "max-age=31536000"))
"""What every answer says, unless its view has said it already: over http, and over https."""


def allow(*roles: str, any_host: bool = False) -> Callable[[View], View]:
    """Say who may use a view: anonymous, signatory, operator, contact (PIN-opened), program. signin.guard holds it.

    ``any_host``: it answers whatever host is named, for certificates name hosts of their own, and simple programs none.
    """
    if not roles or not set(roles) <= ROLES:
        raise ValueError(f"roles are {sorted(ROLES)}")

    def mark(view: View) -> View:
        view.allowed = frozenset(roles)  # type: ignore[attr-defined]
        view.any_host = any_host  # type: ignore[attr-defined]
        return view

    return mark


def wants_partial() -> bool:
    """Whether htmx asked for a part of the page: boosted requests and history restores want the whole."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def page(template: str, partial: str | None = None, *, status: int = 200, **context: Any) -> Response:
    """The page, or for htmx the partial that the page includes."""
    chosen = partial if partial and wants_partial() else template
    answer = make_response(render_template(chosen, **context), status)
    answer.vary.add("HX-Request")
    return answer


def see_other(endpoint: str, **values: Any) -> Response:
    """After a POST that did its work: 303 to a page; htmx is told to go there."""
    return go_to(url_for(endpoint, **values))


def go_to(address: str) -> Response:
    """The same to an address of this service."""
    if wants_partial():
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = address
        return answer
    return redirect(address, 303)


def unsent(why: str = "", first: str = "", button: str = "") -> Response | None:
    """Instead of a form that cannot be taken now: a page that keeps what was typed, to be sent again. ``why`` something is to be
    done ``first``, at that address; ``button`` leads there. A field that is only being checked stays as it is.

    None where nothing was typed, and for what was sent from elsewhere: nobody is asked to send that.
    """
    if request.method != "POST" or urlsplit(request.origin or "").netloc != current_settings().host:
        return None
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
    if not any(value for _, value in kept):
        return None
    partial = wants_partial()
    if partial and request.headers.get("HX-Trigger") == request.headers.get("HX-Target"):
        return make_response("", 204)
    files = any(file.filename for file in request.files.values())
    text = render_template("errors/unsent.html", kept=kept, files=files, why=why, first=first, button=button)
    answer = make_response(text, 422 if partial else 403)  # htmx shows no other refusal
    if partial:
        answer.headers.update({"HX-Retarget": "main", "HX-Reselect": "main", "HX-Reswap": "outerHTML show:top"})
    return answer


def local_address(address: str | None, otherwise: str) -> str:
    """``address`` when it is a path of this service, else ``otherwise``: no open redirects through ``next``."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable():
        return address
    return otherwise


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal's kind."""
    return STATUS[refusal.kind]


def tell(message: str, kind: str = "success") -> None:
    """A sentence that the next page shows once."""
    flash(message, kind)


@lru_cache(maxsize=256)
def _static_file(folder: str, name: str) -> Path:
    return Path(folder, name)


@lru_cache(maxsize=256)
def _static_address(name: str, path: Path, _changed: float) -> str:
    return url_for("static", filename=name, v=hashlib.sha256(path.read_bytes()).hexdigest()[:12])


def static_url(name: str) -> str:
    """A static file's address with its content's fingerprint, so that it may be cached for ever. A file that changes is
    noticed as a template is: at once while somebody develops, else when the portal is started again."""
    path = _static_file(current_app.static_folder or "", name)
    return _static_address(name, path, path.stat().st_mtime if current_app.debug else 0)


def _asked_by_program() -> bool:
    """Programs get a line of text: no page, which would bring a cookie with it."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "allowed", None) == {"program"}


def _refused(refusal: Refusal) -> Response:
    status = status_of(refusal)
    if _asked_by_program():
        return Response(f"{refusal.code}\n", status, mimetype="text/plain")
    return make_response(render_template("errors/refused.html", sentence=sentence(refusal), status=status), status)


def _http_error(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    if _asked_by_program():
        return Response(f"{error.name}\n", code, mimetype="text/plain")
    known = code if code in (400, 403, 404, 405, 409, 410, 413, 421, 429, 500, 503) else 400
    answer = make_response(render_template(f"errors/{known}.html"), code)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _csrf_error(_error: CSRFError) -> Response:
    kept = None if _asked_by_program() else unsent()
    if kept is not None:
        return kept
    if wants_partial():
        answer = make_response("", 400)
        answer.headers["HX-Refresh"] = "true"
        return answer
    return make_response(render_template("errors/csrf.html"), 400)


def _refuse_foreign_host() -> None:
    if request.host.lower() == current_settings().host:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "any_host", False):
        raise MisdirectedRequest


def _headers(answer: Response) -> Response:
    headers, said = answer.headers, {name.lower() for name, _ in answer.headers}
    if request.endpoint == "static":
        headers["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.args else "no-cache"
        said.add("cache-control")
    for name, value in ALWAYS_SECURE if current_settings().secure else ALWAYS:
        if name.lower() not in said:
            headers.add(name, value)
    return answer


def _hear_out(answer: Response) -> Response:
    """Read away what nobody has read of what was sent, up to what proxies let through: who closes a connection on it may take
    the answer along (RFC 9112 section 9.6), and the visitor would read of a proxy's fault. Only where a server tells the end."""
    left = HEARD_OUT if request.environ.get("wsgi.input_terminated") else 0
    with suppress(OSError):  # who has gone needs no answer
        while left > 0 and (read := request.environ["wsgi.input"].read(min(left, 2**16))):
            left -= len(read)
    return answer


def private(answer: Response) -> Response:
    """For pages behind a message link: never stored, never indexed; the referrer stays here (CSRF checks need it)."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _context() -> dict[str, Any]:
    settings = current_settings()
    return {"settings": settings, "lang": language().value, "demo": settings.demo, "actor": g.get("actor")}


def _as_it_is(view: View) -> View:
    """Nothing here is a coroutine, which Flask would look for in each view and handler at every request."""
    return view


def init_app(app: Flask) -> None:
    """Error pages, headers, the host check, a log without tokens and what every template may use. Forms are held against forgery
    after the guard has looked who is there: who is asked to sign in is not told that a form is old."""
    mask_the_log()
    app.ensure_sync = _as_it_is  # type: ignore[method-assign]
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.before_request(_refuse_foreign_host)
    csrf.init_app(app)
    app.after_request(_headers)
    app.after_request(_hear_out)
    app.context_processor(_context)
    app.jinja_env.globals.update(static=static_url, url_for=address)


def found(value: Any) -> Any:
    """The value, or the 404 page for None: what is not the organisation's own is not found."""
    if value is None:
        raise NotFound
    return value
