"""What the cells of ratings mean where they are no plain numbers: words, stars, grades, “3 of 5”.

    understood(Counter(["Agree", "Strongly agree", "Neutral", "I don't know"]), ".")

gives the number of each answer, what means “not rated”, and what to say of it before it is used.
Words of which nobody has said what they mean are not guessed at: the answer is None, and a person
gives the numbers (``said``). The words themselves are data: ``answer_words``.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recsys_core import escape, words
from recsys_core.ratings import Scale
from recsys_core.reading import answer_words
from recsys_core.reading.cells import (
    LARGEST,
    Column,
    as_numbers,
    factorized,
    is_blank,
    is_numeric,
    number,
)
from recsys_core.text import Text

# A form has no more answers to choose from; shares and the like may be of any number, but most of
# the first few hundred must be.
_MOST_ANSWERS, _FIRST = 60, 300
# Of so large a part of the cells nothing may be known: typing errors, remarks in the wrong column.
_UNKNOWN = 0.2
_SHOWN = 40  # letters of an answer in a sentence
_MOST_SEEDS = 12  # columns from which a set of like ones is looked for
_LONGEST = 200  # letters of an answer; more is a review


@dataclass(frozen=True)
class Answers:
    """The numbers that texts in a column of ratings stand for. Plain numbers are not among them.

    Attributes
    ----------
    pairs : each text and its number, ascending; texts differ as they are written.
    unrated : the texts that mean “not rated”.
    words : whether the texts are words to be kept beside the numbers (agreement, grades, yes and
        no) rather than a way to write numbers (60 %, 3/5, ★★★).
    remark : what to say of it before it is used; None where nothing can be doubted.
    scale : the scale the answers belong to, with their words; None where they do not tell it.
    unknown : texts, few, whose meaning is not known; they are no ratings until a person says so.
    """

    pairs: tuple[tuple[str, float], ...] = ()
    unrated: tuple[str, ...] = ()
    words: bool = False
    remark: Text | None = None
    scale: Scale | None = None
    unknown: tuple[str, ...] = ()


def understood(texts: Mapping[str, int], decimal: str = ".") -> Answers | None:
    """Say what the texts of a column mean, each given with how many cells hold it.

    None where all are plain numbers or blank, and where nothing is known of too many. ``decimal``
    is the mark of plain numbers, "." or ","; within 3,5/5 both are understood.
    """
    texts = {text: n for text, n in texts.items() if not is_blank(text)}
    numbers = {text: x for text in texts if (x := number(text, decimal)) is not None}
    if any(abs(x) > LARGEST for x in numbers.values()):
        return None  # no ratings
    if decimal == "." and points_group_thousands(texts):
        return _thousands(texts)
    others = {text: n for text, n in texts.items() if text not in numbers}
    if not others:
        return None
    if not numbers and {text.strip() for text in others} <= _MARKS:
        return _ticked(others)
    readable = {text: n for text, n in others.items() if len(text) <= _LONGEST}
    few = len({_key(text) for text in readable}) <= _MOST_ANSWERS
    if not few and _amounts(readable, numbers) is None:
        return None  # titles, names: not looked at one by one
    doubtful = [text for text in others if means_unrated(text)]
    best = None
    fewest = _UNKNOWN * sum(texts.values())
    for read in (_amounts, _labelled, _graded, _worded) if few else (_amounts,):
        # What means “not rated” may also be the middle of a scale (“undecided”): that is for the
        # reader of words to say.
        rest = {t: n for t, n in readable.items() if read is _worded or t not in doubtful}
        found = read(rest, numbers) if rest else None
        if found is None:
            continue
        known = {text for text, _ in found.pairs}
        unrated = (*found.unrated, *(t for t in doubtful if t not in known))
        unknown = tuple(t for t in others if t not in known and t not in unrated)
        n_unknown = sum(others[text] for text in unknown)
        if n_unknown <= fewest and (best is None or n_unknown < fewest):
            best = replace(found, unrated=tuple(dict.fromkeys(unrated)), unknown=unknown)
            fewest = n_unknown
    if best is None and numbers and doubtful:
        unknown = tuple(text for text in others if text not in doubtful)
        if sum(others[text] for text in unknown) <= fewest:
            return Answers((), tuple(doubtful), unknown=unknown)
    return best


_CODE = re.compile(r"A(O|0)?(\d{1,2})")


def coded(texts: Mapping[str, int]) -> Answers | None:
    """Take LimeSurvey's codes of answers, A1 … A5 or AO01 … AO05, as the numbers in them.

    Only among the answers to a survey: elsewhere A1 may be somebody's name. None where any text is
    no such code, or all are the same. “-oth-” is an answer of one's own, and no rating.
    """
    others = tuple(text for text in texts if text == "-oth-" or means_unrated(text))
    found = {t: _CODE.fullmatch(t.strip()) for t in texts if t not in others}
    numbers = {text: float(match[2]) for text, match in found.items() if match}
    if len(numbers) < len(found) or len(set(numbers.values())) < 2:
        return None
    first = max(numbers, key=lambda text: numbers[text])
    remark = Text(
        "Codes of answers such as “{text}” were read as numbers: {value:g}; export the full "
        "answers where the codes are not in their order.",
        text=first,
        value=numbers[first],
    )
    return Answers(_ascending(numbers), others, remark=remark)


def of_columns(
    columns: Sequence[Mapping[str, int]], decimal: str = "."
) -> tuple[Answers | None, tuple[int, ...]]:
    """Say what the texts of several columns of one scale mean, and which columns are of another.

    A form may ask for “yes” or “no” among questions of agreement: the answers are those of as many
    columns as possible, and the positions of the others, that hold words of another kind, come
    second. None, and no position, where nothing is known of any.
    """
    everything: Counter[str] = Counter()
    for column in columns:
        everything.update(column)
    whole = understood(everything, decimal)
    if whole is not None and not whole.unknown:
        return whole, ()
    kinds: dict[frozenset[str], list[int]] = {}
    for at, column in enumerate(columns):
        kinds.setdefault(frozenset(map(_key, column)), []).append(at)
    best: tuple[int, Answers | None, set[int]] = (0, whole, set(range(len(columns))))
    for seed in sorted(kinds.values(), key=len, reverse=True)[:_MOST_SEEDS]:
        texts, taken, answers = Counter(columns[seed[0]]), set(seed), None
        for alike in kinds.values():
            more = Counter(columns[alike[0]])
            found = understood(texts + more, decimal)
            if found is not None and not found.unknown:
                texts, answers = texts + more, found
                taken.update(alike)
        if answers is not None and len(taken) > best[0]:
            best = len(taken), answers, taken
    _, answers, taken = best
    words = (at for at, c in enumerate(columns) if any(number(t, decimal) is None for t in c))
    return answers, tuple(at for at in words if at not in taken)


def said(
    pairs: Iterable[tuple[str, float]], texts: Mapping[str, int], decimal: str = "."
) -> Answers:
    """Take the numbers that a person gave some texts; the other texts as far as understood.

    A number that is not finite means “not rated”.
    """
    given = {text: float(x) for text, x in pairs}
    keys = {_key(text): x for text, x in given.items()}
    found = understood(texts, decimal) or Answers()
    all_of = {text: x for text, x in found.pairs if _key(text) not in keys}
    all_of |= {t: keys[_key(t)] for t in texts if _key(t) in keys}
    all_of |= {t: x for t, x in given.items() if _key(t) not in {_key(u) for u in all_of}}
    rated = sorted(((t, x) for t, x in all_of.items() if np.isfinite(x)), key=lambda p: p[1])
    blank = [t for t, x in all_of.items() if not np.isfinite(x)]
    unrated = (*(t for t in found.unrated if _key(t) not in keys), *blank)
    unknown = tuple(t for t in found.unknown if _key(t) not in keys)
    named = found.words or not found.pairs
    scale = _scale_of_words(rated) if named and rated else None
    return Answers(tuple(rated), unrated, named and bool(rated), None, scale, unknown)


def applied(column: Column, answers: Answers, decimal: str = ".") -> tuple[np.ndarray, np.ndarray]:
    """Read a column by what its answers mean: values, float64, (n_rows,), NaN where unrated …

    … and where a cell is neither an answer, a number nor blank, bool, (n_rows,). An answer that the
    sample did not show is read if the answers it belongs to are understood as before.
    """
    if is_numeric(column):
        return as_numbers(column, decimal)
    codes, unique = factorized(column)
    texts = [_text(cell) for cell in unique]
    meant: dict[str, float] = {_key(text): np.nan for text in answers.unrated}
    meant |= {_key(text): x for text, x in answers.pairs}
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    new = [text for text in texts if not is_blank(text) and _key(text) not in meant]
    if any(number(text, decimal) is None or "." in text for text in new):
        meant = _with_new(meant, answers, dict(zip(texts, counts.tolist(), strict=True)), decimal)
    values = np.full(len(texts) + 1, np.nan)  # code -1 (missing) takes the NaN at the end
    wrong = np.zeros(len(texts) + 1, dtype=bool)
    for at, text in enumerate(texts):
        key = _key(text)
        if key in meant:
            values[at] = meant[key]
        elif not is_blank(text):
            found = number(text, decimal)
            wrong[at] = found is None or not np.isfinite(found)
            values[at] = np.nan if found is None or wrong[at] else found
    return values[codes], wrong[codes]


def _with_new(
    meant: dict[str, float], answers: Answers, texts: dict[str, int], decimal: str
) -> dict[str, float]:
    """What texts mean, those included that the sample did not show, if the others mean the same."""
    more = understood({**{text: 1 for text, _ in answers.pairs}, **texts}, decimal)
    if more is None or bool(more.pairs) != bool(answers.pairs):
        return meant
    found = {_key(text): np.nan for text in more.unrated} | {_key(t): x for t, x in more.pairs}
    same = all(_same(found.get(key, x), x) for key, x in meant.items())
    return {**found, **meant} if same else meant


def _same(a: float, b: float) -> bool:
    return a == b or (np.isnan(a) and np.isnan(b))


def _scale_of_words(rated: Sequence[tuple[str, float]]) -> Scale:
    """The scale of the numbers a person gave some words."""
    numbers = np.array([x for _, x in rated])
    named = {x: text for text, x in reversed(rated)}
    if len(named) == 1:
        return Scale(*Scale.guess(numbers)[:3], named.items())
    step = 1.0 if np.array_equal(numbers, np.rint(numbers)) else None
    return Scale(float(numbers.min()), float(numbers.max()), step, named.items())


def scale_of(answers: Answers, values: np.ndarray, n: int | None = None) -> Scale:
    """Find the scale of ratings, (n,), read by ``answers``, with its words; see ``Scale.guess``."""
    if answers.scale is not None and answers.scale.contains(values).all():
        return answers.scale
    guessed = Scale.guess(values, n)
    named = answers.scale.words if answers.scale is not None else None
    return Scale(*guessed[:3], named)


# --- texts ----------------------------------------------------------------------------------------


def _text(cell: Any) -> str:
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    if isinstance(cell, float | np.floating) and not np.isfinite(cell):
        return ""
    return str(cell).strip()


_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "−": "-"})
_JOINERS = re.compile("[\ufe00-\ufe0f\u200b-\u200d\u20e3\ufeff\U0001f3fb-\U0001f3ff]")


@functools.lru_cache(4096)
def _key(text: str) -> str:
    """A text without case, typographer's signs and needless spaces; what it says is kept."""
    text = _JOINERS.sub("", text.translate(_QUOTES))
    return " ".join(text.casefold().split())


