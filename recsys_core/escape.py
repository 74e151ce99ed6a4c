"""Text that people brought, made harmless for each language it is written into.

Names, titles, cells, file names and sentences that quote them are text wherever they appear: never
markup, a formula, a link or a program. Each function takes any text and returns a piece of another
language that shows exactly that text there, on one line. Our own markup goes around it::

    st.markdown(f"**{escape.markdown(name)}** rated 3 songs")
"""

from __future__ import annotations

import html as _html
import re

# Between two characters that only together mean something to Markdown once the backslashes are
# gone (an address, an icon, an arrow): it is not shown and has no width.
_JOINER = "\u2060"

_MARKDOWN = re.compile(r"[\\`*_\[\]<>$~|{}]|&(?=[#\w])|^[#+\-](?=[\s#+\-]|$)|^\d+(?=[.)](?:\s|$))")
_LINKS = re.compile(r"(https?|ftp|mailto|xmpp)(?=:)|(www)(?=\.)|(?<=[\w.+-])(?=@[\w-])", re.I)
_CODES = re.compile(r":(?=[A-Za-z]|[\w+-]+:)")
_ARROWS = re.compile(r"(?<!\S)(<-|-|<|>|~)(?=(?:>|-|=)(?!\S))")


# Control characters, line ends, byte-order marks, and marks that turn the direction of a text.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

# Marks above and below a letter. No language piles up more than four; hundreds cover a whole page.
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILED = re.compile(f"({_MARKS}{{4}}){_MARKS}+")


def one_line(text: str) -> str:
    """The text with each run of blanks, line ends and control characters as one blank.

    Blanks that hold a line together (U+00A0) stay, and of the marks on one letter the first four.
    """
    return re.sub(" +", " ", _PILED.sub(r"\1", _UNSEEN.sub(" ", text))).strip(" ")


def is_seen(text: str) -> bool:
    """Whether anything of the text is seen: blanks and marks without width are not."""
    return any(letter.isprintable() and letter != " " for letter in text)


def short(text: str, most: int) -> str:
    """The text in at most so many characters; “…” stands for what is left out at the end."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def brief(text: object, most: int) -> str:
    """The text on one line, in at most so many characters."""
    return short(one_line(str(text)), most)


def markdown(text: str) -> str:
    """Markdown, as Streamlit reads it, that shows this text.

    Streamlit's Markdown (CommonMark with GitHub's extensions) takes a backslash before any
    punctuation. Addresses, ``:icons:`` and arrows it finds afterwards, without the backslashes:
    these are parted by a character without width.
    """
    text = one_line(text)
    text = _ARROWS.sub(rf"\1{_JOINER}", text)
    text = _CODES.sub(f":{_JOINER}", text)
    text = _LINKS.sub(rf"\g<0>{_JOINER}", text)
    return _MARKDOWN.sub(_backslashed, text)


def _backslashed(found: re.Match[str]) -> str:
    mark = found[0]
    return mark + "\\" if mark.isdigit() else "\\" + mark


def html(text: str) -> str:
    """HTML that shows this text, also inside a quoted attribute."""
    return _html.escape(one_line(text))


def plotly(text: str) -> str:
    """What a title, a name or a hover text of Plotly needs to show this text.

    Plotly reads some HTML (``<b>``, ``<a>``), HTML's character references, ``%{…}`` in templates,
    which it fills in first, and in notebooks LaTeX between dollars.
    """
    text = _html.escape(one_line(text), quote=False)
    return text.replace("%{", "&#37;{").replace("$", "&#36;")


# Where a formula may begin: with the cell; and after a semicolon or an end of line, since programs
# set to a country that parts cells by semicolons see another cell there, whatever the quotes.
# Before it may come blanks, and what some programs leave out: a byte-order mark, a NUL.
_FORMULA = re.compile(
    r"^'*(?=[ \x00\ufeff]*(?:[=@\t\r\n＝＠＋－]|[+\-](?![\d\s.,()/+\-]*$)))"
    r"|[;\r\n]'*(?=[ \t\x00\ufeff]*[=@+\-＝＠＋－])"
)


def csv(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet program takes for a formula.

    Excel and its like compute what begins with ``=``, ``@``, ``+`` or ``-``; an apostrophe before
    it makes it text. What is only a number or a telephone number (“-1”, “+44 20 7946 0000”) is
    harmless and stays as it is, as do all other cells. Our own reader of files takes the apostrophe
    away again (``from_csv``).
    """
    return _FORMULA.sub(r"\g<0>'", cell)


def from_csv(cell: str) -> str:
    """The text that ``csv`` was given."""
    return _FORMULA.sub(lambda begins: begins[0].removesuffix("'"), cell)


_LATEX = str.maketrans(
    {c: rf"\{c}" for c in "#$%&_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"}
)


def latex(text: str) -> str:
    """LaTeX that sets this text, outside of mathematics."""
    return one_line(text).translate(_LATEX)
