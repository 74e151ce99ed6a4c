"""Text: a sentence that keeps its template and values, so that it can be worded elsewhere.

    Text("{n} rating was left out.", "{n:,} ratings were left out.", n=3)

All that a person reads is one, also a heading or the label of a button. It is worded in the
language of whoever it is made for (``recsys_core/language.py``); its id is the English itself, as
in gettext. What outlives that reader is worded anew when it is shown: ``text.worded()``.
"""

from __future__ import annotations

import string
from functools import partial
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, TypeVar

from recsys_core import escape, language

S = TypeVar("S", bound=str)


class Text(str):
    """A sentence in the language of its reader that remembers what it was made of. Immutable.

    It is a ``str``, so that whoever only shows it need not know.

    Parameters
    ----------
    id : the English sentence, with ``{name}`` where a value goes, in the language of
        ``str.format``: ``{share:.0%}``, ``{n:,}``.
    plural : the sentence for every ``n`` but 1; there must then be a value called n.
    values : numbers, text or other Texts. Text that people brought belongs here, never into the id:
        braces in a value mean nothing, and the sentence shows it on one line.
    """

    __slots__ = ("id", "plural", "values")

    id: str
    plural: str | None
    values: MappingProxyType[str, Any]

    def __new__(cls, id: str, plural: str | None = None, /, **values: Any) -> Text:
        """Put the values into the sentence that ``n`` asks for."""
        if plural is not None and "n" not in values:
            raise TypeError("A Text with a plural needs the number n.")
        code = language.now()
        sentence = language.sentence(id, plural, values.get("n"), code)
        shown = {name: _as_shown(value) for name, value in values.items()}
        if code == "en":
            text = super().__new__(cls, sentence.format_map(shown))
        else:
            text = super().__new__(cls, _Formatter(code).vformat(sentence, (), shown))
        for name, value in (("id", id), ("plural", plural), ("values", MappingProxyType(values))):
            object.__setattr__(text, name, value)
        return text

    def worded(self) -> Text:
        """The same sentence in the language of whoever it is shown to now."""
        return Text(self.id, self.plural, **self.values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("A Text does not change; make another.")

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Text, self.id, self.plural, **self.values), ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: id, plural where there is one, and values."""
        values = {
            name: value.to_dict() if isinstance(value, Text | Number) else value
            for name, value in self.values.items()
        }
        plural = {} if self.plural is None else {"plural": self.plural}
        return {"id": self.id, **plural, "values": values}


class Number(str):
    """A number as a person reads it, with the marks of the reader's language: “1.234,5”.

    Parameters
    ----------
    english : the number as Python writes it, “1,234.5”; there may be a unit after it.
    """

    __slots__ = ("english",)

    english: str

    def __new__(cls, english: str) -> Number:
        """Put the language's marks in."""
        made = super().__new__(cls, language.number(english, language.now()))
        made.english = english
        return made

    def worded(self) -> Number:
        """The same number in the language of whoever it is shown to now."""
        return Number(self.english)

    def to_dict(self) -> dict[str, str]:
        """Plain data for JSON."""
        return {"number": self.english}

    def __reduce__(self) -> tuple[Any, ...]:
        return Number, (self.english,)


def worded(said: S) -> S:
    """What is to be shown, in the language of whoever it is shown to now.

    Text that people brought, and any other, stays as it is.
    """
    return said.worded() if isinstance(said, Text | Number) else said  # type: ignore[return-value]


def as_text(said: str) -> Text:
    """A sentence as it is; of a plain one, a library's say, only the words are known.

    They are a value: braces in them mean nothing.
    """
    return said if isinstance(said, Text) else Text("{said}", said=said)


def later(id: str) -> str:
    """The id of a sentence that a Text is made of elsewhere: so that the catalogues have it."""
    return id


class _Formatter(string.Formatter):
    """``str.format`` with the marks of a language in numbers."""

    def __init__(self, code: str) -> None:
        self.code = code

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value; a number with its marks."""
        text = format(value, format_spec)
        # An integer without separators is a year or a name as often as a number: left alone.
        fractional = isinstance(value, Real) and not isinstance(value, Integral)
        is_number = fractional or "," in format_spec
        return language.number(text, self.code) if is_number else text


def _as_shown(value: Any) -> Any:
    """A value as a sentence shows it: in its language, on one line where people brought it."""
    if isinstance(value, Text | Number):
        return value.worded()
    if isinstance(value, str) and not value.isprintable():
        return escape.one_line(value)
    return value
