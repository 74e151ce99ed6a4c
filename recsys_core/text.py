"""Text: a sentence as data, put into words only where it is shown.

    Text("{n} rating was left out.", "{n:,} ratings were left out.", n=3)

The core returns and raises these; pages and their JavaScript show them in the language of the view.
So far there is English only, and the id of a sentence is the English itself, as in gettext.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any


class Text:
    """A sentence and the values in it. Immutable and hashable; ``str(text)`` is the English.

    Parameters
    ----------
    id : the English sentence, with ``{name}`` where a value goes, in the language of
        ``str.format``: ``{share:.0%}``, ``{n:,}``.
    plural : the sentence for every ``n`` but 1; there must then be a value called n.
    values : numbers, text or other Texts. Text that people brought belongs here, never into the id:
        braces in a value mean nothing.
    """

    __slots__ = ("id", "plural", "values")

    id: str
    plural: str | None
    values: MappingProxyType[str, Any]

    def __init__(self, id: str, plural: str | None = None, /, **values: Any) -> None:
        if plural is not None and "n" not in values:
            raise TypeError("A Text with a plural needs the number n.")
        for name, value in (("id", id), ("plural", plural), ("values", MappingProxyType(values))):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("A Text does not change; make another.")

    def _key(self) -> tuple[Any, ...]:
        return self.id, self.plural, tuple(sorted(self.values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        sentence = self.id
        if self.plural is not None and self.values["n"] != 1:
            sentence = self.plural
        return sentence.format_map(self.values)

    def __repr__(self) -> str:
        return f"Text({str(self)!r})"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: id, plural where there is one, and values."""
        values = {k: v.to_dict() if isinstance(v, Text) else v for k, v in self.values.items()}
        plural = {} if self.plural is None else {"plural": self.plural}
        return {"id": self.id, **plural, "values": values}
