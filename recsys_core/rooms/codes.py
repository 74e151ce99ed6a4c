"""Codes that open a room, and tokens by which a browser is known in it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

# Without the letters that look like others or like digits (I, L, O) or sound and are written like
# another (U, V): six of these 21 are 86 million codes, of which an address may try thirty an hour.
ALPHABET = "ABCDEFGHJKMNPQRSTWXYZ"
LENGTH = 6

_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_TOKEN_BYTES = 16


def new_code() -> str:
    """A random code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_code(text: object) -> bool:
    """Whether a text has the form of a code; nothing else is ever looked up."""
    return isinstance(text, str) and _CODE.fullmatch(text) is not None


def normalised(text: str) -> str:
    """What was typed by hand as a code is written: capital letters, without blanks and hyphens."""
    return re.sub(r"[\s-]", "", text[:40]).upper()


def new_token() -> str:
    """A random token of 128 bits: who holds it is a member, or the teacher."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hashed(token: str) -> str:
    """SHA-256 (64 hex digits) of a token, all that is kept of it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def is_token_of(token: str, hash: str) -> bool:
    """Whether a token is that of a hash; takes equally long whatever the answer."""
    return hmac.compare_digest(hashed(token), hash)
