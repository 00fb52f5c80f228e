"""Mail over SMTP, told step by step (RFC 5321): whose fault a failure is, and whether the letter may have gone.

Flask-Mail's own Connection hands the whole conversation to ``smtplib.sendmail``, which cannot say whether a line was
lost before or after the letter left; it also has no time-out, does not verify certificates and raises from ``quit()``
on a dead line. ``Line`` drives MAIL, RCPT and DATA itself.

=========================================  ==========================  =====================================
what happens                               at which step               outcome
=========================================  ==========================  =====================================
4xx, 5xx, no line, TLS or AUTH failed      up to MAIL FROM             Temporary of the server
4xx / 5xx                                  RCPT TO                     Temporary / Refused of the address
4xx / 5xx                                  DATA, final dot             Temporary / Refused of the letter
421 (closing), 503 (bad sequence),         RCPT TO, DATA               Temporary of the server
530 (sign in first), a reply gone wrong
line lost                                  before DATA's 354           Temporary of the server
line lost, a reply gone wrong              from then on                Unknown
=========================================  ==========================  =====================================
"""

import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from flask import current_app
from flask_mail import Connection, Mail, Message

from certportal.outbox.envelope import Envelope
from certportal.outbox.outcomes import Accepted, Of, Outcome, Refused, Temporary, Unknown, kept_reply
from certportal.settings import Settings, current_settings

LOST = (smtplib.SMTPException, OSError)
CLOSING = 421
NEVER_THE_LETTERS_FAULT = (503, 530)  # bad sequence of commands, authentication required (RFC 4954 section 6)
NO_SMTPUTF8 = "this mail server takes no addresses with letters beyond a to z before the @ (it does not offer SMTPUTF8)"


def mail_config(settings: Settings) -> dict[str, Any]:
    """Flask-Mail's names for the settings about mail."""
    return {
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "MAIL_USE_TLS": settings.mail_tls == "starttls",
        "MAIL_USE_SSL": settings.mail_tls == "tls",
        "MAIL_DEFAULT_SENDER": settings.mail_sender,
    }


def post() -> "Post":
    """The post office of the app at work."""
    settings = current_settings()
    host = urlsplit(settings.base_url).hostname or ""
    return Post(current_app.extensions["mail"], settings.mail_timeout_seconds, local_name=host)


class ServerFault(Exception):
    """No conversation came about; the text is fit to be kept."""


@dataclass(frozen=True)
class Post:
    """Where letters are handed in: ``with post.connection() as line: outcome = line.send(letter, before=commit)``.

    ``mail`` is Flask-Mail's state (``app.extensions["mail"]``); ``timeout`` in seconds bounds each wait for the server;
    ``local_name`` is what EHLO says (without it smtplib asks the name service, at every connection). ``tls_context``
    decides which certificates are trusted; without it the system's authorities do.
    """

    mail: Mail
    timeout: float = 30
    local_name: str = ""
    tls_context: ssl.SSLContext | None = None

    def connection(self) -> "Line":
        """A line that connects when the first letter is handed in, and stays open over many."""
        return Line(self)


