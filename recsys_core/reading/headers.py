"""Several header lines above a table, as pivot tables and surveys have them, made one.

pandas writes a pivot table with a line for each level of its columns, and one for the name of its
index; Excel writes “Sum of rating | Column Labels” above the items; Qualtrics writes codes,
questions and import ids; SurveyMonkey questions and answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from recsys_core.reading.cells import as_name, is_blank, number
from recsys_core.reading.column_roles import role
from recsys_core.reading.layout import TYPES

Record = Sequence[Any]

_MOST = 4  # three levels of columns and the name of the index

# What Excel writes in the corner of a pivot table, above and beside the items.
_CORNERS = frozenset(
    "row labels|column labels|zeilenbeschriftungen|spaltenbeschriftungen|étiquettes de lignes|"
    "étiquettes de colonnes|etiquetas de fila|etiquetas de columna|etichette di riga|"
    "etichette di colonna|rijlabels|kolomlabels|rótulos de linha|rótulos de coluna|"
    "etykiety wierszy|etykiety kolumn|названия строк|названия столбцов|行ラベル|列ラベル|行标签|"
    "列标签|행 레이블|열 레이블".split("|")
)
# What SurveyMonkey writes below a question of one column.
_ANSWERS = frozenset(["response", "open-ended response", "offene antwort", "réponse ouverte"])
_VALUES = re.compile(
    r"(sum|average|mean|max|min|count|summe|mittelwert|anzahl|somme|moyenne|nombre|suma|promedio|"
    r"recuento|somma|media|conteggio|som|gemiddelde|aantal|soma|média|contagem)"
    r" (of|von|de|di|van) .+",
    re.IGNORECASE,
)
_IMPORT_ID = re.compile(r"""\s*\{\s*["']+ImportId["']+\s*:""")


def n_lines(records: Sequence[Record], decimal: str = ".") -> int | None:
    """How many lines of names a table begins with, where there are several; None otherwise.

    Only forms that are known count: a survey of Qualtrics or SurveyMonkey, a pivot table of pandas
    or Excel.
    """
    return (
        _of_qualtrics(records)
        or _of_pandas(records, decimal)
        or _of_levels(records, decimal)
        or _of_excel(records, decimal)
        or _of_surveymonkey(records, decimal)
    )


def joined(lines: Sequence[Record], width: int) -> list[str]:
    """One name for each of ``width`` columns from its lines of names; "" where none says anything.

    Lines that say the same of every column (types, a pivot table's “rating”), programs' notes
    ({…}) and Excel's own words are left out; a word alone in its line names the index. Of lines
    that name every column apart the longest names speak: questions rather than their codes. Other
    lines are joined by “ / ”; a name written once for several columns (merged cells) counts for all
    of them.
    """
    levels = [[as_name(cell) for cell in line] + [""] * (width - len(line)) for line in lines]
    levels = [level[:width] for level in levels]
    if len(levels) < 2:
        return levels[0] if levels else [""] * width
    excel = _is_excel(levels[0])
    telling = [level for level in levels[excel:] if not _is_note(level)]
    alone = [level for level in telling if level[0] and sum(map(bool, level)) == 1]
    index = alone[-1][0] if alone else None
    full = [level for level in telling if len(set(level[1:]) - {""}) > 1]
    full = full or [level for level in telling if level not in alone][-1:] or levels[:1]
    apart = [level for level in full if all(level[1:]) and len(set(level[1:])) == width - 1]
    if len(apart) == len(full):
        names = max(apart, key=lambda level: sum(map(len, level)))
    else:
        filled = [[level[0], *spread(level[1:])] for level in full[:-1]] + full[-1:]
        names = [
            " / ".join(part for part in parts if part and part.lower() not in _ANSWERS)
            for parts in zip(*filled, strict=True)
        ]
    first = names[0] if levels[0][0] and not excel else ""  # else it names the columns' level
    return [first if index is None else index, *names[1:]]


def spread(line: Sequence[str]) -> list[str]:
    """Each name over the nameless columns to its right, as merged cells are meant."""
    found: list[str] = []
    for name in line:
        found.append(name or (found[-1] if found else ""))
    return found


def _is_note(line: Sequence[str]) -> bool:
    """Whether a line tells programs of its columns: ids in braces, types, “class=…”."""
    words = [word for word in line if word]
    return all(word.startswith("{") or word.lower() in TYPES or "=" in word for word in words)


def values_apart(names: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Part a pivot table of several values: “rating / Alien” and “when / Alien”.

    Returns the item of each column of ratings, and the columns of other values; ({}, ()) where
    names are not of this form, or no value is a rating by its name.
    """
    parted = [name.partition(" / ") for name in names[1:]]
    values = {value for value, mark, item in parted if mark and item}
    rated = {value for value in values if role(value) == "rating"}
    if len(values) < 2 or len(rated) != 1 or not all(mark for _, mark, _ in parted):
        return {}, ()
    items = {f"{value} / {item}": item for value, _, item in parted if value in rated}
    return items, tuple(name for name in names[1:] if name not in items)


def _filled(line: Record) -> int:
    return sum(not is_blank(cell) for cell in line)


def _is_word(cell: Any, decimal: str) -> bool:
    return not is_blank(cell) and number(cell, decimal) is None


def _names_the_index(line: Record) -> bool:
    return len(line) > 1 and not is_blank(line[0]) and _filled(line) == 1


def _of_qualtrics(records: Sequence[Record]) -> int | None:
    for at, line in enumerate(records[1:3], 2):
        ids = [cell for cell in line if isinstance(cell, str) and _IMPORT_ID.match(cell)]
        if ids and len(ids) > 0.5 * _filled(line):
            return at
    return None


def _of_pandas(records: Sequence[Record], decimal: str) -> int | None:
    """Two to four lines: levels of columns (the first cell names the level), then the index."""
    width = max(map(len, records[:50]), default=0)
    if width < 3:
        return None
    for at in range(1, min(_MOST, len(records) - 1)):
        if not _names_the_index(_to(records[at], width)):
            continue
        above = records[:at]
        if not _is_index(records[at][0], above, decimal):
            return None
        below = [cell for row in records[at + 1 :] for cell in row[1:] if not is_blank(cell)]
        # The last level names every column, and numbers follow, perhaps beside times.
        if _filled(above[-1][1:]) < width - 1 or not below:
            return None
        numeric = sum(number(cell, decimal) is not None for cell in below)
        return at + 1 if 3 * numeric >= len(below) else None
    return None


def _is_index(cell: Any, above: Sequence[Record], decimal: str) -> bool:
    """Whether a word alone in its line names the index, rather than a user who rated nothing.

    A word for users or items; or any word below two lines of words whose corner is empty.
    """
    if not _is_word(cell, decimal):
        return False
    if role(str(cell)) in ("user", "item", "title"):
        return True
    words = all(is_blank(c) or _is_word(c, decimal) for line in above for c in line[1:])
    return len(above) > 1 and is_blank(above[0][0]) and words


def _of_levels(records: Sequence[Record], decimal: str) -> int | None:
    """Two lines of names above rows with labels: levels of columns, the index without a name.

    The first cell is empty; the second too, or it names the level where the first line says one
    thing of all columns.
    """
    if len(records) < 4 or len(records[1]) < 3:
        return None
    top, second, body = records[0], records[1], records[2:50]
    words = [cell for cell in [*top[1:], *second[1:]] if not is_blank(cell)]
    below = [cell for row in body for cell in row[1:] if not is_blank(cell)]
    numeric = sum(number(cell, decimal) is not None for cell in below)
    one = len({str(cell) for cell in top[1:] if not is_blank(cell)}) == 1
    corner = is_blank(top[0]) and (is_blank(second[0]) or one) and not is_blank(body[0][0])
    said = all(_is_word(cell, decimal) for cell in words) and not any(map(is_blank, second[1:]))
    return 2 if corner and said and _filled(top) and numeric > 0.5 * len(below) else None


def _of_excel(records: Sequence[Record], decimal: str) -> int | None:
    """“Sum of rating | Column Labels” above “Row Labels | Alien | Heat”."""
    return 2 if len(records) > 2 and _is_excel(records[0]) and _filled(records[1]) > 2 else None


def _is_excel(line: Record) -> bool:
    texts = [as_name(cell) for cell in line]
    said = [text for text in texts if text]
    if not 1 <= len(said) <= 2:
        return False
    return any(text.lower() in _CORNERS for text in said) and (
        len(said) == 1 or any(map(_VALUES.fullmatch, said)) or said[0].lower() != "row labels"
    )


def _of_surveymonkey(records: Sequence[Record], decimal: str) -> int | None:
    """Questions, written once above the several answers they have, and the answers below.

    In the second line cells stand only where the first line is a question of several columns, or
    beside a question of one (“Response”, “Open-Ended Response”).
    """
    if len(records) < 4 or len(records[0]) < 4:
        return None
    width = max(len(records[0]), len(records[1]))
    top, second = _to(records[0], width), _to(records[1], width)
    if not is_blank(second[0]) or is_blank(top[0]):
        return None
    under_gap = [at for at in range(width) if is_blank(top[at])]
    words = all(_is_word(cell, decimal) for cell in second if not is_blank(cell))
    named = all(not (is_blank(a) and is_blank(b)) for a, b in zip(top, second, strict=True))
    if not under_gap or not words or not named or _filled(second) < len(under_gap):
        return None
    return 2


def _to(line: Record, width: int) -> list[Any]:
    return [*line, *[None] * (width - len(line))]