@functools.lru_cache(4096)
def folded(text: str) -> str:
    """A text without case, accents, signs and needless spaces: “Don’t know.” is “dont know”.

    Umlauts written as two letters are one: “unzufrieden, ueberhaupt” is “unzufrieden uberhaupt”.
    Pictures stay.
    """
    text = unicodedata.normalize("NFKD", _JOINERS.sub("", text.translate(_QUOTES)).casefold())
    text = re.sub(r"(?<=\w)'(?=\w)", "", text).replace("'", "")
    kept = (c if c.isalnum() or unicodedata.category(c) == "So" else " "
            for c in text if unicodedata.category(c) != "Mn")  # fmt: skip
    text = " ".join("".join(kept).split())
    return re.sub("([aou])e", r"\1", text)


def _forms(text: str) -> list[str]:
    """A folded text, and what it says without “I …”, “… it”."""
    whole = folded(text)
    short = re.sub(r"^(i have|i|ive|it was|its|it is|was) ", "", whole)
    bare = re.sub(r" (it|this|that|them|the film|the movie|the book)$", "", short)
    return [form for form in dict.fromkeys((whole, short, bare)) if form]


# --- not rated ------------------------------------------------------------------------------------


@functools.cache
def _unrated() -> re.Pattern[str]:
    # The patterns are of folded text, and folded themselves as far as their letters go.
    patterns = (re.sub("([aou])e", r"\1e?", pattern) for pattern in answer_words.UNRATED)
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_ERROR = re.compile(r"#([A-ZÄÖÜÉÈ]{2,12}|DIV/0|N/[A-Z])[!?.]?", re.IGNORECASE)  # of spreadsheets
_CROSSES = frozenset("xX✗✘✕✖×❌")
_ONLY_SIGNS = re.compile(r"[/\\|.,·…_~?!=–—\-\s()]+")


