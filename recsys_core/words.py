"""Numbers and nouns as a person reads them; one home, so that every page words them alike.

    error       an RMSE, MAE …, in rating units          0.9120    four decimals
    measure     NDCG, recall, trustworthiness, R²        0.3071    four decimals in tables, or two
    number      any other: a rating, a mean, an objective  4.43    three significant digits
    factor      a number of a row of factors             −0.318    three decimals
    given       a rating as somebody gave it             4.5       as many digits as it has
    percent     a share                                  6.3 %

In tables the decimals of a column are the same for all its rows (``pages/shared/tables.py``). Shown
numbers have a minus sign (−), those of files a hyphen (``asking/exports.py``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from recsys_core.errors import SettingsError
from recsys_core.text import Number, Text, later

_NO_BREAK = "\u00a0"


def minus(text: str) -> Number:
    """A number as Python writes it, with a minus sign in place of a hyphen: “−0.25”.

    Like all numbers here, with the marks of the reader's language.
    """
    return Number(text.replace("-", "−"))


def number(value: float) -> Number:
    """Three significant digits, thousands separated: “0.912”, “12,346”, “−2”, “–” if not finite."""
    return minus(_number(value))


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 100:
        return f"{value:,.0f}"
    if size < 1e-4:
        return f"{value:.2e}"
    text = f"{value:#.3g}"
    whole, _, decimals = text.partition(".")
    return text if decimals.strip("0") else whole


# Decimals of what is shown with the same number of them everywhere.
ERROR_DECIMALS = 4
FACTOR_DECIMALS = 3
MEASURE_DECIMALS = 4


def error(value: float) -> Number:
    """An RMSE or another error in rating units: “0.9120”, “12.346”, “1,234.5”, “–” if not finite.

    Four decimals, and at most five digits; of a very small one three significant digits.
    """
    if not math.isfinite(value) or 0 < abs(value) < 1e-3:
        return number(value)
    before = len(f"{abs(value):.0f}")
    return minus(f"{value:,.{max(ERROR_DECIMALS + 1 - before, 0)}f}")


def factor(value: float) -> Number:
    """A number of a row of factors: “0.318”, “−1.250”."""
    return _fixed(value, FACTOR_DECIMALS)


def measure(value: float | None, decimals: int = MEASURE_DECIMALS) -> Number:
    """A measure between 0 and 1, or a similarity between −1 and 1: “0.3071”; “–” where none is."""
    return Number("–") if value is None else _fixed(value, decimals)


def _fixed(value: float, decimals: int) -> Number:
    if not math.isfinite(value):
        return Number("–")
    return minus(f"{round(value, decimals) + 0.0:,.{decimals}f}")  # + 0.0: no “−0.000”


def given(rating: float) -> Number:
    """A rating as somebody gave it, in no more digits than that: “4.5”, “3”."""
    return minus(f"{rating:.3g}") if 1e-3 <= abs(rating) < 1000 else number(rating)


def span(low: float, high: float) -> str:
    """From the lowest to the highest: “1–5”; “−10 to 10”, where a dash would read as a sign."""
    if low >= 0:
        return f"{given(low)}–{given(high)}"
    return Text("{low} to {high}", low=given(low), high=given(high))


def parsed(text: str) -> float:
    """The number a person typed, with a decimal point or comma, a hyphen or a minus.

    Raises
    ------
    SettingsError
        If it is none.
    """
    try:
        value = float(text.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SettingsError(Text("“{text}” is not a number; type one such as 0 or 99.", text=text))
    return value


def percent(share: float) -> Number:
    """A share between 0 and 1 as a percentage: “6.3 %”, “100 %”, “0.002 %”."""
    value = 100 * share
    if value == 0 or value >= 10:
        digits = 0
    else:
        digits = max(1, -math.floor(math.log10(value)))
    return Number(f"{value:.{digits}f}{_NO_BREAK}%")


def plural(noun: str, count: int) -> Text:
    """“1 song”, “1,682 songs”, “2 categories”. People may have brought the noun."""
    return Text(*counted(noun), n=count)


def counted(noun: str) -> tuple[str, str]:
    """The ids of a noun with a number before it, one and several."""
    one, several = map(_literal, (noun, many(noun)))
    return f"{{n:,}}{_NO_BREAK}{one}", f"{{n:,}}{_NO_BREAK}{several}"


def _literal(noun: str) -> str:
    return noun.replace("{", "{{").replace("}", "}}")


# The nouns of our own, which the catalogues have with and without a number.
NOUNS = (
    later("rating"), later("user"), later("item"), later("song"), later("film"), later("epoch"),
    later("seed"), later("run"), later("minute"), later("check"), later("trial"), later("time"),
    later("split"), later("setting"), later("row"), later("word"), later("unknown"),
    later("factor"), later("point"), later("product"), later("direction"), later("cell"),
)  # fmt: skip


def many(noun: str) -> str:
    """The plural of an ordinary English noun: films, categories, dishes."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "z", "ch", "sh")) and noun != "epoch":
        return noun + "es"
    return noun + "s"


def named(noun: str) -> Text:
    """A noun alone: one of ours in the reader's language, others as they are."""
    return Text(_literal(noun))


def nouns(noun: str) -> Text:
    """Its plural, likewise: “songs”."""
    return named(many(noun))


def distinct(names: Sequence[str]) -> list[str]:
    """The names, none twice: of equal ones the later are numbered, “Alien (2)”."""
    taken, met = set(names), Counter[str]()
    found = []
    for name in names:
        met[name] += 1
        unique = name
        while met[name] > 1 and unique in taken:
            unique = f"{name} ({met[name]})"
            met[name] += unique in taken
        taken.add(unique)
        found.append(unique)
    return found


def a(noun: str) -> str:
    """A noun with its article: “a film”, “an item”, “a user”."""
    vowel = noun[:1].lower() in "aeiou" and not noun.lower().startswith(("us", "uni", "eu"))
    return f"{'an' if vowel else 'a'} {noun}"


def slug(text: str) -> str:
    """A text as part of a file's name: “robbies-party”, “sgd-k-3”."""
    kept = "".join(c if c.isalnum() else "" if c in "'’" else " " for c in text.lower())
    return "-".join(kept.split())


def duration(seconds: float) -> Number:
    """How long, coarsely: “0.3 s”, “12 s”, “3 min”, “2 h”."""
    if not math.isfinite(seconds):
        return Number("–")
    if seconds < 10:
        return Number(f"{seconds:.1f}{_NO_BREAK}s")
    if seconds < 100:
        return Number(f"{seconds:.0f}{_NO_BREAK}s")
    if seconds < 5400:
        return Number(f"{seconds / 60:.0f}{_NO_BREAK}min")
    return Number(f"{seconds / 3600:.0f}{_NO_BREAK}h")


def day(iso: str) -> Text:
    """Say a day that is written as in ISO 8601, as its reader's language writes days."""
    year, month, of_month = iso[:10].split("-")
    return Text("{year}-{month}-{day}", year=year, month=month, day=of_month)


def moment(iso: str) -> Text:
    """Say a moment that is written as in ISO 8601, in UTC: “2026-11-27, 20:15 UTC”."""
    return Text("{day}, {time} UTC", day=day(iso), time=iso[11:16])


def listed(parts: Sequence[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    if len(parts) == 1:
        return parts[0]
    return Text("{most} and {last}", most=", ".join(parts[:-1]), last=parts[-1])
