"""The controls that change how a file is understood: each shows what was guessed.

Of an ordinary file there are few; the rest lies under “More”, which opens by itself where a doubt
could be mended there. A doubt stands below the control that mends it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from recsys_core import escape, words
from recsys_core.reading import Draft
from recsys_core.reading.dialect import ENCODINGS
from recsys_core.text import Text, later, worded

DELIMITERS = {
    ",": later("comma"),
    ";": later("semicolon"),
    "tab": later("tab"),
    "|": later("bar |"),
    "::": later("double colon ::"),
    "space": later("space"),
}
LAYOUTS = {"long": later("one rating a row"), "wide": later("users × items")}
REPEATS = {
    "latest": later("the latest counts"),
    "last": later("the last counts"),
    "first": later("the first counts"),
    "mean": later("their mean counts"),
    "sum": later("their sum counts"),
}
_MORE_TEXTS = 100  # rows of the table of words


def called(delimiter: str) -> str:
    """A delimiter in words, where it has a name."""
    return Text(DELIMITERS[delimiter]) if delimiter in DELIMITERS else delimiter


class Controls:
    """The controls of one draft; ``change`` is called with what a person changed.

    ``version`` is part of their keys: they are made anew once a change made others be guessed.
    """

    def __init__(self, draft: Draft, version: int, change: Callable[..., None]) -> None:
        self.draft, self.version, self.change = draft, version, change
        self.shown: set[str] = set()

    def draw(self) -> None:
        """All that apply, each with the doubts that it mends."""
        draft = self.draft
        if draft.form == "grouplens":
            return
        if draft.members:
            members = draft.members if draft.member is not None else (None, *draft.members)
            together = Text("all of them together")
            self._choice("member", Text("File"), members, lambda name: name or together)
        if len(draft.sheets) > 1:
            self._choice("sheet", Text("Sheet"), draft.sheets)
        if draft.layout:
            with st.grid(4, min_column_width=150, gap="small"):
                self._layout()
            # What holds several names needs room, also on a telephone.
            with st.grid(2, min_column_width=250, gap="small"):
                self._marks()
            self._words()
        rest = self._rest()
        with st.expander(Text("More"), icon=":material/tune:", expanded=self._opens(rest)):
            with st.grid(4, min_column_width=150, gap="small"):
                for draw in rest.values():
                    draw()

    def doubts_left(self) -> list[str]:
        """The doubts that no control on the page mends, and what else there is to know."""
        return [doubt.sentence for doubt in self.draft.doubts if doubt.control not in self.shown]

    def _layout(self) -> None:
        """What an ordinary file may need: its form, its columns, what means “unrated”."""
        draft = self.draft
        self._choice("layout", Text("Layout"), LAYOUTS, lambda name: Text(LAYOUTS[name]))
        if draft.layout == "long":
            self._choice("user", Text("User column"), self._columns(draft.user))
            self._choice("item", Text("Item column"), self._columns(draft.item))
            self._choice("rating", Text("Rating column"), self._columns(draft.rating))
        else:
            self._choice("user", Text("Column that names the rows"), (None, *self._read()))
            self._toggle("items_in_rows", Text("Rows are items, columns users"))
        if draft.event is not None:
            self._only()
        if draft.repeats is not None:
            self._choice(
                "repeats",
                Text("A pair rated twice"),
                REPEATS,
                lambda name: Text(REPEATS[name]),
            )
        if draft.counts:
            self._toggle(
                "log",
                Text("Learn log(1 + count)"),
                Text(
                    "Play counts differ a thousandfold; their logarithm keeps a few from "
                    "outweighing all others."
                ),
            )

    def _marks(self) -> None:
        """What means “unrated”, which columns are left out, whose each file is."""
        draft = self.draft
        if draft.person is not None:
            self._person()
        if draft.left_out:
            self._left_out()
        if not draft.implicit:
            self._unrated()

    def _rest(self) -> dict[str, Callable[[], None]]:
        """The other controls, by what they change."""
        draft = self.draft
        rest: dict[str, Callable[[], None]] = {}
        if draft.form == "text":
            rest["delimiter"] = self._delimiter
            rest["encoding"] = self._encoding
        if draft.decimal is not None:
            rest["decimal"] = lambda: self._choice("decimal", Text("Decimal mark"), (".", ","))
        if draft.first_line is not None:
            rest["first_line"] = lambda: self._count("first_line", Text("Table begins on line"), 1)
        if draft.header is not None:
            rest["header"] = lambda: self._count("header", Text("Lines of column names"), 0)
        if draft.columns:
            rest["footer"] = lambda: self._count("footer", Text("Lines left out at the end"), 0)
        if draft.columns and not draft.left_out:
            rest["left_out"] = self._left_out
        if draft.layout == "long":
            for what, label in (
                ("timestamp", Text("Timestamp column")),
                ("title", Text("Title column")),
                ("genres", Text("Genres column")),
            ):
                rest[what] = partial(self._choice, what, label, (None, *self._read()))
            rest["key"] = lambda: self._choice(
                "key", Text("Column of user and item together"), (None, *self._read())
            )
            rest["event"] = lambda: self._choice(
                "event", Text("Column of events (view, cart …)"), (None, *self._read())
            )
            rest["implicit"] = lambda: self._toggle(
                "implicit",
                Text("Pairs alone, each counts 1"),
                Text("Who bought, heard or clicked what; no ratings are read."),
            )
        if draft.scale is not None and not draft.implicit:
            rest["scale"] = self._scale
        return rest

    def _opens(self, rest: dict[str, Any]) -> bool:
        draft = self.draft
        doubted = any(doubt.control in rest for doubt in draft.doubts)
        return doubted or (draft.problem is not None and len(draft.columns) < 2)

    def _read(self) -> tuple[str, ...]:
        return tuple(name for name in self.draft.columns if name not in self.draft.left_out)

    def _columns(self, now: str | None) -> tuple[str | None, ...]:
        return self._read() if now is not None else (None, *self._read())

    def _delimiter(self) -> None:
        now = self.draft.delimiter
        known = (*DELIMITERS, *(() if now is None or now in DELIMITERS else (now,)))
        self._choice("delimiter", Text("Separator"), known, called, new=True)

    def _encoding(self) -> None:
        with st.container(gap="small"):
            self._choice("encoding", Text("Encoding"), ENCODINGS, new=True)
            if self.draft.names_shown:
                names = ", ".join(map(_short, self.draft.names_shown))
                st.caption(escape.markdown(Text("As in: {names}", names=names)))

    def _left_out(self) -> None:
        names = self.draft.columns
        said = dict(zip(names, words.distinct([_short(name) for name in names]), strict=True))
        self._widget(
            "left_out",
            st.multiselect,
            tuple,
            label=Text("Columns left out"),
            options=list(names),
            default=[name for name in self.draft.left_out if name in names],
            format_func=said.__getitem__,
            placeholder=Text("none"),
        )

    def _only(self) -> None:
        draft = self.draft
        self._widget(
            "only",
            st.multiselect,
            lambda chosen: tuple(chosen) or None,
            label=Text("Rows that count"),
            options=list(dict.fromkeys([*draft.events, *(draft.only or ())])),
            default=list(draft.only or ()),
            format_func=_short,
            placeholder=Text("all"),
            help=Text("By what column “{column}” says.", column=_short(draft.event or "")),
        )

    def _unrated(self) -> None:
        now = [mark if isinstance(mark, str) else f"{mark:g}" for mark in self.draft.unrated]
        self._widget(
            "unrated",
            st.multiselect,
            lambda chosen: tuple(map(_mark, chosen)),
            label=Text("Means unrated"),
            options=list(dict.fromkeys([*now, "0", "-1", "99"])),
            default=now,
            accept_new_options=True,
            placeholder=Text("blank cells only"),
            help=Text("Numbers and words that stand for “not rated”. Blank cells always do."),
        )

    def _words(self) -> None:
        """What words mean, as a table to be changed; a word without a number is unrated."""
        draft = self.draft
        unrated = [mark for mark in draft.unrated if isinstance(mark, str)]
        if not draft.answers and not draft.texts:
            return
        rows: list[tuple[str, float | None]] = [*draft.answers]
        rows += [(text, None) for text in (*unrated, *draft.texts)]
        table = pd.DataFrame(rows[:_MORE_TEXTS], columns=["In the file", "Means"])
        st.caption(Text("What the answers mean. Without a number: not rated."))

        def edited(table: pd.DataFrame) -> tuple[tuple[str, float], ...]:
            known = table.dropna(subset=["Means"])
            return tuple(
                (str(text), float(number))
                for text, number in zip(known["In the file"], known["Means"], strict=True)
            )

        key = self._key("answers")
        result = st.data_editor(
            table,
            key=key,
            hide_index=True,
            width="content",
            disabled=["In the file"],
            placeholder=Text("not rated"),
            column_config={
                "In the file": st.column_config.TextColumn(Text("In the file")),
                "Means": st.column_config.NumberColumn(Text("Means")),
            },
            alt=Text("Table of the answers in the file and the number that each means"),
        )
        self.shown.add("answers")
        self._doubts("answers")
        if edited(result) != edited(table):
            blank = result[result["Means"].isna()]["In the file"]
            numbers = tuple(mark for mark in draft.unrated if not isinstance(mark, str))
            self.change(answers=edited(result), unrated=(*numbers, *map(str, blank)))
            st.rerun()

    def _person(self) -> None:
        self._widget(
            "person",
            st.text_input,
            lambda text: tuple(name.strip() for name in str(text).split(",")),
            label=Text("Whose each file is, in their order"),
            value=", ".join(self.draft.person or ()),
        )

    def _scale(self) -> None:
        # All three ends at once: each widget changes its own part of what was guessed.
        assert self.draft.scale is not None
        scale = self.draft.scale
        self._widget(
            "scale",
            st.number_input,
            lambda value: scale._replace(low=float(value)),
            part="low",
            label=Text("Lowest possible rating"),
            value=float(scale.low),
        )
        self._widget(
            "scale",
            st.number_input,
            lambda value: scale._replace(high=float(value)),
            part="high",
            label=Text("Highest possible rating"),
            value=float(scale.high),
        )

    # --- kinds of controls ------------------------------------------------------------------------

    def _choice(
        self, name: str, label: str, options: Any, names: Any = None, new: bool = False
    ) -> None:
        options = list(options)
        current = getattr(self.draft, name)
        if current is not None and current not in options:
            options.append(current)
        none = Text("none")
        said = [names(o) if names else none if o is None else str(o) for o in options]
        said = words.distinct([_short(text) for text in said])
        shown = dict(zip(options, said, strict=True))
        self._widget(
            name,
            st.selectbox,
            lambda value: value,
            label=label,
            options=options,
            index=options.index(current) if current in options else None,
            format_func=lambda option: shown.get(option, str(option)),
            accept_new_options=new,
        )

    def _toggle(self, name: str, label: str, help: str | None = None) -> None:
        value = bool(getattr(self.draft, name))
        self._widget(name, st.toggle, bool, label=label, value=value, help=help)

    def _count(self, name: str, label: str, least: int) -> None:
        value = int(getattr(self.draft, name) or least)
        self._widget(name, st.number_input, int, label=label, value=value, min_value=least, step=1)

    def _widget(
        self,
        name: str,
        draw: Callable[..., Any],
        convert: Callable[[Any], Any],
        part: str = "",
        **details: Any,
    ) -> None:
        key, change = self._key(name + part), self.change

        def changed() -> None:
            change(**{name: convert(st.session_state[key])})

        with st.container(gap="small"):
            draw(key=key, on_change=changed, **details)
            if name not in self.shown:
                self.shown.add(name)
                self._doubts(name)

    def _doubts(self, name: str) -> None:
        for doubt in self.draft.doubts:
            if doubt.control == name:
                st.warning(escape.markdown(worded(doubt.sentence)), icon=":material/help:")

    def _key(self, name: str) -> str:
        return f"brought_{self.version}_{name}"


def _short(text: str) -> str:
    return escape.brief(text, 80)


def _mark(text: str) -> float | str:
    """What a person typed as what means “unrated”: a number where it is one."""
    try:
        return words.parsed(text)
    except ValueError:
        return text
