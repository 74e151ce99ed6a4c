"""Text: a sentence that keeps its template and values, so that it can be worded elsewhere.

    Text("{n} rating was left out.", "{n:,} ratings were left out.", n=3)

The core returns and raises these; pages and their JavaScript show them in the language of the view.
So far there is English only, and the id of a sentence is the English itself, as in gettext.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Any

from recsys_core import escape


class Text(str):
    """A sentence in English that remembers what it was made of. Immutable.

    It is a ``str``, so that whoever only shows it need not know; what shows it in another language
    reads ``id``, ``plural`` and ``values``.

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
        sentence = id if plural is None or values["n"] == 1 else plural
        shown = {name: _on_one_line(value) for name, value in values.items()}
        text = super().__new__(cls, sentence.format_map(shown))
        for name, value in (("id", id), ("plural", plural), ("values", MappingProxyType(values))):
            object.__setattr__(text, name, value)
        return text

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("A Text does not change; make another.")

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(Text, self.id, self.plural, **self.values), ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: id, plural where there is one, and values."""
        values = {k: v.to_dict() if isinstance(v, Text) else v for k, v in self.values.items()}
        plural = {} if self.plural is None else {"plural": self.plural}
        return {"id": self.id, **plural, "values": values}


def _on_one_line(value: Any) -> Any:
    """A value as a sentence shows it: text that people brought may hold ends of line."""
    if isinstance(value, str) and not isinstance(value, Text) and not value.isprintable():
        return escape.one_line(value)
    return value