@functools.lru_cache(4096)
def means_unrated(text: str) -> bool:
    """Tell whether a text says that there is no rating: “Haven't seen it”, “weiß nicht”, “x” …"""
    text = text.strip()
    if len(text) > _LONGEST:
        return False
    if text in _CROSSES or _ERROR.fullmatch(text) or _ONLY_SIGNS.fullmatch(text):
        return True
    return bool(_unrated().fullmatch(folded(text)))


# What people tick or cross where they liked, bought or saw something.
_MARKS = _CROSSES | frozenset("✓✔☑✅•")


def _ticked(texts: Mapping[str, int]) -> Answers:
    first = next(iter(texts))
    remark = Text(
        "Each “{mark}” was taken as 1: that there is something, not how much it is liked.",
        mark=first,
    )
    return Answers(tuple((text, 1.0) for text in texts), remark=remark, scale=Scale(0.0, 1.0, 1.0))


# --- thousands ------------------------------------------------------------------------------------

_POINTED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")


def points_group_thousands(texts: Iterable[str]) -> bool:
    """Tell whether points stand between thousands: “1.204” beside “17” and “3.000”.

    So it is if every number with a point has groups of three digits after it and none begins with
    0, others have no point and are below 1000 (whoever groups digits groups all), and something
    says that these are no decimals: two points in one number, or a 0 at the end, which no program
    writes after a decimal point unless it writes three decimals everywhere.
    """
    pointed, plain = [], []
    for text in texts:
        if is_blank(text):
            continue
        bare = text.strip().replace("\u2212", "-")
        if "." in bare:
            if not _POINTED.fullmatch(bare) or bare.lstrip("+-").startswith("0"):
                return False
            pointed.append(bare)
        elif re.fullmatch(r"[+-]?\d{1,3}(,\d+)?", bare):
            plain.append(bare)
        elif number(bare, ",") is not None:
            return False
    told = any(text.count(".") > 1 or text.endswith("0") for text in pointed)
    return bool(pointed and plain and told)


