"""What a script knows of its visitor: the workspace of the browser, and the theme."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

from pages.shared import visitor
from recsys_core import runs
from recsys_core.figures.theme import Mode
from recsys_core.language import ask, of_locale


def workspace() -> runs.Workspace:
    """The data and runs of this browser: a reload finds them again, another browser never does."""
    return runs.registry().workspace(_browser_id())


def _browser_id() -> str:
    name = visitor.name_in(st.context.cookies)
    if name is not None:
        return name
    # Cookies refused, or no browser at all (tests): the session is all there is to hold on to.
    if "browser_id" not in st.session_state:
        st.session_state.browser_id = visitor.new_id()
    return st.session_state.browser_id


def theme() -> Mode:
    """The theme the page is seen in."""
    return "dark" if st.context.theme.type == "dark" else "light"


def language() -> str:
    """The language the page is read in: as the link says or was chosen, else the browser's.

    English where no page is drawn.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    tab = st.session_state.get("tab")
    chosen = None if tab is None else tab.view.lang
    return of_locale(chosen or st.context.locale)


ask(language)


# --- what Streamlit 1.67 knows but does not say in public: here alone -----------------------------


def address() -> str:
    """The query of the address, as the browser sent it with this run of the script."""
    context = get_script_run_ctx()
    return "" if context is None else context.query_string


def went_back_or_forward() -> bool:
    """Whether this run of the script comes of the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and bool(getattr(context, "is_history_navigation", False))


def script_run() -> object:
    """Something that is another one in each run of the script, callbacks included."""
    context = get_script_run_ctx()
    return None if context is None else context.parallel_coordinator  # made when it begins


def asked_for_a_part() -> bool:
    """Whether this run of the script is of a fragment, and not of the whole page."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def run_all_that_was_asked_for(mine: str) -> None:
    """In the callback of the component of that key: if it came along with something else, run all.

    What is pressed in the same moment Streamlit sends together, and runs the part of the first
    alone: a button elsewhere would have no effect.
    """
    context = get_script_run_ctx()
    if context is None or not asked_for_a_part():
        return
    state = context.session_state._state
    states = state._current_interaction_widget_states
    others = [
        each.id
        for each in (states.widgets if states is not None else ())
        if f"-{mine}__" not in each.id and state._widget_changed(each.id)
    ]
    if others:
        raise RerunException(
            RerunData(
                query_string=context.query_string,
                page_script_hash=context.page_script_hash,
                replay_trigger_states=state._filter_active_trigger_widget_states(states),
                cached_message_hashes=context.cached_message_hashes,
                context_info=context.context_info,
            )
        )
