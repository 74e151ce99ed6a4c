"""Moments in any common form as seconds since 1970: numbers of many units, dates of many languages.

A column has one form. What a single cell leaves open (is 03/02/2020 in March?) is told from all of
them, so that no order of rows changes what a date means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.ratings import to_numbers
from recsys_core.reading.letters import plain

_DAY = 86_400
_EXCEL_1970 = 25_569  # days from a spreadsheet's day 0 (1899-12-30) to 1970-01-01

# January to December, as written in dates. Beginnings of three letters and more count as well,
# where no other month begins so.
_MONTHS = """
january february march april may june july august september october november december
januar februar maerz april mai juni juli august september oktober november dezember
janner feber marz april mai juni juli august sept oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november desember
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik
"""
_TUESDAY = ("mar", "mart", "marte", "mard")  # begins martes, mardi and martedì as well as March
_WEEKDAYS = frozenset("martes mardi martedi maandag".split())

_BEFORE_NOON = "am|a\\.? ?m\\.?|上午|午前|오전"
_AFTER_NOON = "pm|p\\.? ?m\\.?|下午|午後|오후"
_CLOCK = re.compile(
    rf"(?:\b|(?<=t))(?:(?P<am1>{_BEFORE_NOON})|(?P<pm1>{_AFTER_NOON}))? ?"
    r"(?P<h>\d{1,2})(?::| ?h ?|[时時点시] ?)(?P<m>\d{1,2})(?:[분分])?"
    r"(?:(?::| )?(?P<s>\d{1,2})(?:[.,]\d+)?[초秒]?)?"
    rf" ?(?:(?P<am2>{_BEFORE_NOON})|(?P<pm2>{_AFTER_NOON}))?"
    r" ?(?:\(?(?P<zone>[a-z]{1,4}(?![a-z]))?\)?(?P<offset>[+-] ?\d{1,2}(?::?\d{2})?)?)"
    r"(?: ?\([^)]*\))?(?=$|[ ,])"
)
_NUMBERS = re.compile(r"(\d{1,4}) ?([-/.年]) ?(\d{1,2}) ?([-/.月]) ?(\d{1,4})日?\.?")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")

# Hours ahead of UTC of zones as spreadsheets and forms write them.
_ZONES = {
    "": 0, "uhr": 0,
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "mez": 1, "cest": 2,
    "mesz": 2, "eet": 2, "oez": 2, "eest": 3, "oesz": 3, "msk": 3, "trt": 3, "jst": 9, "kst": 9,
    "hkt": 8, "sgt": 8, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "brt": -3, "art": -3,
}  # fmt: skip


def _months() -> dict[str, int]:
    """Each word for a month, and each beginning of one that is no other's."""
    names: dict[str, int] = {}
    for line in _MONTHS.strip().splitlines():
        names |= {word: month for month, word in enumerate(line.split(), 1)}
    begins: dict[str, set[int]] = {}
    for word, month in names.items():
        for length in range(3, len(word)):
            begins.setdefault(word[:length], set()).add(month)
    short = {text: months.pop() for text, months in begins.items() if len(months) == 1}
    return short | names | {"mrt": 3, "mrz": 3}


_MONTH_OF = _months()


