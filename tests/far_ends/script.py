"""What a far end answers out of the ordinary, and the list of what arrived."""

import enum
import threading
from collections import defaultdict, deque
from typing import Generic, Self, TypeVar

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds that a far end waits for something to come true before a test fails
T = TypeVar("T")


class Silence(enum.Enum):
    """Answers that are no reply."""

    DROP = "the line is cut"
    HANG = "no reply comes; the line stays up"


DROP = Silence.DROP
HANG = Silence.HANG
Answer = str | Silence


class Script:
    """A step's answers: those given once, in order; then its standing answer; then None, which means as usual."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._once: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._standing: dict[str, Answer] = {}

    def once(self, step: str, *answers: Answer) -> None:
        with self._lock:
            self._once[step].extend(answers)

    def always(self, step: str, answer: Answer) -> None:
        with self._lock:
            self._standing[step] = answer

    def clear(self) -> None:
        with self._lock:
            self._once.clear()
            self._standing.clear()

    def next(self, step: str) -> Answer | None:
        with self._lock:
            return self._once[step].popleft() if self._once[step] else self._standing.get(step)


class Arrivals(list[T], Generic[T]):
    """What has arrived; ``wait_for(n)`` returns when there are ``n``, for senders that work in the background."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def append(self, arrived: T) -> None:
        with self._changed:
            super().append(arrived)
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = PATIENCE) -> Self:
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self) >= count, seconds)
        assert arrived, f"{len(self)} arrived within {seconds:g} s, {count} were waited for"
        return self
