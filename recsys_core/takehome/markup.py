"""HTML of a report: sentences whose numbers say where they are from, tables, bars and curves.

A page is one file: its style within, no script, nothing fetched. What people brought is text. It is
in the language of whoever asks for it.
"""

from __future__ import annotations

import html
import math
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recsys_core import escape, language, words
from recsys_core.takehome.findings import Fact, Findings
from recsys_core.text import Number, Text, worded

# Longer names make a table unreadable.
_LONGEST_NAME = 60


class Told(str):
    """A number as it is written, which remembers the fact it tells."""

    __slots__ = ("fact",)

    fact: Fact

    def __new__(cls, fact: Fact, text: str) -> Told:
        """Write a fact as this text."""
        written = super().__new__(cls, text)
        written.fact = fact
        return written


class Name(str):
    """What people call a user, an item or the data: text, whatever it holds."""

    __slots__ = ()


class Quoted(str):
    """A sentence, or a line, of the core that has numbers of its own; shown as it is."""

    __slots__ = ()


class Page:
    """Writes the pieces of a page on some findings, and lists the sources of its numbers.

    ``sources`` are sentences by the key of a source; those used are lettered in order of use. A
    number carries its source as a title and a letter behind its sentence or its table.
    """

    def __init__(self, findings: Findings, sources: Mapping[str, str]) -> None:
        self.findings = findings
        self._sources = {key: worded(said) for key, said in sources.items()}
        self._letters: dict[str, str] = {}
        self._open: dict[str, None] = {}

    def number(self, told: Told) -> str:
        """Write a number."""
        fact = told.fact
        self._open[fact.source] = None
        return (
            f'<data value="{fact.value!r}" data-fact="{escape.html(fact.name)}" '
            f'title="{escape.html(self._sources[fact.source])}">{escape.html(told)}</data>'
        )

    def text(self, text: object) -> str:
        """Write a sentence, a number or a name; of a Text each value by itself."""
        if isinstance(text, Told):
            return self.number(text)
        if isinstance(text, Name):
            return f"<bdi>{escape.html(escape.brief(text, _LONGEST_NAME))}</bdi>"
        if isinstance(text, Quoted):
            return f'<span data-quoted="">{escape.html(text)}</span>'
        if isinstance(text, Text):
            n = text.values.get("n")
            n = n.fact.value if isinstance(n, Told) else n
            template = language.sentence(text.id, text.plural, n, language.now())
            # Of what a language leaves out, no source is referred to.
            used = {name for _, name, _, _ in string.Formatter().parse(template)}
            values = {name: self.text(value) for name, value in text.values.items() if name in used}
            return html.escape(template).format_map(values)  # ours: its blanks stay
        return escape.html(str(text))

    def heading(self, text: object) -> str:
        """Write the heading of a section."""
        return f"<h2>{self.text(text)}</h2>"

    def marks(self) -> str:
        """Refer to the sources of all numbers written since the last reference."""
        links: dict[str, None] = {}
        for source in self._open:
            said = self._sources[source]
            letter = self._letters.setdefault(said, _letter(len(self._letters)))
            label = escape.html(Text("Source {letter}", letter=letter))
            link = f'<a href="#source-{letter}" aria-label="{label}">{letter}</a>'
            links[link] = None
        self._open.clear()
        return f"<sup>{' '.join(links)}</sup>" if links else ""

    def say(self, text: object) -> str:
        """Write a sentence, and refer to the sources of its numbers."""
        return self.text(text) + self.marks()

    def paragraph(self, *texts: object, kind: str = "") -> str:
        """Write a paragraph of sentences; those that are None are left out."""
        said = " ".join(self.say(text) for text in texts if text is not None)
        return f'<p class="{kind}">{said}</p>' if kind else f"<p>{said}</p>"

    def points(self, texts: Iterable[object]) -> str:
        """Write a list; nothing where there is nothing to list."""
        items = "".join(f"<li>{self.say(text)}</li>" for text in texts)
        return f"<ul>{items}</ul>" if items else ""

    def table(
        self,
        caption: object,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        explained: Mapping[str, str] | None = None,
    ) -> str:
        """Write a table; the first cell of a row is its head. Nothing where there are no rows.

        Columns without any name have no heads, ``explained`` is what names of columns mean.
        """
        body = ""
        for first, *cells in rows:
            others = "".join(
                f'<td class="{"n" if _is_number(cell) else "t"}">{self.text(cell)}</td>'
                for cell in cells
            )
            body += f'<tr><th scope="row">{self.text(first)}</th>{others}</tr>'
        if not body:
            return ""
        said = self.text(caption)
        heads = (
            ""
            if not any(columns)
            else "".join(
                f'<th scope="col" title="{escape.html((explained or {}).get(c, ""))}">'
                f"{escape.html(c)}</th>"
                if (explained or {}).get(c)
                else f'<th scope="col">{escape.html(c)}</th>'
                for c in columns
            )
        )
        kind = "" if heads else ' class="plain"'
        head = heads and f"<thead><tr>{heads}</tr></thead>"
        return (
            f'<div class="wide"><table{kind}><caption>{said}{self.marks()}</caption>{head}'
            f"<tbody>{body}</tbody></table></div>"
        )

    def bars(self, caption: object, rows: Sequence[tuple[object, Told, bool]]) -> str:
        """Write numbers as bars from 0: (name, number, whether it is the run's)."""
        most = max((told.fact.value for _, told, _ in rows), default=0.0)
        body = ""
        for name, told, is_run in rows:
            share = 100 * told.fact.value / most if most > 0 else 0.0
            kind = "bar run" if is_run else "bar"
            body += (
                f'<tr><th scope="row">{self.text(name)}</th><td><div class="{kind}" '
                f'style="width:{share:.1f}%"></div></td><td class="n">{self.text(told)}</td></tr>'
            )
        return (
            f'<table class="bars"><caption>{self.text(caption)}{self.marks()}</caption>'
            f"<tbody>{body}</tbody></table>"
        )

    def sources(self) -> str:
        """List the sources that were referred to, by letter."""
        items = "".join(
            f'<li id="source-{letter}"><b>{letter}</b> {escape.html(said)}</li>'
            for said, letter in self._letters.items()
        )
        return f'<ol class="sources">{items}</ol>'


