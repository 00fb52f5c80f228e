"""Sessions with PKCS#11 tokens: opened when first needed, one for each token and process, opened anew once when they are dead.

PKCS#11 counts processes, not threads or sessions: a process starts a module once, logs in to a token once, and (as python-pkcs11
starts modules) calls it from one thread at a time. So everything here happens under one lock for each module, and a process that
was forked begins from nothing. python-pkcs11 is imported when a token is first used.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from certportal.ca.errors import CaRefused
from certportal.ca.reference import KeyReference, TokenAccess

if TYPE_CHECKING:
    import pkcs11
    from pkcs11 import _pkcs11

WAIT_SECONDS = 10  # for another thread's call; a token that hangs must not gather every thread of the process behind it

Result = TypeVar("Result")
TokenName = tuple[str, str | None]  # its label, and its serial number where that matters


@dataclass
class Opened:
    """A session in which the user is logged in: what the token can do, and the keys found so far."""

    access: TokenAccess
    session: "pkcs11.Session"
    mechanisms: set[int]
    keys: dict[object, Any] = field(default_factory=dict[object, Any])


def in_token(access: TokenAccess, key: KeyReference, act: Callable[[Opened], Result]) -> Result:
    """What ``act`` makes in a session with the key's token. Where the session turns out to be dead, it is opened anew and ``act``
    called once more, as after the token was pulled out and put back.

    Raises CaRefused: ca_token_module, ca_token_away, ca_token_pin, ca_token_key_missing, ca_token_mechanism, ca_broken.
    """
    import pkcs11

    module, token = _module(str(access.module)), (key.token, key.serial)
    with module.held(token):
        for more in (True, False):
            try:
                return act(module.opened(access, token))
            except pkcs11.PKCS11Error as error:
                if not more or isinstance(error, pkcs11.MechanismInvalid):
                    raise _refusal(error, key) from error
                module.close(token)
    raise AssertionError("the second try returns or raises")


def making_in_token(access: TokenAccess, name: str, act: Callable[["pkcs11.Session"], Result]) -> Result:
    """What ``act`` makes in a session that may write, which is closed after it. Raises as ``in_token``; it is called once."""
    import pkcs11

    module, token = _module(str(access.module)), (access.token, None)
    with module.held(token):
        module.close(token)
        try:
            return act(module.opened(access, token, writes=True).session)
        except pkcs11.PKCS11Error as error:
            raise _refusal(error, KeyReference(access.token, name, None)) from error
        finally:
            module.close(token)


def _refusal(error: "pkcs11.PKCS11Error", key: KeyReference) -> CaRefused:
    """What an error means that does not go away when the session is opened anew."""
    import pkcs11

    what = type(error).__name__
    if isinstance(error, pkcs11.NoSuchKey):
        return CaRefused("ca_token_key_missing", name=key.name, token=key.token)
    if isinstance(error, (pkcs11.MechanismInvalid, pkcs11.KeySizeRange, pkcs11.DomainParamsInvalid)):
        return CaRefused("ca_token_mechanism", name=key.token, what=what)
    return CaRefused("ca_token_away", name=key.token, what=what)


class Module:
    """One PKCS#11 module in this process, and the sessions in it."""

    def __init__(self, path: str, *, inherited: bool) -> None:
        self._path, self._inherited = path, inherited
        self._lock = threading.Lock()
        self._library: _pkcs11.lib | None = None
        self._sessions: dict[TokenName, Opened] = {}
        self._wrong_pins: set[tuple[TokenName, str]] = set()

    @contextlib.contextmanager
    def held(self, token: TokenName) -> Generator[None]:
        """The module for this thread alone. Raises CaRefused ca_token_away where another's call does not end."""
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise CaRefused("ca_token_away", name=token[0], what="busy")
        try:
            yield
        finally:
            self._lock.release()

    def opened(self, access: TokenAccess, token: TokenName, *, writes: bool = False) -> Opened:
        """The session with this token, as it was or made now; with another PIN it is made anew, for a login asks no PIN twice."""
        if (there := self._sessions.get(token)) is not None and there.access == access:
            return there
        if (token, access.pin) in self._wrong_pins:
            raise CaRefused("ca_token_pin", name=token[0])
        self.close(token)
        found = self._find(token)
        for name, other in list(self._sessions.items()):
            if other.session.token.serial == found.serial:  # it goes by two names, with and without its number
                self._log_out(name)
        made = Opened(access, self._log_in(found, access, token, writes), set(found.slot.get_mechanisms()))
        self._sessions[token] = made
        return made

    def close(self, token: TokenName) -> None:
        """End the session with this token, dead or alive. A module with no session left is ended too: some look for tokens only
        when they are started."""
        if token in self._sessions:
            self._log_out(token)
            if not self._sessions:
                self._end()

    def _log_out(self, token: TokenName) -> None:
        import pkcs11

        with contextlib.suppress(pkcs11.PKCS11Error):
            self._sessions.pop(token).session.close()

    def _find(self, token: TokenName) -> "pkcs11.Token":
        fresh = self._library is None
        found = self._present(token)
        if not found and not fresh and not self._sessions:
            self._end()
            found = self._present(token)
        if not found:
            raise CaRefused("ca_token_away", name=token[0], what="not there")
        if len(found) > 1:
            raise CaRefused("ca_broken", name=token[0], what="several tokens")
        return found[0]

    def _present(self, token: TokenName) -> "list[pkcs11.Token]":
        import pkcs11

        found: list[pkcs11.Token] = []
        library = self._started()
        try:
            slots = library.get_slots(token_present=True)
        except pkcs11.PKCS11Error:
            return found
        for slot in slots:
            with contextlib.suppress(pkcs11.PKCS11Error):
                each = slot.get_token()
                if each.label == token[0] and (token[1] is None or each.serial == token[1].encode()):
                    found.append(each)
        return found

    def _log_in(self, found: "pkcs11.Token", access: TokenAccess, token: TokenName, writes: bool) -> "pkcs11.Session":
        """A wrong PIN is tried once in a process, and a token's last try is never used up: it would lock itself."""
        import pkcs11

        wrong = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked, pkcs11.PinExpired)
        if found.flags & (pkcs11.TokenFlag.USER_PIN_LOCKED | pkcs11.TokenFlag.USER_PIN_FINAL_TRY):
            raise CaRefused("ca_token_pin", name=token[0])
        try:
            return found.open(rw=writes, user_pin=access.pin)
        except (*wrong, pkcs11.UserPinNotInitialized) as error:
            self._wrong_pins.add((token, access.pin))
            if not self._sessions:
                self._end()  # python-pkcs11 leaves the session open
            raise CaRefused("ca_token_pin", name=token[0]) from error

    def _started(self) -> "_pkcs11.lib":
        import pkcs11

        if self._library is None:
            try:
                library = pkcs11.lib(self._path)
                if self._inherited:  # started by the parent, whose sessions are not ours (PKCS #11 2.40, C_Initialize)
                    with contextlib.suppress(pkcs11.PKCS11Error):
                        library.finalize()
                    library.initialize()
            except pkcs11.PKCS11Error as error:
                raise CaRefused("ca_token_module", name=self._path) from error
            self._library, self._inherited = library, False
        return self._library

    def _end(self) -> None:
        import pkcs11

        if self._library is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):
                self._library.finalize()
            self._library = None


_modules: dict[tuple[int, str], Module] = {}


def _module(path: str) -> Module:
    """This process's: what it inherited in a fork, locks included, it leaves alone."""
    place = (os.getpid(), path)
    if place not in _modules:
        inherited = any(other == path for _, other in list(_modules))
        return _modules.setdefault(place, Module(path, inherited=inherited))
    return _modules[place]
