"""How a text is written: its encoding, and the delimiter between its cells."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from recsys_core.errors import ReadError
from recsys_core.extras import needed_for
from recsys_core.reading.cells import number
from recsys_core.reading.column_roles import meaning
from recsys_core.reading.sources import Bytes, Content, unmarked_wide, unreadable
from recsys_core.text import Text

# In order of trust: a tab or “::” is never there by accident, a space often is.
DELIMITERS = {"::": "::", "tab": "\t", ";": ";", ",": ",", "|": "|", "space": " "}

# What few programs write between cells.
_RARE = ("^", "~", "#", "¦", "§", "¬", "\x01", "\x1f")

# Those a page offers to choose from. Any other that Python knows may be said, too.
ENCODINGS = (
    "utf-8", "utf-16", "latin-1", "mac-roman", "cp850", "cp1250", "cp1251", "koi8-r", "cp1253",
    "cp1254", "cp1255", "cp1256", "gb18030", "big5", "shift_jis", "euc_jp", "cp949",
)  # fmt: skip

# The longest first: UTF-32's mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UNIT = "\x1f"  # ASCII's own “unit separator”: stands for a delimiter that no fast parser splits at

# Text is decoded in pieces of this size, so that a large file never lies in memory twice.
_PIECE = 4 << 20
# How much is looked at to tell an encoding, from each of so many places that are not ASCII.
_WINDOW, _WINDOWS = 16 << 10, 4
# Escapes and domain names, no encodings of files; some take a time that grows with the square.
_NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode", "raw")
# An ASCII byte may be half of a letter there, after an escape.
_WITH_ESCAPES = ("iso2022", "hz", "utf-7")

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_LINE_ENDS = re.compile(rb"[\r\n]")


def _cp1252_gap(error: UnicodeError) -> tuple[str, int]:
    """What browsers make of the five bytes that cp1252 leaves open: the characters of latin-1."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("recsys_core.cp1252_gap", _cp1252_gap)


@dataclass(frozen=True)
class Encoding:
    """An encoding and how its bytes become text.

    ``name`` is how it is shown and chosen: "utf-8", "latin-1", "cp1251" …
    """

    name: str

    @property
    def codec(self) -> str:
        """Python's name of the codec; latin-1 is read as Windows' variant of it."""
        return "cp1252" if self.name == "latin-1" else self.name

    @property
    def errors(self) -> str:
        """What is done with bytes that mean nothing: “�” stands for them."""
        return "recsys_core.cp1252_gap" if self.name == "latin-1" else "replace"

    @property
    def by_lines(self) -> bool:
        """Whether ASCII bytes mean ASCII wherever they stand, line ends above all.

        Such a file can be cut at the bytes of its line ends and decoded from there.
        """
        if self.name.startswith(_WITH_ESCAPES):
            return False
        ascii_bytes = bytes(range(128))
        try:
            return ascii_bytes.decode(self.codec) == ascii_bytes.decode("ascii")
        except UnicodeError:
            return False

    def decode(self, data: bytes) -> str:
        """The text of some bytes, cut at an end of line."""
        return data.decode(self.codec, self.errors)

    def pieces(self, data: Bytes, start: int, stop: int) -> Iterator[str]:
        """The text from ``start`` to ``stop`` in pieces of some MB that end where lines end."""
        codec = self.codec
        if codec in ("utf-16", "utf-32") and not data.startswith(
            (b"\xff\xfe", b"\xfe\xff", b"\0\0")
        ):
            codec += "-le"  # a person has chosen it for a file without its mark
        decoder = codecs.getincrementaldecoder(codec)(self.errors)
        rest = ""
        for begins in range(start, stop, _PIECE):
            last = begins + _PIECE >= stop
            text = rest + decoder.decode(data[begins : min(begins + _PIECE, stop)], final=last)
            cut = len(text) if last else max(text.rfind("\n"), text.rfind("\r")) + 1
            rest = text[cut:]
            if cut:
                yield text[:cut]


def encoding_of(content: Content, chosen: str | None = None) -> Encoding:
    """The encoding of a text: as chosen, as its mark says, or as its bytes look.

    Some windows of bytes that are not ASCII are looked at, never the whole file. UTF-8 with a few
    bytes that are none is still UTF-8: one damaged name is better than all accents wrong.

    Raises
    ------
    ReadError
        If there is no such encoding.
    """
    data = content.data
    if chosen is not None:
        return Encoding(_known(chosen))
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Encoding(name)
    return Encoding(unmarked_wide(data[: 1 << 16]) or _guessed(data))


