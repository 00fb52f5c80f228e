"""``certportal serve``: gunicorn with threads, the scheduler inside each worker, an access log without message tokens."""

import logging
import threading
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from certportal import create_app, scheduler
from certportal.certificates import service as certificates
from certportal.clock import Clock
from certportal.masking import mask
from certportal.settings import Settings
from certportal.starting import collect_seldom

ACCESS_LOG = '%(h)s "%(r)s" %(s)s %(b)s %(L)s'


class MaskingLogger(Logger):
    """Gunicorn's logger, with the token of every message link replaced and no referrer written."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> Any:
        atoms = super().atoms(resp, req, environ, request_time)
        return {name: mask(value) if isinstance(value, str) else value for name, value in atoms.items()}


class Server(BaseApplication):
    """Gunicorn, set up from our settings. The app is made in each worker, after the fork."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings, self.clock = settings, clock
        super().__init__()

    def load_config(self) -> None:
        values: dict[str, Any] = {
            "bind": self.settings.bind,
            "workers": self.settings.workers,
            "threads": self.settings.threads,
            "worker_class": "gthread",
            "accesslog": None if self.settings.demo else "-",
            "access_log_format": ACCESS_LOG,
            "logger_class": MaskingLogger,
            "graceful_timeout": 40,
            "timeout": 60,
            "max_requests": 0,
            "limit_request_line": 8190,  # the most that it can be told, and what proxies let through
            "post_worker_init": start_worker,
            "worker_exit": stop_scheduler,
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "header_map": "drop",  # a name with underscores would be read as the one with dashes (failures.md, F17)
            "proc_name": "certportal",
            "control_socket_disable": True,
            "loglevel": "warning" if self.settings.demo else "info",
        }
        for name, value in values.items():
            if name in self.cfg.settings:  # older gunicorns have no control socket
                self.cfg.set(name, value)

    def load(self) -> Any:
        app = create_app(self.settings, self.clock)
        if not self.settings.demo:
            _log_calls_of_programs(app)
        collect_seldom()
        return app


def _log_calls_of_programs(app: Any) -> None:
    """A line for each, by the handler that Flask gives its own logger; thread and process are not looked up for it by name."""
    app.logger.debug("calls of programs are logged")
    logging.logThreads = logging.logMultiprocessing = False
    logging.getLogger("certportal.protocols").setLevel(logging.INFO)


def start_worker(worker: Worker) -> None:
    """After the fork and after the app is made: APScheduler's threads belong to this worker. What the first certificate needs
    is made ready beside the first requests."""
    app: Any = worker.app.callable
    settings: Settings = app.extensions["certportal.settings"]
    threading.Thread(target=certificates.warm, args=(settings,), name="warm", daemon=True).start()
    if settings.scheduler:
        app.extensions["certportal.scheduler"] = scheduler.start(app)


def stop_scheduler(_server: Any, worker: Worker) -> None:
    """SIGTERM: the message in hand is finished, then the worker ends."""
    app: Any = worker.app.callable
    running = app.extensions.get("certportal.scheduler") if app is not None else None
    if running is not None:
        scheduler.stop(running)


def serve(settings: Settings, clock: Clock | None = None) -> None:
    """Serve until SIGTERM."""
    Server(settings, clock).run()
