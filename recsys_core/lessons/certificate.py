"""Certificates: that somebody passed a lesson on this server, signed by it (HMAC-SHA256).

>>> secret = b"sixteen bytes or more"
>>> line = sign(Certificate("Ada", "factors", "2026-11-27", 3, 4, 4), secret)
>>> verify(line, secret).name
'Ada'
>>> verify(line, b"the secret of another server")
Traceback (most recent call last):
recsys_core.errors.LessonError: This certificate was not given by this server, or was changed.

Only the server that gave it can verify it, by the secret in its data folder. On a student's own
computer the secret is the student's, so there a certificate proves nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from recsys_core import escape, private
from recsys_core.errors import LessonError
from recsys_core.text import Text

_BEGINS = "fl1."
_OF = b"factorscope lesson certificate 1\n"  # what is signed is nothing else by chance

# Characters of a certificate, and of a name.
_LONGEST, LONGEST_NAME = 2_000, 60

_SECRET = "lesson-secret"


@dataclass(frozen=True)
class Certificate:
    """What is certified: the name as typed, the lesson's id, the day (UTC), and what was passed.

    ``seed`` is the one the numbers were varied by; ``passed`` of ``checks`` held once.
    """

    name: str
    lesson: str
    day: str
    seed: int
    passed: int
    checks: int


def sign(certificate: Certificate, secret: bytes) -> str:
    """A certificate as one line of text, signed."""
    plain = json.dumps(asdict(certificate), separators=(",", ":"), ensure_ascii=False).encode()
    return f"{_BEGINS}{_text(plain)}.{_text(_mac(plain, secret))}"


def verify(line: str, secret: bytes) -> Certificate:
    """The certificate of a line, if it was signed with this secret and not changed since.

    Raises
    ------
    LessonError
        If it is none, or of another server.
    """
    line = "".join(line.split())
    begins, _, rest = line[:_LONGEST].partition(".")
    said, _, signed = rest.partition(".")
    if f"{begins}." != _BEGINS or len(line) > _LONGEST:
        raise LessonError(Text("This is no certificate; one begins with fl1."))
    try:
        plain, mac = _bytes(said), _bytes(signed)
    except (binascii.Error, ValueError):
        _refuse()
    if not hmac.compare_digest(mac, _mac(plain, secret)):
        _refuse()
    try:
        return Certificate(**json.loads(plain))
    except (TypeError, ValueError):  # of a later version of this server
        _refuse()


def _refuse() -> NoReturn:
    raise LessonError(Text("This certificate was not given by this server, or was changed."))


def named(name: str) -> str:
    """A name as it stands on a certificate.

    Raises
    ------
    LessonError
        If nothing of it is seen.
    """
    found = escape.brief(name, LONGEST_NAME)
    if not escape.is_seen(found):
        raise LessonError(Text("Type the name that should stand on the certificate."))
    return found


def secret_in(folder: Path) -> bytes:
    """The secret of this server, made the first time, for this user alone.

    Raises
    ------
    LessonError
        If it cannot be read or written.
    """
    path = folder / _SECRET
    try:
        return private.secret_in(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise LessonError(
            Text("Certificates cannot be given here: {path} is not to be used ({why}).",
                 path=str(path), why=why)
        ) from None  # fmt: skip
    except ValueError:
        raise LessonError(
            Text("Certificates cannot be given here: {path} is damaged; delete it.", path=str(path))
        ) from None


def _mac(plain: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, _OF + plain, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
