"""What stands around the ratings of a matrix and is none: totals, averages, age, gender, year …"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.reading.cells import is_blank, number
from recsys_core.reading.letters import plain
from recsys_core.text import Text

# Names of sums, means and counts in a dozen languages.
_TOTALS = """
    total totals subtotal sum sums average averages avg mean means median count counts n min max
    minimum maximum std stdev stddev sd variance
    summe gesamt gesamtsumme insgesamt durchschnitt schnitt mittelwert mittel anzahl ø ∅ μ
    somme totale moyenne nombre suma soma promedio media mediana conteo somma totaal som gemiddelde
    razem średnia summa medel medelvärde toplam ortalama
    итого всего сумма среднее средний медиана 合計 合计 总计 總計 平均 平均値 平均值
""".split()
_TOTAL_PHRASES = re.compile(
    r"(grand|sub|row|column|overall|weighted)[ _-]?(totals?|sum|average|avg|mean|score)"
    r"|(average|avg|mean|total|sum|number|count)[ _-](of[ _-])?(all[ _-])?"
    r"(rating|score|star|vote|point)s?"
    r"|(rating|score|row|user|item|movie|film|book|song)s?[ _-](average|avg|mean|total|sum|count)"
    r"|gesamtergebnis|total general|totale complessivo|eindtotaal|total geral"
)
_NOTES = re.compile(
    r"(sources?|notes?|notice|nb|legend|key|remarks?|comments?|generated|created|exported|printed|"
    r"downloaded|updated|last updated|page|copyright|licen[sc]e|data from|"
    r"quelle|hinweis|anmerkung|bemerkung|stand|erstellt|legende|remarque|nota|notas|fuente|fonte|"
    r"generado|bron|opmerking|zrodło|zrodlo|uwaga|kalla|источник|примечание)\b"
    r"|注|备注|来源|出典|出所"
)

# What surveys and class lists say of a person before the ratings, and lists of films of a film.
_DEMOGRAPHIC = """
    age ages agegroup agerange gender sex class grade schoolyear year yearofbirth birthyear birthday
    dateofbirth dob country city state region nationality language zip zipcode postcode postalcode
    occupation job profession education degree major school university department faculty group
    cohort section semester income height weight ethnicity race religion maritalstatus phone email
    mail duration runtime length releaseyear released
    alter geschlecht klasse jahr jahrgang geburtsjahr land stadt plz beruf sprache schule gruppe
    fach studiengang sexe genre classe année pays ville codepostal langue école groupe
    edad sexo género clase curso año país ciudad idioma idade turma cidade profissão
    età sesso anno paese città leeftijd geslacht klas jaar wiek płeć rok klasa miasto
    возраст пол класс год город страна yaş cinsiyet yıl şehir ålder kön klass
    年龄 性别 年級 年级 年齢 性別 学年
