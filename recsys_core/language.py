"""Language: in which one sentences are worded, and how it writes numbers.

Whoever makes a ``Text`` gets it in the language of ``now()``: English, unless a page's script runs
for a reader of another (``ask``), or ``speaking`` says so. A sentence that was made for somebody
else (by a thread that trains, in a cache, when a module was imported) is worded anew with
``Text.worded``.

The catalogues are gettext's, a folder for each language, a file for each part of the project:
``locale/pt/reading.po``. The id of a sentence is the English. ``python -m docs.catalogues`` brings
them up to date with the sources, and a test says what they lack.
"""

from __future__ import annotations

import functools
import gettext
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any

# Those that are offered, by code, each under its own name. The Portuguese is that of Brazil.
LANGUAGES = MappingProxyType({"en": "English", "pt": "Português"})

# Those whose catalogues are begun: offered once no sentence is missing and all pages have been read
# in them.
BEGUN: MappingProxyType[str, str] = MappingProxyType({})

FOLDER = Path(__file__).parent / "locale"

_SAID: ContextVar[str | None] = ContextVar("language", default=None)


def _nobody() -> str:
    return "en"


_asked: Callable[[], str] = _nobody


def ask(who: Callable[[], str]) -> None:
    """Have ``now`` ask this function, which says a code of ``LANGUAGES``."""
    global _asked
    _asked = who


def now() -> str:
    """The code of the language that sentences are worded in, here and now."""
    # To ask costs some 20 µs, and a table has thousands of numbers.
    return _SAID.get() or (_asked() if len(LANGUAGES) > 1 else "en")


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Word sentences in a language, one that is begun as well, within this block and thread."""
    before = _SAID.set(code)
    try:
        yield
    finally:
        _SAID.reset(before)


def of_locale(locale: str | None) -> str:
    """The language for a browser's locale: "pt" for "pt-BR"; English where there is no other."""
    code = (locale or "").replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else "en"


def of_request(accepted: str) -> str:
    """The language for what a browser sends as Accept-Language; English where it says nothing."""
    return of_locale(accepted.partition(",")[0])


@functools.cache
def catalogue(code: str) -> gettext.NullTranslations:
    """The sentences of a language, from its files; of English none, as they are the ids."""
    from babel.messages.mofile import write_mo

    found = gettext.NullTranslations()
    for path in sorted((FOLDER / code).glob("*.po")):
        compiled = io.BytesIO()
        write_mo(compiled, read(path, code))
        compiled.seek(0)
        each = gettext.GNUTranslations(compiled)
        each.add_fallback(found)
        found = each
    return found


def read(path: Path, code: str):  # noqa: ANN201 (Babel is imported when first asked for)
    """One file of a catalogue, as Babel's ``Catalog``."""
    from babel.messages.pofile import read_po

    with path.open(encoding="utf-8") as file:
        return read_po(file, locale=code, abort_invalid=True)


def entries(code: str) -> Iterator[tuple[str, Any]]:
    """All entries of a language's files, as Babel's ``Message``, each with the name of its part."""
    for path in sorted((FOLDER / code).glob("*.po")):
        for entry in read(path, code):
            if entry.id:
                yield path.stem, entry


# Where the sentences stand that pages' JavaScript words.
_IN_BROWSER = (
    "pages/shared/chart/js/", "recsys_core/live/", "recsys_core/words.py",
    "recsys_core/asking/race.py", "recsys_core/asking/edited.py",
    "recsys_core/asking/inside/step_words.py", "recsys_core/asking/latent_map.py",
)  # fmt: skip


def for_browser(code: str, places: tuple[str, ...] = _IN_BROWSER) -> dict[str, str | list[str]]:
    """What JavaScript of these places words itself: by id the template, or both of them."""
    return {
        each.id[0] if each.pluralizable else each.id:
            list(each.string) if each.pluralizable else each.string
        for _, each in entries(code)
        if any(place.startswith(places) for place, _ in each.locations)
    }  # fmt: skip


def sentence(id: str, plural: str | None, n: object, code: str) -> str:
    """The template in a language: of a sentence, or of its form for ``n``."""
    if code == "en" or not id:  # the catalogues have their own heads for nothing
        return id if plural is None or n == 1 else plural
    if plural is None:
        return catalogue(code).gettext(id)
    whole = isinstance(n, int) or (isinstance(n, float) and n.is_integer())
    return catalogue(code).ngettext(id, plural, int(n) if whole else 2)  # type: ignore[call-overload]


# --- numbers --------------------------------------------------------------------------------------


@functools.cache
def marks(code: str) -> tuple[str, str]:
    """The decimal mark and the thousands separator of a language."""
    if code == "en":
        return ".", ","
    from babel import Locale
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = Locale.parse(code)
    return get_decimal_symbol(locale), get_group_symbol(locale)


def number(text: str, code: str) -> str:
    """A number as Python writes it, “1,234.5”, with the marks of a language: “1.234,5”."""
    if code == "en":
        return text
    decimal, group = marks(code)
    text = re.sub(r"(?<!\d)\.(?=\d)", "0.", text)  # “.034” is written so in English alone
    return text.translate({ord("."): decimal, ord(","): group})
