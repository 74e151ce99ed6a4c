"""Letters as they are compared: small, without accents; full-width ones as ordinary ones."""

from __future__ import annotations

import re
import unicodedata

# Letters that have no accent to take away, and yet are written without it.
_WITHOUT = str.maketrans("łøđıæœй", "lodiaoи")


def plain(text: str) -> str:
    """A text in small letters of any script, without accents: “Évaluation” is “evaluation”."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.replace("İ", "I")).casefold()
    bare = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", apart))
    return bare.translate(_WITHOUT)