""".split()
# “Year” or “class” may well be a column of ratings where all its numbers are like the others'.
_ONLY_BY_NUMBERS = frozenset("grade class genre length weight height group year state race".split())


@dataclass(frozen=True)
class Aside:
    """A column of a matrix that holds no ratings: its position, and why it is left out."""

    position: int
    why: Text


def _plain(name: Any) -> str:
    """A name in small letters without accents or outer signs."""
    return plain(str(name)).strip(" .:*-–()[]")


_TOTAL_NAMES, _DEMOGRAPHIC_NAMES = (
    frozenset(map(_plain, _TOTALS)),
    frozenset(map(_plain, _DEMOGRAPHIC)),
)


def is_total(name: Any) -> bool:
    """Whether a row or a column is called like a sum, a mean, a median or a count."""
    text = _plain(name)
    return text in _TOTAL_NAMES or _TOTAL_PHRASES.fullmatch(text) is not None


def is_note(text: Any) -> bool:
    """Whether a line begins like a note under a table: “Source: …”, “* estimated”, “Total”."""
    return (
        _NOTES.match(_plain(text)) is not None
        or str(text).lstrip()[:1] in "*†‡©("
        or is_total(text)
    )


def is_demographic(name: Any) -> bool:
    """Whether a column is called like what is known of a person or an item: “age”, “Geschlecht”."""
    text = re.sub(r"[\W_]+", "", _plain(name))
    text = re.sub(r"^(your|my|user|student|dein|ihr|votre|tu|su)(?=\w{3})", "", text)
    return text in _DEMOGRAPHIC_NAMES


def asides(
    names: Sequence[Any], records: Sequence[Sequence[Any]], labels: bool, decimal: str = "."
) -> list[Aside]:
    """Columns of a matrix that hold no ratings, in order: to be left out unless a person says no.

    ``records`` are rows below the header; ``labels`` tells whether the first column holds labels.

    - Totals: called so, and in four rows of five the sum, mean, median, count, least or greatest
      of the others.
    - What is known of persons or items: called so, before the ratings or with other values.
    - Without a telling name: words where all others are numbers; or, before the ratings, numbers
      above ten and above every rating.
    """
    width = len(names)  # longer rows are told of when all are read
    values, words = _grid(records, width, decimal)
    numeric = [np.isfinite(values[:, at]).sum() > len(words[at]) for at in range(width)]
    first = int(labels)
    called = list(names)
    totals = [at for at in range(first, width) if is_total(called[at]) and numeric[at]]
    rated = [
        at
        for at in range(first, width)
        if numeric[at] and at not in totals and not is_demographic(called[at])
    ]
    about: dict[int, Text] = {}
    for at in range(first, width):
        others = [other for other in rated if other != at and other not in about]
        if len(others) < 2 or at in totals:
            continue
        before = all(earlier in about for earlier in range(first, at))
        if numeric[at]:
            why = _other_numbers(called[at], values[:, at], values[:, others], before)
        else:
            why = _other_words(called[at], words[at], [words[other] for other in others])
        if why is not None:
            about[at] = why
    items = [at for at in rated if at not in about]
    found = [Aside(at, why) for at, why in about.items()]
    last = width - 1
    if last in items and last not in totals and len(items) > 2:
        word = summary_below(values[:, items].T)
        if word is not None:
            found.append(
                Aside(
                    last,
                    Text(
                        "Column “{name}” holds the {word} of the others.",
                        name=called[last],
                        word=word,
                    ),
                )
            )
    found += [
        Aside(at, Text("Column “{name}” is computed from the others.", name=called[at]))
        for at in totals
        if _is_computed(values[:, at], values[:, items])
    ]
    return sorted(found, key=lambda aside: aside.position)


def _other_numbers(name: Any, column: np.ndarray, others: np.ndarray, before: bool) -> Text | None:
    """Why a column of numbers holds no ratings; None where it may."""
    given, rated = column[np.isfinite(column)], others[np.isfinite(others)]
    if not len(given) or not len(rated):
        return None
    if is_demographic(name):
        surely = re.sub(r"[\W_]+", "", _plain(name)) not in _ONLY_BY_NUMBERS
        if given.min() > rated.max() or given.max() > 2 * rated.max() or (before and surely):
            return Text("Column “{name}” seems to describe, not to rate.", name=name)
    elif before and given.min() > rated.max() and given.min() > 10 >= rated.max():
        return Text("Column “{name}” holds numbers beyond all ratings.", name=name)
    return None


def _other_words(name: Any, words: list[str], others: list[list[str]]) -> Text | None:
    """Why a column of words beside columns of numbers holds no ratings; None where it may.

    Answers such as “not seen” or “5 (loved it)” are met in other columns, too, or hold a number.
    """
    elsewhere = {word for column in others for word in column}
    numbered = any(word[0].isdigit() for word in words) and not is_demographic(name)
    if words and elsewhere.isdisjoint(words) and not numbered:
        return Text("Column “{name}” holds words, not ratings.", name=name)
    return None


# Names that people and things have, too: only the numbers tell.
_ALSO_LABELS = frozenset(
    map(_plain, "ø ∅ μ n min max count counts sum som media nombre std sd variance".split())
)


def is_total_row(record: Sequence[Any], above: Sequence[Sequence[Any]], decimal: str = ".") -> bool:
    """Whether a record is one of totals: called so, numbers only, and computed from those above.

    Of a name that nobody has (“Average”, “Total”) it is enough that no cell is a word, since not
    all rows may be at hand.
    """
    if not len(record) or not is_total(record[0]):
        return False
    name = str(record[0]).strip()
    if any(len(row) and str(row[0]).strip() == name for row in above):
        return False  # a label like the others
    if any(not is_blank(cell) and number(cell, decimal) is None for cell in record[1:]):
        return False
    if _plain(name) not in _ALSO_LABELS:
        return True
    values, _ = _grid([record, *above], len(record), decimal)
    return _is_computed(values[0, 1:], values[1:, 1:].T)


def summary_below(values: np.ndarray) -> str | None:
    """What the last row is of all above it in four columns of five, "mean" or "sum"; else None.

    ``values`` is (n_rows, n_columns), NaN where blank. Zeros may count as blank, too. It must be
    no chance either: sums beyond all numbers above, means with decimals that nobody rates in, or
    five columns and more.
    """
    above, last = values[:-1], values[-1]
    if len(above) < 2:
        return None
    fine = bool((np.mod(last[np.isfinite(last)] * 2, 1) != 0).any())
    coarse = bool((np.mod(above[np.isfinite(above)] * 2, 1) == 0).all())
    for blank in (above, np.where(above == 0, np.nan, above)):
        n_given = np.isfinite(blank).sum(axis=0)
        given = np.isfinite(last) & (last != 0) & (n_given > 1)
        if given.sum() < max(3, 0.5 * np.isfinite(last).sum()):
            continue
        sums = np.nansum(blank[:, given], axis=0)
        rounded = np.array([0.5 * 10.0 ** -max(_decimals(x), 1) + 1e-9 for x in last[given]])
        for word, expected in (("mean", sums / n_given[given]), ("sum", sums)):
            right = np.abs(expected - last[given]) <= rounded
            beyond = last[given].max() > np.nanmax(above) if word == "sum" else fine and coarse
            enough = len(above) > 2 or (word == "sum" and right.sum() > 3)
            if enough and right.mean() >= 0.8 and (beyond or right.sum() >= 5):
                return word
    return None


_SUMMARIES: tuple[Callable[[np.ndarray], float], ...] = (
    np.mean, np.sum, np.median, len, np.min, np.max, np.std, lambda cells: np.std(cells, ddof=1),
)  # fmt: skip


def _is_computed(column: np.ndarray, others: np.ndarray) -> bool:
    """Whether each cell is the same summary of its row of others in four rows of five.

    ``column`` is (n,), ``others`` (n, m), NaN where blank. Zeros may count as blank, too.
    """
    rows = [
        (value, cells[np.isfinite(cells)])
        for value, cells in zip(column, others, strict=True)
        if np.isfinite(value) and np.isfinite(cells).sum() > 1
    ]
    if len(rows) < 2:
        return False
    for summary in _SUMMARIES:
        for zeros in (True, False):
            right = 0
            for value, cells in rows:
                cells = cells if zeros else cells[cells != 0]
                if len(cells) > 1:
                    off = abs(float(summary(cells)) - value)
                    right += off <= 0.5 * 10.0 ** -max(_decimals(value), 1) + 1e-9
            if right >= 0.8 * len(rows):
                return True
    return False


def _decimals(value: float) -> int:
    """Decimals with which a number is written, at most 6."""
    return len(f"{value:.6f}".rstrip("0").split(".")[1])


def _grid(
    records: Sequence[Sequence[Any]], width: int, decimal: str
) -> tuple[np.ndarray, list[list[str]]]:
    """Numbers of records, float64, (n, width), NaN elsewhere; and the words of each column."""
    values = np.full((len(records), width), np.nan)
    words: list[list[str]] = [[] for _ in range(width)]
    for at, row in enumerate(records):
        for place, cell in enumerate(row[:width]):
            if is_blank(cell):
                continue
            found = number(cell, decimal)
            if found is None:
                words[place].append(str(cell).strip())
            else:
                values[at, place] = found
    return values, words