def as_seconds(column: pd.Series) -> np.ndarray | None:
    """Read moments as whole seconds since 1970 UTC, int64, (n_rows,); None unless all can be read.

    Numbers are seconds, or by their size milli-, micro- or nanoseconds; 20200131, years, days since
    1970 or a spreadsheet's days; other small numbers are an order if nearly all differ, else none.
    Texts are dates, all of one form, with or without a time of day; without a zone in UTC.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return None
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _seconds(pd.to_datetime(column, utc=True, errors="coerce"))
    if not pd.api.types.is_numeric_dtype(column.dtype):
        codes, unique = pd.factorize(column)  # each text is looked at once
        if not len(codes) or codes.min() < 0:
            return None
        numbers = to_numbers(pd.Series(unique, dtype=object))
        if not numbers.notna().any():
            found = _from_texts(pd.Series(unique, dtype=object).astype(str))
            return None if found is None else found[codes]
        numbers = numbers.iloc[codes]
    else:
        numbers = pd.Series(column)
    if not len(numbers) or numbers.isna().any() or pd.api.types.is_bool_dtype(numbers.dtype):
        return None
    return _from_numbers(numbers.to_numpy())


def ambiguous(column: pd.Series) -> bool:
    """Whether dates could have the day first or the month first, and no cell tells which."""
    dates = [_date(text) for text in _plain(pd.unique(column.dropna().astype(str)))]
    numbers = [date for date in dates if date is not None and date.numbers is not None]
    if not numbers or len(numbers) < len(dates):
        return False
    first, second, last = np.array([date.numbers for date in numbers]).T
    by_year = (first > 31).any() or "." in numbers[0].marks or any(d.noon for d in numbers)
    swapped = (first != second).any()
    return bool(swapped and not by_year and max(first.max(), second.max()) <= 12 and last.size)


def _seconds(moments: pd.Series) -> np.ndarray | None:
    if not len(moments) or moments.isna().any():
        return None
    return moments.dt.as_unit("s").astype("int64").to_numpy()


# --- numbers --------------------------------------------------------------------------------------

# Numbers that are digits of a date: their least, their greatest, and how to read them.
_DIGITS = ((1e7, 1e8, "%Y%m%d"), (1.9e11, 2.1e11, "%Y%m%d%H%M"), (1.9e13, 2.1e13, "%Y%m%d%H%M%S"))


def _from_numbers(numbers: np.ndarray) -> np.ndarray | None:
    values = numbers.astype(np.float64)
    least, most = values.min(), values.max()
    largest = max(abs(least), abs(most))
    if not np.isfinite(largest) or largest >= 9e18:
        return None
    whole = bool((values == np.rint(values)).all())
    for low, high, form in _DIGITS:
        if whole and low < least and most < high:
            texts = pd.Series(values.astype(np.int64).astype(str))
            moments = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
            if not moments.isna().any():
                return _seconds(moments)
    if largest >= 1e8:
        exact = numbers if numbers.dtype.kind in "iu" else values
        for unit, from_here in ((10**9, 1e17), (10**6, 1e14), (10**3, 1e11)):
            if largest > from_here:
                return np.floor_divide(exact, unit).astype(np.int64)
        return np.floor(exact).astype(np.int64)
    if least >= 32_874 and most < 62_000:  # a spreadsheet's days, 1990 to 2069
        return np.rint((values - _EXCEL_1970) * _DAY).astype(np.int64)
    if whole and least >= 7_305 and most < 25_000:  # days since 1970, 1990 to 2038
        return values.astype(np.int64) * _DAY
    if whole and least >= 1900 and most <= 2100:
        years = (values - 1970).astype("datetime64[Y]")
        return years.astype("datetime64[s]").astype(np.int64)
    if len(np.unique(values)) > 0.9 * len(values) and len(values) > 1:
        return np.floor(values).astype(np.int64)  # 1, 2, 3 …: the order of what happened
    return None


# --- texts ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Date:
    """A date in parts: three numbers with the marks between them, or day, month, year by name.

    ``seconds`` are those since midnight UTC; ``noon``: written with a.m. or p.m.
    """

    numbers: tuple[int, int, int] | None
    named: tuple[int, int, int] | None  # year, month, day
    marks: str
    seconds: int
    noon: bool


def _plain(texts: Iterable[str]) -> list[str]:
    """Texts in small letters, without accents, each run of blanks one."""
    return [" ".join(plain(text).split()) for text in texts]


def _from_texts(texts: pd.Series) -> np.ndarray | None:
    """Different texts as seconds; None unless all are moments of one form."""
    stripped = texts.str.strip()
    iso = pd.to_datetime(stripped, format="ISO8601", utc=True, errors="coerce")
    if (found := _seconds(iso)) is not None:
        return found
    if len(stripped) > _MANY and (found := _quickly(stripped)) is not None:
        return found
    dates: list[_Date] = []
    for text in _plain(stripped):
        date = _date(text)
        if date is None or (dates and date.marks != dates[0].marks):
            return None
        dates.append(date)
    seconds = np.array([date.seconds for date in dates], dtype=np.int64)
    if dates[0].named is not None:
        years, months, days = np.array([date.named for date in dates], dtype=np.int64).T
        midnight = _midnights(years, months, days)
    else:
        midnight = _of_numbers(dates)
    return None if midnight is None else midnight + seconds


def _date(text: str) -> _Date | None:
    """The parts of a date; ``text`` as ``_plain`` makes it."""
    seconds, noon, rest = 0, False, text
    clock = _CLOCK.search(text)
    if clock is not None:
        found = _of_day(clock)
        if found is None:
            return None
        seconds = found
        noon = any(clock[name] for name in ("am1", "am2", "pm1", "pm2"))
        rest = f"{text[: clock.start()].removesuffix('t')} {text[clock.end() :]}"
    rest = rest.strip(" ,")
    numbers = _NUMBERS.fullmatch(rest) or _NUMBERS.fullmatch(_without_weekday(rest))
    if numbers is not None:
        first, mark, second, _, last = numbers.groups()
        return _Date((int(first), int(second), int(last)), None, mark + _widths(first, last),
                     seconds, noon)  # fmt: skip
    named = _named(rest)
    return None if named is None else _Date(None, named, "named", seconds, noon)


def _without_weekday(text: str) -> str:
    """The text without a word before or after its numbers: “tue, 14.11.2023”, “2023/11/14 (火)”."""
    return re.sub(r"^[^\W\d_]+[., ]+|\(?[^\W\d_]+\)?$", "", text).strip(" ,")


def _widths(first: str, last: str) -> str:
    """Where the year is by its digits: “yearfirst”, “yearlast”, or “short” for two digits."""
    return "yearfirst" if len(first) == 4 else "yearlast" if len(last) == 4 else "short"


def _of_day(clock: re.Match[str]) -> int | None:
    """Seconds since midnight UTC, None where no clock shows that."""
    hour, minute, second = int(clock["h"]), int(clock["m"]), int(clock["s"] or 0)
    after, before = clock["pm1"] or clock["pm2"], clock["am1"] or clock["am2"]
    if after or before:
        if not 0 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if after else 0)
    if hour > 24 or minute > 59 or second > 60 or (zone := clock["zone"] or "") not in _ZONES:
        return None
    ahead = _ZONES[zone] * 3600
    if clock["offset"]:
        sign, digits = clock["offset"][0], re.sub(r"\D", "", clock["offset"])
        size = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
        ahead += size if sign == "+" else -size
    return hour * 3600 + minute * 60 + second - ahead


def _named(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of a date whose month is a word; the first of the month without a day."""
    words = [word for word in _WORD.findall(text) if word not in _WEEKDAYS]
    months = [word for word in words if word in _MONTH_OF]
    if len(months) > 1:  # a weekday may begin as a month does
        months = [word for word in months if word not in _TUESDAY] or months[-1:]
    numbers = _NUMBER.findall(text)
    if len(months) != 1 or len(words) > 5 or not 1 <= len(numbers) <= 2:
        return None
    month = _MONTH_OF[months[0]]
    if len(numbers) == 1:
        return (int(numbers[0]), month, 1) if len(numbers[0]) == 4 else None
    one, other = numbers
    if len(one) == 4:
        return int(one), month, int(other)
    return (_full_year(int(other)) if len(other) <= 2 else int(other)), month, int(one)