class Line(Connection):
    """One conversation with the mail server, over as many letters as wanted. Not for two threads at once.

    Neither MAIL_SUPPRESS_SEND nor MAIL_DEBUG is heeded: the first would call a letter accepted that nobody got, the
    second prints passwords and letters.
    """

    def __init__(self, post: Post) -> None:
        super().__init__(post.mail)
        self.post = post

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if exc_type is None:
            self.hang_up()
        else:  # the conversation may stand anywhere; QUIT could land in the middle of a letter
            self._drop()

    def hang_up(self) -> None:
        """Say QUIT if anybody still listens, and close."""
        if self.host is not None:
            with suppress(*LOST):
                self.host.quit()
            self._drop()

    def send(  # pyright: ignore[reportIncompatibleMethodOverride]  # the stock method says nothing of what happened
        self,
        message: Message,
        envelope_from: str | tuple[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> Outcome:
        """Hand in one letter and tell what became of it. Raises ValueError for a letter that must not be sent, and what
        ``before`` raises; nothing else.

        ``before`` is called once, just before MAIL FROM, when the server is there and could take the address: the
        caller commits there that the letter is being sent. It is not called when the outcome is clear without it.
        """
        envelope = Envelope.of(message, envelope_from)
        kept_open = self.host is not None
        try:
            host = self.host or self._connect()
        except ServerFault as fault:
            return Temporary(str(fault), "server")
        if envelope.options and not host.has_extn("smtputf8"):
            of_address = envelope.recipient.needs_smtputf8
            return Refused(NO_SMTPUTF8, "address") if of_address else Temporary(NO_SMTPUTF8, "server")
        if before is not None:
            before()
        outcome = self._converse(host, envelope, kept_open)
        self.num_emails += 1
        if self.mail.max_emails and self.num_emails >= self.mail.max_emails:
            self.hang_up()
        return outcome

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """A host that has greeted us, over TLS with a verified certificate unless settings say none, signed in.

        Raises what smtplib and ssl raise; the socket is closed then.
        """
        state, name, timeout = self.mail, self.post.local_name or None, self.post.timeout
        if state.use_ssl:
            host = smtplib.SMTP_SSL(state.server, state.port, name, timeout=timeout, context=self._tls_context())
        else:
            host = smtplib.SMTP(state.server, state.port, name, timeout=timeout)
        try:
            if state.use_tls:
                host.starttls(context=self._tls_context())
            host.ehlo_or_helo_if_needed()
            if state.username and state.password:
                host.login(state.username, state.password)
        except BaseException:
            host.close()
            raise
        return host

    def _tls_context(self) -> ssl.SSLContext:
        return self.post.tls_context or ssl.create_default_context()

    def _connect(self) -> smtplib.SMTP:
        try:
            self.host = self.configure_host()
        except (*LOST, UnicodeError) as error:  # UnicodeError: a password beyond ASCII, or a host name that is none
            raise ServerFault(kept_reply(_said(error), secrets=self._secrets())) from None
        self.num_emails = 0
        return self.host

    def _converse(self, host: smtplib.SMTP, envelope: Envelope, kept_open: bool) -> Outcome:
        try:
            listening = self._until_data(host, envelope, kept_open)
        except ServerFault as fault:
            return Temporary(str(fault), "server")
        except LOST as error:
            self._drop()
            return Temporary(kept_reply(_said(error), envelope.texts), "server")
        if not isinstance(listening, smtplib.SMTP):
            return listening
        try:
            listening.send(envelope.content)
            code, reply = listening.getreply()
        except LOST as error:
            self._drop()
            return Unknown(kept_reply(_said(error), envelope.texts))
        return self._settled(listening, code, reply, envelope)

    def _until_data(
        self, host: smtplib.SMTP, envelope: Envelope, kept_open: bool
    ) -> smtplib.SMTP | Refused | Temporary:
        """The host that has said 354 and waits for the letter, or the outcome without it."""
        host, code, reply = self._mail_from(host, envelope, kept_open)
        if code // 100 != 2:
            return self._judged(host, code, reply, "server", envelope)
        code, reply = host.rcpt(envelope.recipient.address)
        if code // 100 != 2:
            return self._judged(host, code, reply, "address", envelope)
        code, reply = host.docmd("DATA")
        return host if code == 354 else self._judged(host, code, reply, "letter", envelope)

    def _mail_from(self, host: smtplib.SMTP, envelope: Envelope, kept_open: bool) -> tuple[smtplib.SMTP, int, bytes]:
        """MAIL FROM, on a new line if the one kept open has died meanwhile: nothing is lost by that."""
        sender, options = envelope.sender.address, envelope.options
        try:
            code, reply = host.mail(sender, options)
            if not (kept_open and code == CLOSING):
                return host, code, reply
        except LOST:
            if not kept_open:
                raise
        self._drop()
        host = self._connect()
        return host, *host.mail(sender, options)

    def _settled(self, host: smtplib.SMTP, code: int, reply: bytes, envelope: Envelope) -> Outcome:
        """What the reply to the final dot means."""
        if code // 100 in (4, 5):
            return self._judged(host, code, reply, "letter", envelope)
        said = _kept(code, reply, envelope)
        if code // 100 == 2:
            return Accepted(said)
        self._drop()
        return Unknown(said)

    def _judged(self, host: smtplib.SMTP, code: int, reply: bytes, of: Of, envelope: Envelope) -> Refused | Temporary:
        """A reply that is not the one hoped for; the line is made ready for the next letter."""
        said = _kept(code, reply, envelope)
        if code == CLOSING or code // 100 not in (4, 5):
            self._drop()
            return Temporary(said, "server")
        self._reset(host)
        if of == "server" or code in NEVER_THE_LETTERS_FAULT:
            return Temporary(said, "server")
        return Temporary(said, of) if code // 100 == 4 else Refused(said, of)

    def _reset(self, host: smtplib.SMTP) -> None:
        """Make the server forget the letter begun, so that the next one starts clean (RFC 5321 section 4.1.1.5)."""
        try:
            code, _ = host.rset()
        except LOST:
            code = CLOSING
        if code // 100 != 2:
            self._drop()

    def _drop(self) -> None:
        if self.host is not None:
            self.host.close()
            self.host = None

    def _secrets(self) -> tuple[str, ...]:
        user, password = self.mail.username or "", self.mail.password or ""
        plain = (f"\0{user}\0{password}", f"{user}\0{user}\0{password}", password)
        return (password, *(b64encode(text.encode()).decode() for text in plain)) if password else ()


def _kept(code: int, reply: bytes, envelope: Envelope) -> str:
    return kept_reply(b"%d %s" % (code, reply), envelope.texts)


def _said(error: Exception) -> str:
    """What went wrong, for the operator."""
    match error:
        case smtplib.SMTPResponseException():
            reply = error.smtp_error
            return f"{error.smtp_code} {reply.decode('utf-8', 'replace') if isinstance(reply, bytes) else reply}"
        case ssl.SSLCertVerificationError():
            return f"the mail server's certificate is not trusted: {error.verify_message}"
        case UnicodeEncodeError():
            return (
                "user name or password for the mail server has letters beyond ASCII, which SMTP's sign-in cannot carry"
            )
        case _:
            return str(error) or type(error).__name__