def _thousands(texts: Mapping[str, int]) -> Answers:
    pairs = {t: x for t in texts if "." in t and (x := number(t, ",")) is not None}
    first = next(iter(pairs))
    remark = Text(
        "“{text}” was read as {value:,.0f}: points between thousands; where they are decimal "
        "points, choose “.” as the decimal mark.",
        text=first,
        value=pairs[first],
    )
    return Answers(_ascending(pairs), remark=remark)


def _ascending(pairs: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(pairs.items(), key=lambda pair: pair[1]))


# --- ways to write numbers ------------------------------------------------------------------------

_FILLED = "★⭐🌟✭✮✯✶🟊⭑*❤♥💖💗💙💚💛💜🧡●■⬤🔴🔥🍿👍"
_EMPTY = "☆✩✰⭒○□♡♢🤍⚪◯✧·.\\-–—_"
_ROW = re.compile(rf"([{_FILLED}]*)(½|1/2|⯨|⯪|◐|\+)?([{_EMPTY}]*)")
_VULGAR = re.compile(r"(\d*)\s*([½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_GROUPED = re.compile(r"[+-]?\d{1,3}([\s'’]\d{3})+([.,]\d+)?")
_SPELLED = re.compile(r"(\d+)[\s-]+1/2(?!\d)")


@functools.cache
def _amount() -> dict[str, re.Pattern[str]]:
    """Patterns of an amount alone, of some unit, per cent, and out of how many."""
    named = sorted(_spelled(), key=len, reverse=True)
    one = rf"(?P<half>(?:one |a )?half(?: an?| of an?)?)|(?P<name>{'|'.join(named)})"
    one = rf"(?:(?P<digits>\d+(?:[.,]\d+)?)|{one})"
    one += r"(?P<and> and (?:a|one) half| ?1/2)?"
    top = rf"(?P<top>\d+(?:[.,]0+)?|{'|'.join(named)})"
    unit = rf"(?:[\s-]?(?:{'|'.join(answer_words.UNITS.split())})\b\.?|\s?[★⭐☆*❤♥])"
    lead = r"(?:(?:rated|rating|score|note|nota|bewertung|voto|cijfer)\s*:?\s*)?"
    return {
        "%": re.compile(rf"{lead}{one}\s*(?:%|(?:{answer_words.PERCENT})\b)"),
        "/": re.compile(
            rf"{lead}{one}{unit}?\s*(?:/|\b(?:{answer_words.OUT_OF})\b)\s*{top}{unit}?"
        ),
        "*": re.compile(rf"{lead}{one}{unit}|[★⭐]\s?(?P<after>\d+(?:[.,]\d+)?)"),
        "": re.compile(lead + one),
    }


@functools.cache
def _spelled() -> dict[str, int]:
    return {w: n for n, said in answer_words.NUMBERS.items() for w in reversed(said.split())}


_ARTICLES = frozenset("a an no o ein eine einen un une uno una um uma een kein keine geen".split())


@functools.lru_cache(4096)
def _quantity(text: str) -> tuple[str, float, float | None] | None:
    """How a text writes a number ("%", "/", "row", "*" or ""), the number, and out of how many."""
    bare = _JOINERS.sub("", text.strip())
    row = _ROW.fullmatch(bare.replace(" ", ""))
    if row and (row[1] or row[3].strip(".-–—_· ")):
        n = len(row[1]) + 0.5 * bool(row[2])
        return "row", n, float(len(row[1]) + bool(row[2]) + len(row[3])) if row[3] else None
    if _GROUPED.fullmatch(bare):  # 1 204, 1'204
        return "", float(re.sub(r"[^\d.,+-]", "", bare).replace(",", ".")), None
    bare = _VULGAR.sub(lambda m: f"{int(m[1] or 0) + unicodedata.numeric(m[2]):.10g}", bare)
    bare = _SPELLED.sub(lambda m: f"{m[1]}.5", bare)
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", bare).casefold())
    bare = "".join(c for c in bare if unicodedata.category(c) != "Mn")
    bare = " ".join(bare.replace("\u2044", "/").rstrip("!.").split())
    for kind, pattern in _amount().items():
        match = pattern.fullmatch(bare)
        if match is None:
            continue
        parts = match.groupdict()
        if digits := parts["digits"] or parts.get("after"):
            value = float(digits.replace(",", "."))
        elif parts["half"]:
            value = 0.5
        else:
            if kind == "" and parts["name"] in _ARTICLES:
                return None
            value = float(_spelled()[parts["name"]])
        value += 0.5 * bool(parts["and"])
        top = parts.get("top")
        if top is None:
            return kind, value, None
        of = _spelled().get(top)
        return kind, value, float(top.replace(",", ".")) if of is None else float(of)
    return None


# Out of how many people rate; 3/5 is else a day, 7/12 a share.
_TOPS = frozenset([2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 1000])


def _amounts(texts: Mapping[str, int], numbers: Mapping[str, float]) -> Answers | None:
    """Numbers written otherwise: 60 %, 3/5, ★★★☆☆, “3 stars”, 3½, “four”."""
    if (
        sum(_quantity(text) is not None for text in list(texts)[:_FIRST])
        < min(len(texts), _FIRST) / 2
    ):
        return None
    read = {text: found for text in texts if (found := _quantity(text)) is not None}
    kinds = {kind for kind, _, _ in read.values()}
    if not read or ("%" in kinds and len(kinds) > 1):
        return None
    if "/" in kinds:
        tops = {top for kind, _, top in read.values() if kind == "/"}
        if len(tops) > 3 or not tops <= _TOPS or any(x > t for _, x, t in read.values() if t):
            return None
    values = {text: value for text, (_, value, _) in read.items()}
    rows = [found for found in read.values() if found[0] == "row"]
    if rows and not any(x for _, x, _ in rows):  # ☆☆☆: no row has another star than these
        lengths = {text: top or 0.0 for text, (kind, _, top) in read.items() if kind == "row"}
        if len(set(lengths.values())) > 1:
            values |= lengths
            read = {t: (kind, values[t], None) for t, (kind, _, _) in read.items()}
    known_tops = {top for _, _, top in read.values() if top is not None}
    top = 100.0 if kinds == {"%"} else max(known_tops, default=None)
    remark = None
    if len(known_tops) > 1 and top is not None:  # 3/5 beside 7/10
        values = {t: x * top / (read[t][2] or top) for t, x in values.items()}
        remark = Text(
            "Some ratings are out of {few:g}, others out of {top:g}: all were brought to {top:g}.",
            few=min(known_tops),
            top=top,
        )
    every = [*values.values(), *numbers.values()]
    if top is None and kinds & {"row", "*"}:
        top = next((t for t in (5.0, 10.0) if max(every) <= t), None)
    if remark is None:
        text = max(values, key=lambda t: texts[t])
        remark = Text(
            "Ratings such as “{text}” were read as numbers: {value}.",
            text=escape.brief(text, _SHOWN),
            value=words.given(values[text]),
        )
    scale = None if top is None or max(every) > top or min(every) < 0 else _up_to(top, every)
    return Answers(_ascending(values), remark=remark, scale=scale)


def _up_to(top: float, values: Sequence[float]) -> Scale:
    """The scale that ends at ``top``: from 1 in whole numbers, unless the values say otherwise."""
    doubled = np.array(values) * 2
    if not np.allclose(doubled, np.rint(doubled)):
        return Scale(0, top)
    if (np.rint(doubled) % 2).any():
        return Scale(0.5 if min(values) > 0 and top == 5 else 0, top, 0.5)
    return Scale(1 if min(values) >= 1 and top <= 10 else 0, top, 1.0)


# --- numbers with a word --------------------------------------------------------------------------

_NUMBER_FIRST = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(?:[-–—=:.)|/]+|[(\[])\s*([^\d]+?)\s*[)\]]?")
_NUMBER_LAST = re.compile(r"([^\d]+?)\s*(?:[-–—=:|]|[(\[])\s*([+-]?\d+(?:[.,]\d+)?)\s*[)\]]?")
_NUMBER_AND_WORD = re.compile(r"([+-]?\d+)\s+([^\d]+)")
_HIGHEST_LABELLED = 100
_MONTH = re.compile(
    "jan|feb|fev|fevr|mar|apr|avr|abr|mai|mag|may|mei|ma[iy]o|jun|juin|giu|jul|juil|lug"
    "|aug|aout|ago|sep|set|oct|okt|ott|out|nov|dec|dez|dic"
)


def _label(text: str) -> tuple[float, str] | None:
    """The number and the word of “5 (loved it)”, “1 - hated it”, “Agree = 4”, “4 Agree”."""
    text = text.strip().translate(_QUOTES)
    if match := _NUMBER_FIRST.fullmatch(text):
        figure, word = match[1], match[2]
    elif match := _NUMBER_LAST.fullmatch(text):
        figure, word = match[2], match[1]
    elif match := _NUMBER_AND_WORD.fullmatch(text):
        figure, word = match[1], match[2]
        if not means_unrated(word) and not any(f in _index() for f in _forms(word)):
            return None  # “12 Monkeys” is no answer
    else:
        return None
    if not any(c.isalpha() for c in word):
        return None
    return float(figure.replace(",", ".")), word.strip(" ,;.")


def _labelled(texts: Mapping[str, int], numbers: Mapping[str, float]) -> Answers | None:
    """Numbers that carry a word, all of them or the ends only: “5 (loved it)”, “4”, “3” …"""
    read = {text: found for text in texts if (found := _label(text)) is not None}
    unrated = tuple(text for text, (_, word) in read.items() if means_unrated(word))
    rated = {text: found for text, found in read.items() if text not in unrated}
    of_number: dict[float, set[str]] = {}
    for value, word in rated.values():
        of_number.setdefault(value, set()).add(folded(word))
    if not read or any(len(found) > 1 for found in of_number.values()):
        return None  # 12-May, 12-June: a day, not a rating
    if any(abs(value) > _HIGHEST_LABELLED for value in of_number):
        return None
    if all(_MONTH.match(word) for found in of_number.values() for word in found):
        return None
    values = {text: value for text, (value, _) in rated.items()}
    names = {value: word for value, word in rated.values()}
    every = sorted({*of_number, *numbers.values()})
    scale = None
    if names and len(every) > 1:
        bounds = (min(names), max(names))
        step = 1.0 if all(float(x).is_integer() for x in every) else None
        ends_named = len(names) > 1 and bounds == (every[0], every[-1])
        guessed = Scale(*bounds, step) if ends_named else Scale.guess(np.array(every))
        scale = Scale(*guessed[:3], names.items())
    remark = None
    if _falls(names):
        low, high = names[min(names)], names[max(names)]
        remark = Text(
            "Higher numbers mean less here: {least:g} is “{low}”, {most:g} is “{high}”; give the "
            "answers other numbers, lest what people like is taken for what they do not.",
            least=min(names),
            low=escape.brief(low, _SHOWN),
            most=max(names),
            high=escape.brief(high, _SHOWN),
        )
    elif values:
        text = max(values, key=lambda t: texts[t])
        remark = Text(
            "“{text}” was read as {value}.",
            text=escape.brief(text, _SHOWN),
            value=words.given(values[text]),
        )
    return Answers(_ascending(values), unrated, bool(values), remark, scale)


def _falls(names: Mapping[float, str]) -> bool:
    """Whether the words of numbers are known in the other order: 1 = Strongly agree."""
    family = _family({word: 1 for word in names.values()})
    if family is None or len(names) < 2:
        return False
    ranks = [rank for x in sorted(names) if (rank := family.rank(names[x])) is not None]
    return len(ranks) > 1 and all(a > b for a, b in itertools.pairwise(ranks))


# --- words ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Family:
    """Answers that belong together, lowest first, and the scales made of them.

    ``answers`` are the ways to write each, folded, and ``called`` one of them as it is spelled;
    ``scales`` are the positions of each usual scale, the most usual first. ``either_way``: which
    end is the higher is a matter of opinion.
    """

    answers: tuple[tuple[str, ...], ...]
    called: tuple[str, ...]
    scales: tuple[tuple[int, ...], ...]
    either_way: bool = False

    @functools.cached_property
    def place(self) -> dict[str, int]:
        """The position of each way to write an answer."""
        return {w: at for at in reversed(range(len(self.answers))) for w in self.answers[at]}

    def rank(self, text: str) -> int | None:
        """The position of the answer a text is; None where it is none of these."""
        return next((self.place[form] for form in _forms(text) if form in self.place), None)

    def scale(self, found: set[int]) -> tuple[int, ...]:
        """The scale of some answers: that of exactly these, else the usual one that has them."""
        if tuple(sorted(found)) in self.scales:
            return tuple(sorted(found))
        holding = (scale for scale in self.scales if found <= set(scale))
        return next(holding, tuple(sorted(found)))


def _families_of(block: str, either_way: bool = False) -> list[Family]:
    found = []
    for part in block.strip().split("\n\n"):
        lines = [line.partition(":") for line in part.splitlines() if line.strip()]
        answers = tuple(
            tuple(dict.fromkeys(folded(word) for word in said.split("|") if word.strip()))
            for _, _, said in lines
        )
        # Where each mark stands on its lines: that of the most usual scale in front.
        places: dict[str, list[int]] = {}
        for tags, _, _ in lines:
            for place, mark in enumerate(tags.split()):
                places.setdefault(mark, []).append(place)
        marks = sorted(places, key=lambda mark: (float(np.mean(places[mark])), mark))
        scales = tuple(
            tuple(at for at, (tags, _, _) in enumerate(lines) if mark in tags.split())
            for mark in marks
        )
        called = tuple(said.split("|")[0].strip() for _, _, said in lines)
        found.append(Family(answers, called, scales, either_way))
    return found


def _opposites() -> Iterable[Family]:
    for (*adverbs, between), pairs in answer_words.OPPOSITES.items():
        for negative, positive in pairs:
            sides = []
            for side in (negative, positive):
                bare = side.split(" | ")
                lines = [
                    f"{marks}: " + " | ".join(f"{a} {w}" for a in said.split(" | ") for w in bare)
                    for marks, said in zip(answer_words.BY_ADVERB, adverbs, strict=True)
                ]
                sides.append([*lines[:2], f"{answer_words.WITHOUT_ADVERB}: {side}", *lines[2:]])
            middle = " | ".join(
                between.format(n=n, p=p) for n in negative.split(" | ")
                for p in positive.split(" | ")
            )  # fmt: skip
            lines = [*sides[0], f"{answer_words.BETWEEN}: {middle}", *reversed(sides[1])]
            yield from _families_of("\n".join(lines))


@functools.cache
def families() -> tuple[Family, ...]:
    """All sets of answers that are known, those tried first in front."""
    found = []
    for block in (answer_words.YES_NO, answer_words.AGREEMENT, answer_words.FREQUENCY,
                  answer_words.QUALITY, answer_words.LIKING, answer_words.CHANCE):  # fmt: skip
        found += _families_of(block)
    found += [*_opposites(), *_families_of(answer_words.DEGREE)]
    for template, adjectives in answer_words.BY_DEGREE.items():
        for adjective in adjectives.split():
            found += _families_of(template.format(x=adjective))
    return (*found, *_families_of(answer_words.EITHER_WAY, either_way=True))


@functools.cache
def _index() -> dict[str, list[int]]:
    """In which families each answer occurs."""
    found: dict[str, list[int]] = {}
    for at, family in enumerate(families()):
        for word in family.place:
            found.setdefault(word, []).append(at)
    return found


def _family(texts: Mapping[str, int]) -> Family | None:
    """The family that knows most of the texts, counted by cells.

    Of equals that which tells more of them apart, then the first.
    """
    known: Counter[int] = Counter()
    for text, n in texts.items():
        known.update(dict.fromkeys({f for w in _forms(text) for f in _index().get(w, ())}, n))
    if not known:
        return None
    most = max(known.values())
    equals = [families()[at] for at in sorted(known) if known[at] == most]
    return max(equals, key=lambda family: len({family.rank(text) for text in texts} - {None}))


def _worded(texts: Mapping[str, int], numbers: Mapping[str, float]) -> Answers | None:
    """Words of a known set: “Strongly agree”, “meist”, “👍”; or those of the ends only."""
    clear = {t: n for t, n in texts.items() if not means_unrated(t)}
    family = _family(texts) if clear else None
    if family is None:
        return None
    ranks = {text: rank for text in clear if (rank := family.rank(text)) is not None}
    for text in texts.keys() - clear.keys():
        # “Undecided” is the middle of a scale, unless another answer is.
        rank = family.rank(text)
        if rank is not None and rank not in ranks.values():
            ranks[text] = rank
    found = set(ranks.values())
    if numbers:
        return _ends(family, ranks, texts, numbers)
    scale = family.scale(found)
    first = 0.0 if len(scale) == 2 else 1.0  # one of two; the only one there is; one of several
    values = {text: scale.index(rank) + first for text, rank in ranks.items()}
    named = _names(ranks, values, texts)
    capital = sum(word[:1].isupper() for word in named.values()) > len(named) / 2
    missing = {
        scale.index(at) + first: family.called[at].capitalize() if capital else family.called[at]
        for at in scale
        if at not in found
    }
    low, high = (0.0, 1.0) if len(scale) == 1 else (first, first + len(scale) - 1)
    whole = Scale(low, high, 1.0, (missing | named).items())
    remark = _about_words(named, family.either_way, _alike(ranks))
    return Answers(_ascending(values), (), True, remark, whole)


def _names(
    ranks: Mapping[str, int], values: Mapping[str, float], texts: Mapping[str, int]
) -> dict[float, str]:
    """What each number is called: the text that most cells hold, the lowest number first."""
    named: dict[float, str] = {}
    for text in sorted(ranks, key=lambda t: (values[t], -texts[t])):
        named.setdefault(values[text], text.strip())
    return named


def _alike(ranks: Mapping[str, int]) -> tuple[str, str] | None:
    """Two answers taken as the same though they are other words; None where there are none."""
    of_rank: dict[int, str] = {}
    for text, rank in ranks.items():
        other = of_rank.setdefault(rank, text)
        if not set(_forms(other)) & set(_forms(text)):
            return other, text
    return None


def _about_words(
    named: Mapping[float, str], either_way: bool, alike: tuple[str, str] | None
) -> Text:
    said = {x: escape.brief(word, _SHOWN) for x, word in named.items()}
    least, most = min(named), max(named)
    if alike is not None:
        one, other = (escape.brief(word, _SHOWN) for word in alike)
        return Text(
            "“{one}” and “{other}” were taken as the same answer; give them numbers of their own "
            "where they are not.",
            one=one,
            other=other,
        )
    if least == most:
        return Text("“{word}” was read as {value:g}.", word=said[least], value=least)
    if either_way:
        return Text(
            "“{high}” was taken as the highest answer, {most:g}, and “{low}” as the lowest; give "
            "them other numbers where it is the other way round.",
            high=said[most],
            most=most,
            low=said[least],
        )
    return Text(
        "Answers were read as numbers, from “{low}”, {least:g}, to “{high}”, {most:g}.",
        low=said[least],
        least=least,
        high=said[most],
        most=most,
    )


def _ends(
    family: Family,
    ranks: Mapping[str, int],
    texts: Mapping[str, int],
    numbers: Mapping[str, float],
) -> Answers | None:
    """The words of the two ends of a scale, plain numbers between: Hated it, 2, 3, 4, Loved it.

    None where there are more words than two, or numbers that are not whole; and where the only word
    is none of an end, or in a single cell: that is a remark in the wrong place.
    """
    between = sorted(set(numbers.values()))
    two = sorted(set(ranks.values()))
    if not two or len(two) > 2 or any(not x.is_integer() for x in between):
        return None
    if len(two) == 1:
        usual = family.scales[0] if family.scales else (0, len(family.answers) - 1)
        if two[0] not in (usual[0], usual[-1]) or sum(texts[text] for text in ranks) < 2:
            return None
    lowest, highest = between[0], between[-1]
    if lowest == 1 and highest in (5, 7, 10):  # the ends have numbers as well
        low, high = lowest, highest
    else:
        low = 1.0 if lowest > 1 else lowest - 1
        all_there = len(between) == highest - lowest + 1 and highest >= 4
        tops = (highest + 1,) if all_there else (5.0, 7.0, 10.0)
        high = next((top for top in tops if top > highest), highest)
    middle = len(family.answers) / 2
    values = {}
    for text, rank in ranks.items():
        is_low = rank == two[0] if len(two) == 2 else rank < middle
        values[text] = low if is_low else high
    named = _names(ranks, values, texts)
    text = max(values, key=values.__getitem__)
    remark = Text(
        "“{text}” was read as {value:g}, an end of the scale {low:g}–{high:g} whose other answers "
        "are numbers.",
        text=escape.brief(text, _SHOWN),
        value=values[text],
        low=low,
        high=high,
    )
    scale = Scale(low, high, 1, named.items())
    return Answers(_ascending(values), (), True, remark, scale)


# --- grades ---------------------------------------------------------------------------------------

_GRADE = re.compile(r"([ABCDEFSU])\s*(\+|-|−|–|\*|plus|minus)?", re.IGNORECASE)
_THIRD = {"+": 0.3, "plus": 0.3, "-": -0.3, "−": -0.3, "–": -0.3, "minus": -0.3}


def _graded(texts: Mapping[str, int], numbers: Mapping[str, float]) -> Answers | None:
    """Grades in letters: A–F as in the United States, 4 to 0; with E as in Europe, 5 to 0.

    A+ and A− are 0.3 more and less. A* and S lie above A, U (ungraded) is a fail.
    """
    read = {text: match for text in texts if (match := _GRADE.fullmatch(text.strip()))}
    letters = {match[1].upper() for match in read.values()}
    if numbers or len(letters) < 2 or not letters & set("ABC"):
        return None
    order = "ABCDEF" if letters & {"E", "U"} else "ABCDF"
    of_letter = {letter: float(len(order) - 1 - at) for at, letter in enumerate(order)}
    of_letter |= {"S": of_letter["A"] + 1, "U": 0.0}

    def value(match: re.Match[str]) -> float:
        if match[2] == "*":
            return of_letter[match[1].upper()] + 1
        return of_letter[match[1].upper()] + _THIRD.get((match[2] or "").lower(), 0.0)

    values = {text: round(value(match), 1) for text, match in read.items()}
    # A–E without F: the lowest is E all the same, where nobody failed.
    whole = {of_letter[letter]: letter for letter in order}
    named = whole | _names(dict.fromkeys(values, 0), values, texts)
    step = 1.0 if all(x.is_integer() for x in values.values()) else None
    scale = Scale(0, max(named), step, named.items())
    best, worst = max(values, key=values.__getitem__), min(values, key=values.__getitem__)
    remark = Text(
        "Grades were read as numbers, “{best}” as {high:g} down to “{worst}” as {low:g}; give them "
        "other numbers where another scale is meant.",
        best=best,
        high=values[best],
        worst=worst,
        low=values[worst],
    )
    return Answers(_ascending(values), (), True, remark, scale)