def _full_year(year: int) -> int:
    """A year of two digits as C's strptime takes it: 69 to 99 in the last century."""
    return year + (1900 if year >= 69 else 2000)


def _of_numbers(dates: list[_Date]) -> np.ndarray | None:
    """Midnights of dates written in numbers: the order of day, month and year told from all."""
    first, second, last = np.array([date.numbers for date in dates], dtype=np.int64).T
    if dates[0].marks.endswith("yearfirst"):
        return _midnights(first, second, last)
    years = last
    if dates[0].marks.endswith("short"):
        years = np.array([_full_year(int(year)) for year in last])
    by_day, by_month = _midnights(years, second, first), _midnights(years, first, second)
    if dates[0].marks.endswith("short"):
        by_year = _midnights(np.array([_full_year(int(y)) for y in first]), second, last)
        others = [np.ptp(found) for found in (by_day, by_month) if found is not None]
        if by_year is not None and np.ptp(by_year) < min(others, default=np.inf):
            return by_year
    if any(date.noon for date in dates):  # a.m. and p.m. go with the month first
        return by_month if by_month is not None else by_day
    return _likelier(by_day, by_month, dates[0].marks[0])


def _likelier(
    by_day: np.ndarray | None, by_month: np.ndarray | None, mark: str
) -> np.ndarray | None:
    """Of two readings, the day first or the month first, the one that can be, or is likelier.

    Nobody writes the month first with full stops. Ratings of one table were given in a stretch of
    time: else the reading that spans less, and the month first where both span as much.
    """
    if by_day is None or by_month is None:
        return by_month if by_day is None else by_day
    return by_day if mark == "." or np.ptp(by_day) < np.ptp(by_month) else by_month


# So many different texts are first tried as the commonest forms, which pandas reads ten times
# faster.
_MANY = 10_000
_COMMON = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}(?:(,? )\d{1,2}:\d\d(:\d\d)?)?")


def _quickly(texts: pd.Series) -> np.ndarray | None:
    """Dates as 14/11/2023 or 11/14/2023 22:13:20 as seconds; None where any is of another form."""
    common = _COMMON.fullmatch(texts.iloc[0])
    if common is None:
        return None
    mark, gap, with_seconds = common.groups()
    clock = "" if gap is None else f"{gap}%H:%M" + (":%S" if with_seconds else "")
    by_day, by_month = (
        _seconds(pd.to_datetime(texts, format=mark.join(order) + clock, utc=True, errors="coerce"))
        for order in (("%d", "%m", "%Y"), ("%m", "%d", "%Y"))
    )
    return _likelier(by_day, by_month, mark)


def _midnights(years: np.ndarray, months: np.ndarray, days: np.ndarray) -> np.ndarray | None:
    """Seconds since 1970 of days at 00:00, int64; None unless all exist, in the years 1 to 9999."""
    if months.min() < 1 or months.max() > 12 or days.min() < 1 or days.max() > 31:
        return None
    if years.min() < 1 or years.max() > 9999:
        return None
    starts = ((years - 1970) * 12 + months - 1).astype("datetime64[M]")
    found = starts.astype("datetime64[D]") + (days - 1)
    if (found.astype("datetime64[M]") != starts).any():
        return None  # 31 April
    return found.astype("datetime64[s]").astype(np.int64)
