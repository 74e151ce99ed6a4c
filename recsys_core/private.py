"""A secret of this server: random bytes in a file that its user alone can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_N_BYTES, _LEAST = 32, 16


def secret_in(path: Path) -> bytes:
    """The secret in a file, made the first time.

    Raises
    ------
    OSError
        If it cannot be read or written.
    ValueError
        If it is too short to be a secret: damaged.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_bytes(_N_BYTES))
    found = path.read_bytes()
    if len(found) < _LEAST:
        raise ValueError(f"{path} is damaged")
    return found
