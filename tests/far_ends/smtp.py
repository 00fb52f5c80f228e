"""A real SMTP server on loopback that can be told to fail at any step."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any, Literal, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.far_ends.script import DROP, HOST, PATIENCE, Answer, Arrivals, Script, Silence

# What happens inside a far end is not the portal's log: tests that search the log for secrets must not find them here.
logging.getLogger("mail.log").propagate = False
logging.getLogger("mail.log").setLevel(logging.ERROR)

Step = Literal["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "rset", "quit"]


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as it came over the wire."""

    sender: str
    recipient: str
    content: bytes
    mail_options: tuple[str, ...] = ()
    encrypted: bool = False
    login: str | None = None

    @property
    def parsed(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.content, policy=policy.default))

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"])

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, subtype: Literal["plain", "html"]) -> str:
        part = self.parsed.get_body((subtype,))
        assert part is not None, f"the mail {self.subject!r} has no {subtype} part"
        return str(part.get_content())


class SmtpFarEnd:
    """An SMTP server (aiosmtpd) on a loopback port of its own, in a thread of its own.

    ``tls``: none, starttls or tls, the last two with ``context``, a server-side SSLContext. ``login``: user and
    password that it then demands. ``smtputf8``: whether it takes addresses beyond ASCII (RFC 6531).

    Steps to script: connect (the greeting), ehlo (HELO too), starttls, auth, mail, rcpt, data, body (after 354 and the
    first line), dot (after the final dot), rset, quit. A mail whose final dot is answered by DROP or HANG is kept in
    ``messages``, as a real server may well have kept it; one answered 4xx or 5xx is not.
    """

    def __init__(
        self,
        *,
        tls: Literal["none", "starttls", "tls"] = "none",
        context: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        smtputf8: bool = True,
        port: int = 0,
    ) -> None:
        self.tls, self.context, self.login, self.smtputf8 = tls, context, login, smtputf8
        self.host, self.port = HOST, port
        self.messages: Arrivals[ReceivedMail] = Arrivals()
        self.commands: list[str] = []
        self.connections = 0
        self.refused: dict[str, str] = {}
        self._script = Script()
        self._lines: set[_Line] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp far end", daemon=True)

    def script(self, step: Step, *answers: Answer) -> None:
        """The next time (times) this step comes, answer so; then as usual."""
        self._script.once(step, *answers)

    def always(self, step: Step, answer: Answer) -> None:
        """Answer so at this step until ``heal()``."""
        self._script.always(step, answer)

    def refuse(self, address: str, reply: str = "550 5.1.1 No such user here") -> None:
        """Answer RCPT TO of this address so until ``heal()``."""
        self.refused[address] = reply

    def heal(self) -> None:
        """Forget every script: an ordinary server again."""
        self._script.clear()
        self.refused.clear()

    def reset(self) -> None:
        """As freshly started: no script, no line, nothing received."""
        self.heal()
        self.hang_up()
        self.messages.clear()
        self.commands.clear()
        self.connections = 0

    def hang_up(self) -> None:
        """Cut every line that is open now; returns when they are gone."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(PATIENCE)

    def start(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(PATIENCE)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    async def _listen(self) -> asyncio.Server:
        wrap = self.context if self.tls == "tls" else None
        return await self._loop.create_server(self._new_line, HOST, self.port, ssl=wrap)

    def _new_line(self) -> "_Line":
        self.connections += 1
        return _Line(self)

    async def _close(self) -> None:
        self._server.close()
        await self._hang_up()
        await self._server.wait_closed()

    async def _hang_up(self) -> None:
        tasks = [task for line in list(self._lines) if (task := line.cut()) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def handle_DATA(self, line: "_Line", session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook after the final dot."""
        answer = self._script.next("dot")
        if answer is None or isinstance(answer, Silence) or answer.startswith("2"):
            login = cast(LoginPassword, session.auth_data).login.decode() if session.authenticated else None
            assert isinstance(envelope.content, bytes)
            recipient = ", ".join(str(address) for address in envelope.rcpt_tos)
            options = tuple(envelope.mail_options)
            mail = ReceivedMail(
                str(envelope.mail_from),
                recipient,
                envelope.content,
                options,
                session.ssl is not None or line.tls,
                login,
            )
            self.messages.append(mail)
        if isinstance(answer, Silence):
            await line.fall_silent(answer)
        return answer if isinstance(answer, str) else "250 2.0.0 Kept"


class _Line(SMTP):
    """One connection; asks the script at every step."""

    def __init__(self, far_end: SmtpFarEnd) -> None:
        starttls = far_end.context if far_end.tls == "starttls" else None
        super().__init__(
            far_end,
            hostname="mail.far-end.example",
            ident="ESMTP",
            tls_context=starttls,
            require_starttls=starttls is not None,
            enable_SMTPUTF8=far_end.smtputf8,
            auth_require_tls=False,
            authenticator=self._authenticate_login,
            loop=far_end._loop,
        )
        self.far_end = far_end
        self.tls = far_end.tls == "tls"
        self._auth_required = far_end.login is not None
        if far_end.login is None:
            self._auth_methods.clear()
        self._greeted = False
        ordinary: dict[str, Callable[[str | None], Awaitable[None]]] = self._smtp_methods
        self._smtp_methods = {verb: partial(self._obey, verb, method) for verb, method in ordinary.items()}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.far_end._lines.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.far_end._lines.discard(self)
        super().connection_lost(error)

    def cut(self) -> "asyncio.Task[None] | None":
        transport = cast("asyncio.Transport | None", self._original_transport or self.transport)
        if transport is not None:
            transport.abort()
        return self._handler_coroutine

    async def push(self, status: Any) -> None:
        """Say the reply; the greeting, and what follows 354, go by the script."""
        if not self._greeted:
            self._greeted = True
            if await self._scripted("connect"):
                return
        await super().push(status)
        if str(status).startswith("354 ") and (answer := self.far_end._script.next("body")) is not None:
            await self._reader.readline()
            if isinstance(answer, str):
                await super().push(answer)
            await self.fall_silent(DROP if isinstance(answer, str) else answer)

    async def fall_silent(self, silence: Silence) -> None:
        """Cut the line or leave it hanging; ends (cancelled) when the line does."""
        if silence is DROP:
            self.cut()
        await self.loop.create_future()

    async def _obey(self, verb: str, ordinary: Callable[[str | None], Awaitable[None]], arg: str | None) -> None:
        self.far_end.commands.append(f"{verb} {arg or ''}".rstrip())
        if verb == "RCPT" and (refusal := self._refusal(arg or "")):
            await self.push(refusal)
        elif not await self._scripted("ehlo" if verb == "HELO" else verb.lower()):
            await ordinary(arg)

    def _refusal(self, arg: str) -> str | None:
        return next((reply for address, reply in self.far_end.refused.items() if f"<{address}>" in arg), None)

    async def _scripted(self, step: str) -> bool:
        answer = self.far_end._script.next(step)
        if answer is None:
            return False
        if isinstance(answer, Silence):
            await self.fall_silent(answer)
        await super().push(str(answer))
        if str(answer).startswith("421") and self.transport is not None:
            cast(asyncio.Transport, self.transport).close()
        return True

    def _authenticate_login(self, _server: Any, _session: Any, _envelope: Any, _how: str, given: Any) -> AuthResult:
        expected = tuple(word.encode() for word in self.far_end.login or ())
        right = isinstance(given, LoginPassword) and (given.login, given.password) == expected
        return AuthResult(success=right, handled=False, auth_data=given)
