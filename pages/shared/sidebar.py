"""The sidebar's two small cards, on every page: the data, and the run."""

from __future__ import annotations

import streamlit as st

from pages.shared import parts, session, view
from recsys_core import escape, language, words
from recsys_core.figures import theme
from recsys_core.live import status_lines
from recsys_core.ratings import Ratings
from recsys_core.runs import Entry
from recsys_core.splits import Split
from recsys_core.text import Text, later, worded

_RMSE = later(
    "RMSE, root mean squared error: the typical distance between predicted and true rating, in "
    "rating units; smaller is better."
)


def sidebar() -> None:
    """Draw both cards; where the run is, the browser keeps up to date."""
    _cards()
    if len(language.LANGUAGES) > 1 and parts.drawn("language"):
        _language()


def _language() -> None:
    """The choice of a language."""
    here = language.now()
    st.selectbox(
        "Language · Língua" if here == "en" else "Língua · Language",
        list(language.LANGUAGES),
        index=list(language.LANGUAGES).index(here),
        format_func=language.LANGUAGES.__getitem__,
        key=f"language_{here}",
        label_visibility="collapsed",
        on_change=parts.unlocked("language", _speak),
        args=(f"language_{here}",),
        disabled=parts.locked("language"),
    )


def _speak(key: str) -> None:
    chosen = st.session_state[key]
    if chosen in language.LANGUAGES:  # Streamlit checks nothing that a browser sends
        view.change(lang=chosen)
        view.redraw("lang")


def _cards() -> None:
    ratings, split = view.ratings(), view.split()
    if ratings is None or split is None:
        st.caption(Text("No data yet. Pick some on the Home or Data page; its card will be here."))
        return
    if parts.drawn("card.data"):
        with st.container(border=True, gap="xsmall", key="card_data"):
            _data(ratings, split)
    if parts.drawn("card.run"):
        with st.container(border=True, gap="xsmall", key="card_run"):
            _run()


def _data(ratings: Ratings, split: Split) -> None:
    size = (
        f"{words.plural('user', ratings.n_users)} × "
        f"{words.plural(ratings.item_noun, ratings.n_items)}"
    )
    filled = Text(
        "{ratings} · {share} filled",
        ratings=words.plural("rating", ratings.n_ratings),
        share=words.percent(ratings.density),
    )
    held_out = escape.html(worded(split.description))
    _lines(Text("the data"), escape.html(ratings.name), size, filled, held_out)


@view.fragment("card", "playing", "moment", "status")
def _run() -> None:
    entry = view.entry()
    if entry is None:
        _lines(Text("the run"), Text("none yet"), Text("Train starts one on these ratings."))
        return
    run, at = entry.run, view.standing()
    quality = escape.html(status_lines.quality(at, status_lines.baselines_of(run)))
    _lines(
        Text("the run"),
        dot(entry) + escape.html(entry.name),
        f'<span data-fs="progress">{escape.html(status_lines.progress(at))}</span>',
        f'<span data-fs="quality" title="{Text(_RMSE)}">{quality}</span>',
    )
    # Elsewhere than on Train there is nothing to play of a run that is trained.
    if run.n_epochs and run.model.has_epochs and (view.is_watched() or run.status != "finished"):
        _play_button(entry)


def dot(entry: Entry) -> str:
    """The colour of a run, as HTML."""
    colour = theme.run_colour(entry.color_index, session.theme())
    return f'<span style="color:{colour}">{theme.run_mark(entry.color_index)}</span> '


def _play_button(entry: Entry) -> None:
    active = view.active()
    st.button(
        Text("Pause this run") if active else Text("Play this run"),
        icon=":material/pause:" if active else ":material/play_arrow:",
        key="card_play",
        width="stretch",
        on_click=parts.unlocked("card.run", play_or_pause),
        args=(entry, active),
        disabled=entry.run.status == "failed" or parts.locked("card.run"),
    )


def play_or_pause(entry: Entry, active: bool) -> None:
    """In a callback: what the button said, Play or Pause, of the run it was drawn for."""
    if entry is not view.entry():  # removed in another tab
        view.redraw("run")
        return
    (view.pause if active else view.play)()
    view.redraw("playing", "moment", "status")


def _lines(heading: str, name: str, *rest: str) -> None:
    """A card's text, as HTML that is safe already: the heading small, the name strong."""
    more = "".join(f'<div style="opacity:.85">{line}</div>' for line in rest if line)
    st.html(
        '<div style="font-size:.86rem;line-height:1.45;overflow-wrap:anywhere">'
        f'<div style="color:var(--fs-muted);font-size:.78rem">{heading}</div>'
        f'<div style="font-weight:600">{name}</div>{more}</div>'
    )