def _known(name: str) -> str:
    """A chosen encoding as it is called here."""
    try:
        b"a".decode(name)  # refuses Python's codecs of other kinds (base64, zip …)
        found = codecs.lookup(name).name
        codecs.getincrementaldecoder(name)
        if found.startswith(_NO_ENCODINGS):
            raise LookupError
    except UnicodeError:
        found = codecs.lookup(name).name
    except (LookupError, ValueError, TypeError):
        raise unreadable(
            Text(
                "“{encoding}” is not an encoding known here; choose one of {names}.",
                encoding=name,
                names=", ".join(ENCODINGS),
            )
        ) from None
    return {
        "iso8859-1": "latin-1",
        "cp1252": "latin-1",
        "ascii": "utf-8",
        "utf-8-sig": "utf-8",
    }.get(found, found)


def not_ascii(data: Bytes) -> Iterator[bytes]:
    """Some lines around bytes that are not ASCII, from several places of a text."""
    blocks = [at for at in range(0, len(data), 1 << 20) if not data[at : at + (1 << 20)].isascii()]
    n_shown = min(_WINDOWS, len(blocks))
    for place in range(n_shown):
        block = blocks[place * (len(blocks) - 1) // max(n_shown - 1, 1)]
        found = _NOT_ASCII.search(data, block)
        assert found is not None
        begins = max(data.rfind(b"\n", 0, found.start()), data.rfind(b"\r", 0, found.start())) + 1
        if not place and found.start() < _WINDOW:
            begins = 0  # names of columns say something of the language
        begins = max(begins, found.start() - _WINDOW)
        ends = _LINE_ENDS.search(data, begins + _WINDOW)
        yield data[begins : min(ends.end() if ends else len(data), begins + 2 * _WINDOW)]


def _guessed(data: Bytes) -> str:
    """The encoding of bytes without a mark: UTF-8, or what a detector finds."""
    windows = list(not_ascii(data))
    if not windows:
        return "iso2022_jp" if b"\x1b$" in data[:_PIECE] else "utf-8"
    text = b"\n".join(windows)
    decoded = text.decode("utf-8", "replace")
    n_wrong = decoded.count("\ufffd")
    if sum(not letter.isascii() for letter in decoded) - n_wrong >= 2 * n_wrong:
        return "utf-8"
    try:
        with needed_for(Text("A text that is not UTF-8"), Text(", or choose its encoding")):
            import chardet  # when first needed: its tables take a tenth of a second

        name = _known(chardet.detect(text)["encoding"] or "latin-1")
        if name != "latin-1":
            text.decode(name)
    except (ImportError, UnicodeError, ReadError):
        name = "latin-1"  # without a detector, or against it: western Europe
    if name in ("gb2312", "gbk"):
        return "gb18030"
    # A detector is weakest at few words of western Europe: in a wrong one of these encodings they
    # hold odd signs, and words of other alphabets hold no ASCII letters.
    western = max(_WESTERN, key=lambda one: (_fit(text, one), one == name))
    if name not in _WESTERN:
        unlikely = name.startswith(_OTHER_ALPHABETS) or _capitals_within(text, name)
        western = western if unlikely and _fit(text, western) == 1.0 else name
    if not data.startswith(windows[0]):
        return western
    # A name of a column that is a known word in one of them says more than all letters.
    head = _LINE_ENDS.split(windows[0], maxsplit=1)[0]
    return max((western, name, *_WESTERN), key=lambda one: _n_known(head, one))


_WESTERN = ("latin-1", "mac-roman", "cp850", "cp437", "iso8859-15")
_OTHER_ALPHABETS = (
    "cp1251", "cp1253", "cp1255", "cp1256", "cp866", "cp855", "koi8", "mac-cyrillic", "mac-greek",
    "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-11", "tis-620", "cp874",
)  # fmt: skip
_LETTERS = frozenset("áàâäãåæçéèêëíìîïñóòôöõøœúùûüÿß")
_CAPITALS = frozenset(letter.upper() for letter in _LETTERS if letter != "ß")
_SIGNS = frozenset("‘’“”–—…«»¿¡€£°·©®ªº\u00a0")


def _n_known(head: bytes, name: str) -> int:
    """How many names of columns with letters beyond ASCII are known words in an encoding."""
    cells = re.split(r"[,;|\t]", Encoding(name).decode(head))
    known = (meaning(cell.strip(' "')) for cell in cells if not cell.isascii())
    return sum(said.role is not None or said.attribute for said in known)


def _capitals_within(data: bytes, name: str) -> bool:
    """Whether a capital beyond ASCII stands after a small letter, as in no word: “ChloŽ”."""
    pairs = re.findall(r"(?=([a-z][^\x00-\x7f]))", Encoding(name).decode(data))
    return any(pair[1].isupper() for pair in pairs)


def _fit(data: bytes, name: str) -> float:
    """The share of characters beyond ASCII that fit where they stand in words of western Europe.

    1 only if most letters around them are ASCII, as in these languages.
    """
    text = Encoding(name).decode(data)
    fit = wrong = plain = 0
    for word in filter(lambda word: not word.isascii(), text.split()):
        plain += sum(letter.isascii() and letter.isalpha() for letter in word)
        for before, letter in zip(" " + word, word, strict=False):
            if letter.isascii():
                continue
            fits = letter in _LETTERS or letter in _SIGNS
            fits |= letter in _CAPITALS and not before.islower()
            fit, wrong = fit + fits, wrong + (not fits)
    share = fit / max(fit + wrong, 1)
    return share if plain > fit else share / 2


def sniff(lines: list[str]) -> str:
    """The delimiter that cuts most lines into equally many cells; the most trusted of several.

    A file no delimiter cuts has one column, which is for the caller to say; "," then stands in.
    """
    sample = [line for line in lines[:100] if not line.startswith(("#", "%"))] or lines[:100]
    while len(sample) > 20 and sum(map(len, sample)) > 1 << 20:  # a wide table needs fewer
        sample = sample[: len(sample) // 2]
    found = {}
    for name in DELIMITERS:
        rows = _cut(sample, name)
        lengths = Counter(len(row) for row in rows if row)
        length, count = max(lengths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        share = count / max(len(rows), 1)
        # A header may be one cell shorter; any other unevenness speaks against a delimiter.
        # Prose has spaces too, but never equally many in most lines.
        if length >= 2 and (name != "space" or share > 0.8):
            found[name] = share - _doubts(rows, length)
    if found.get("tab", 0.0) > 0.8:
        found.pop("space", None)  # spaces are within cells then: “Song 5”
    best, best_share = ",", 0.0
    for name, share in found.items():
        if share > best_share + 0.1:
            best, best_share = name, share
    if not found and len(sample) > 1:
        for sign in _RARE:  # never there by accident where it cuts each line alike
            lengths = Counter(len(row) for row in _cut(sample, sign))
            if len(lengths) == 1 and min(lengths) > 2:
                return sign
    return best


def _cut(lines: list[str], name: str) -> list[list[str]]:
    one = UNIT if name == "::" else DELIMITERS.get(name, name)
    cut = [line.replace("::", UNIT) for line in lines] if name == "::" else lines
    try:
        return [
            [cell for cell in row if cell or name != "space"]
            for row in csv.reader(cut, delimiter=one, skipinitialspace=True)
        ]
    except csv.Error:
        return []


def _doubts(rows: list[list[str]], length: int) -> float:
    """What speaks against a delimiter that cuts most rows into equally many cells.

    It stands within quotation marks that then lie about, or inside titles: the first row, which
    names the columns, is not cut, or no column holds numbers.
    """
    even = [row for row in rows if len(row) == length]
    torn = sum(any(cell.count('"') % 2 for cell in row) for row in even)
    doubts = 0.3 if torn > len(even) / 2 else 0.0
    if len(rows[0]) == 1 and length == 2 and len(rows) > 2:
        doubts += 0.15
    columns = zip(*even[-20:], strict=True)
    if not any(
        sum(_is_number(cell) for cell in column) > len(even[-20:]) / 2 for column in columns
    ):
        doubts += 0.15
    return doubts


def _is_number(cell: str) -> bool:
    return number(cell, ".") is not None or number(cell, ",") is not None


def named_delimiter(chosen: str) -> str:
    """A delimiter as it is called here: a key of DELIMITERS, or the text itself.

    Raises
    ------
    ReadError
        If it cannot part cells: nothing, a quotation mark, an end of line.
    """
    known = {text: name for name, text in DELIMITERS.items()}
    chosen = {"\\t": "\t", "tabulator": "\t", "comma": ",", "semicolon": ";"}.get(chosen, chosen)
    if chosen in DELIMITERS:
        return chosen
    if chosen in known:
        return known[chosen]
    if not chosen or len(chosen) > 20 or any(sign in '"\r\n\x00' for sign in chosen):
        raise unreadable(
            Text(
                "“{delimiter}” cannot part the cells of a line; choose one of {names}, or write "
                "the sign that does.",
                delimiter=chosen,
                names=", ".join(DELIMITERS),
            )
        )
    return chosen
