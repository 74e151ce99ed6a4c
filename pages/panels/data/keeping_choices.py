"""What is kept: asked at the first upload, changed later, and all of it forgotten."""

from __future__ import annotations

import streamlit as st

from pages.shared import keeping, lessons, session, view
from recsys_core import escape
from recsys_core.experiments.store import Consent
from recsys_core.runs import past
from recsys_core.text import Text

_DAYS = {
    30: Text("30 days"), 365: Text("a year"), 1825: Text("five years"),
    0: Text("until I forget them"),
}  # fmt: skip


def ask() -> None:
    """On the preview of the first upload: one line, which is answered by using the ratings."""
    if keeping.store() is None or keeping.owner().consent is not None:
        return
    ways = keeping.ways()
    st.radio(
        Text("Your ratings"),
        list(ways),
        index=list(ways).index(keeping.usual_consent()),
        format_func=lambda way: escape.markdown(ways[way]),
        key="consent",
        horizontal=True,
        help=Text(
            "Kept, they are here when you come back, with the models trained on them. Otherwise "
            "neither ratings nor labels nor factors are written, only the numbers of your runs. "
            "Change it later under “What is kept” below."
        ),
    )


def answer() -> None:
    """In a callback, when the ratings are used: what was chosen holds from now on."""
    if keeping.store() is not None and keeping.owner().consent is None:
        keeping.set_consent(st.session_state.get("consent") or keeping.usual_consent())


def section() -> None:
    """What is kept, for how long, and the button that forgets it."""
    with st.expander(
        Text("What is kept"), icon=":material/inventory_2:", key="what_is_kept", on_change="rerun"
    ) as box:
        if not box.open:
            return
        if keeping.store() is None:
            st.markdown(
                escape.markdown(keeping.trouble())
                or Text("Nothing is kept: all is gone when the server stops.")
            )
            _forget()
            return
        _said()
        _settings()
        _forget()


def _said() -> None:
    mine = session.workspace().owner
    counted = keeping.read(lambda store: (store.n_runs(mine), store.size_of(mine)))
    if counted is not None:
        n, size = counted
        st.markdown(
            Text(
                "{n:,}\u00a0run of yours kept here, with ratings and models of {size:,.1f} MB.",
                "{n:,}\u00a0runs of yours kept here, with ratings and models of {size:,.1f} MB.",
                n=n,
                size=size / 1e6,
            )
        )


def _settings() -> None:
    chosen, ways = keeping.owner(), keeping.ways()
    st.session_state.keep_consent = chosen.consent or keeping.usual_consent()
    st.radio(
        Text("Ratings you bring"), list(ways), key="keep_consent",
        format_func=lambda way: escape.markdown(ways[way]),
        horizontal=True, on_change=_consent,
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        days = 0 if chosen.days is None else chosen.days
        st.session_state.keep_days = days
        offered = dict(_DAYS)
        if days not in _DAYS:
            offered = {days: Text("{n} day", "{n} days", n=days), **_DAYS}
        st.selectbox(
            Text("Keep runs for"), list(offered), key="keep_days", width=200, on_change=_limits,
            format_func=lambda days: offered[days].worded(),
        )  # fmt: skip
        st.session_state.keep_megabytes = chosen.megabytes
        st.number_input(
            Text("Models, at most (MB)"), 0, 100_000, step=100, key="keep_megabytes", width=180,
            on_change=_limits,
        )  # fmt: skip
    st.caption(
        Text(
            "Runs that nobody touched for so long are forgotten, pinned ones never. Where models "
            "take more room, those touched longest ago go first: their numbers stay, and they are "
            "trained again when you look at them."
        )
    )


def _consent() -> None:
    wanted: Consent = st.session_state.keep_consent
    keeping.set_consent(wanted)


def _limits() -> None:
    megabytes = st.session_state.keep_megabytes
    if megabytes is not None:
        keeping.set_limits(st.session_state.keep_days or None, int(megabytes))


def _forget() -> None:
    with st.popover(
        Text("Forget everything of mine"), icon=":material/delete_forever:", key="forget_all"
    ):
        st.markdown(
            Text(
                "All ratings, runs, models, notes and choices of this browser go, here and in the "
                "database. This cannot be undone."
            )
        )
        st.button(
            Text("Yes, forget everything"),
            type="primary",
            key="forget_all_yes",
            on_click=_forget_everything,
        )


def _forget_everything() -> None:
    past.forget(session.workspace())
    lessons.forget()
    view.forget()