def document(title: str, body: str, kind: str) -> bytes:
    """Return a whole HTML file, UTF-8; ``kind`` is "report" or "manager", which style it."""
    return (
        f'<!doctype html>\n<html lang="{language.now()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape.html(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f'<body class="{kind}">\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    ).encode()


def _letter(at: int) -> str:
    return chr(ord("a") + at) if at < 26 else _letter(at // 26 - 1) + _letter(at % 26)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Told) or cell == "–"


# --- curves ---------------------------------------------------------------------------------------

# Of the picture, and of the frame that curves are in, in units of the picture.
_WIDTH, _HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 470, 14, 216


def curves(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    levels: Mapping[str, float],
    alt: str,
    x_title: str,
    y_title: str,
) -> str:
    """Draw curves and level lines, each with its name at its right end, as a static picture (SVG).

    The first line is solid and the others dashed, so that they can be told apart in grey.
    """
    points = [point for line in lines.values() for point in line]
    y_all = [y for _, y in points if math.isfinite(y)] + list(levels.values())
    x_high = max((x for x, _ in points), default=1.0) or 1.0
    low, high = min(y_all), max(y_all)
    room = 0.06 * (high - low or 1.0)
    low, high = low - room, high + room

    def x_of(x: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * x / x_high

    def y_of(y: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (y - low) / (high - low)

    parts = []
    for tick in _ticks(low, high):
        y = y_of(tick)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{words.minus(f'{tick:g}')}</text>"
        )
    for tick in _ticks(0, x_high):
        if tick == int(tick):
            parts.append(
                f'<text class="tick" x="{x_of(tick):.1f}" y="{_BOTTOM + 18}" '
                f'text-anchor="middle">{Number(f"{tick:,.0f}")}</text>'
            )
    named: list[tuple[float, str, str]] = []
    for name, level in levels.items():
        y = y_of(level)
        parts.append(f'<line class="level" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        named.append((y, name, "level"))
    for at, (name, line) in enumerate(lines.items()):
        kind = "first" if not at else "other"
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in line if math.isfinite(y))
        parts.append(f'<polyline class="{kind}" points="{path}"/>')
        named.append((y_of(line[-1][1]), name, kind))
    last = -math.inf
    for y, name, kind in sorted(named):
        last = max(y, last + 15)  # names do not lie over each other
        parts.append(
            f'<text class="{kind}" x="{_RIGHT + 8}" y="{last + 4:.1f}">{escape.html(name)}</text>'
        )
    middle = (_TOP + _BOTTOM) / 2
    return (
        f'<svg class="curves" role="img" aria-label="{escape.html(alt)}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(parts)}'
        f'<text class="title" x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f"{escape.html(x_title)}</text>"
        f'<text class="title" transform="rotate(-90 14 {middle})" x="14" y="{middle}" '
        f'text-anchor="middle">{escape.html(y_title)}</text></svg>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Choose round values between two numbers, some five."""
    raw = (high - low) / 5
    size = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw)
    first = math.ceil(low / step)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def cell(fact: Fact | None, write: Any) -> object:
    """Write a number of a table by a function, or a dash where there is none."""
    return "–" if fact is None else Told(fact, write(fact.value))


_STYLE = """
:root { color-scheme: light; --ink: #1d2430; --soft: #4a5464; --line: #c9cfd8; --run: #4353c4;
  --rule: #8a93a1; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 16px/1.5 system-ui, -apple-system,
  "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 56em; margin: 0 auto; padding: 1.5em 1.25em 3em; }
h1 { font-size: 1.75em; line-height: 1.2; margin: 0 0 .25em; }
h2 { font-size: 1.2em; line-height: 1.25; margin: 1.6em 0 .4em; }
h3 { font-size: 1em; margin: 1em 0 .3em; }
p { margin: .35em 0; }
ul { margin: .3em 0; padding-left: 1.2em; }
li { margin: .15em 0; }
.under { color: var(--soft); }
.lead { font-size: 1.12em; border-left: 4px solid var(--run); padding: .15em 0 .15em .8em; }
.warning { border-left: 4px solid #b3541e; padding: .15em 0 .15em .8em; }
main { overflow-wrap: break-word; }
code, pre, bdi, .plain td { overflow-wrap: anywhere; }
a { color: #3443a8; }
sup { font-size: .68em; line-height: 0; }
sup a { text-decoration: none; padding-left: .1em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1em; font-size: .88em; }
caption { text-align: left; color: var(--soft); padding-bottom: .3em; }
th, td { padding: .22em .6em .22em 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; vertical-align: bottom; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars { width: 100%; }
.bars th { width: 44%; border: 0; }
.bars td { border: 0; vertical-align: middle; }
.bars td.n { width: 7em; }
.bar { height: .95em; background: var(--rule); border-radius: 2px;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar.run { background: var(--run); }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.6em; }
@media screen and (max-width: 40em) { .two { grid-template-columns: 1fr; } }
code { font: .86em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; background: #f4f5f8; padding: .6em .8em; border-radius: 4px;
  margin: .4em 0; font: .86em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.sources { list-style: none; padding: 0; font-size: .85em; color: var(--soft); }
.curves { width: 100%; height: auto; max-width: 44em; display: block; }
.curves text { font-size: 13px; fill: var(--soft); }
.curves text.first { fill: var(--run); font-weight: 600; }
.curves text.other { fill: var(--run); }
.curves .grid { stroke: #e3e6eb; }
.curves .level { stroke: var(--rule); stroke-width: 1.2; }
.curves text.level { stroke: none; fill: var(--soft); }
.curves polyline { fill: none; stroke: var(--run); stroke-width: 2.2; }
.curves polyline.other { stroke-dasharray: 6 4; stroke-width: 1.6; }
@page { margin: 13mm 14mm; }
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  table, svg, li, pre { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
  .wide { overflow: visible; }
  .manager { font-size: 9.6pt; line-height: 1.34; }
  .manager h1 { font-size: 15pt; }
  .manager h2 { font-size: 10.8pt; margin: .55em 0 .12em; }
  .manager p, .manager ul { margin: .12em 0; }
  .manager li { margin: .05em 0; }
  .manager table { margin: .15em 0; }
  .manager .lead { font-size: 1.08em; }
  .manager th, .manager td { padding-top: .1em; padding-bottom: .1em; }
  .manager .sources { font-size: 7pt; line-height: 1.25; margin: .1em 0 0; }
  .manager .sources li { display: inline; margin-right: .6em; }
}
"""
