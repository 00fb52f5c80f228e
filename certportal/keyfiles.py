"""Files that are there whole or not at all; secret ones are made once, mode 0600."""

import os
import secrets
from pathlib import Path


def secret_file(directory: Path, name: str) -> bytes:
    """The secret in ``directory/name``, made of 32 random bytes (as hexadecimal) where there is none.

    Two processes that start at once get the same one: the file is linked into place, the first link wins.
    """
    path = directory / name
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = directory / f".{name}.{os.getpid()}"
        write_whole(draft, secrets.token_hex(32).encode())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes().strip()


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file and its bytes to disk before returning."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a draft beside it and rename that: who reads meanwhile has the earlier file, if there is one, or this one."""
    draft = path.with_name(f".{path.name}.draft")
    write_whole(draft, content, mode)
    draft.replace(path)
