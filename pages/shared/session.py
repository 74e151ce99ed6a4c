"""What a script knows of its visitor: the workspace of the browser, and the theme."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx
from streamlit.runtime.state.safe_session_state import SafeSessionState

from pages.shared import visitor
from recsys_core import runs
from recsys_core.figures.theme import Mode
from recsys_core.language import LANGUAGES, ask, of_locale

T = TypeVar("T")


def workspace() -> runs.Workspace:
    """The data and runs of this browser: a reload finds them again, another browser never does."""
    if not _in_script() or _HERE.browser is None:
        _HERE.browser = _browser_id()
    return runs.registry().workspace(_HERE.browser)


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
    if not _in_script():
        return "en"
    if _HERE.tab is None:
        _HERE.tab = st.session_state.get("tab")
    chosen = None if _HERE.tab is None else _HERE.tab.view.lang
    if chosen not in LANGUAGES:  # it names a folder
        chosen = None
    if chosen is None and _HERE.locale is None:
        _HERE.locale = of_locale(st.context.locale)
    return chosen or _HERE.locale or "en"


ask(language)


# --- what the session holds -----------------------------------------------------------------------


class _Here(threading.local):
    """Of this thread: the run of the script that it does, and what was asked of Streamlit in it.

    A page asks for its browser, its tab and its language more than a thousand times; each time
    Streamlit would take 10 to 20 µs: a third of all that a page costs.
    """

    script_run: object = None
    browser: str | None = None
    tab: Any = None
    locale: str | None = None


_HERE = _Here()


def _in_script() -> bool:
    """Whether a script runs; what was asked in another one of this thread is forgotten."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return False
    if _HERE.script_run is not context.parallel_coordinator:
        _HERE.__dict__.clear()
        _HERE.script_run = context.parallel_coordinator
    return True


def tab(make: Callable[[], T]) -> T:
    """What a session holds of what its tab looks at (``pages/shared/view.py``)."""
    if not _in_script() or _HERE.tab is None:
        if "tab" not in st.session_state:
            st.session_state.tab = make()
        _HERE.tab = st.session_state.tab
    found: T = _HERE.tab
    return found


def is_new() -> bool:
    """Whether the tab looks at nothing yet."""
    return "tab" not in st.session_state


def forget_tab() -> None:
    """Begin anew, as a new tab does."""
    st.session_state.pop("tab", None)
    _HERE.tab = None


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


class _AskedFor(Mapping[str, Any]):
    """All that a session holds, by key; what is not asked for is not looked up."""

    def __init__(self, held: SafeSessionState) -> None:
        self._held = held

    def __getitem__(self, key: str) -> Any:
        with self._held._lock:
            return self._held._state[key]

    def _all(self) -> dict[str, Any]:
        with self._held._lock:
            return self._held._state.filtered_state

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __str__(self) -> str:
        return str(self._all())


# Each number field asks for all that the session holds, to look at its own key: a tenth of a page.
SafeSessionState.filtered_state = property(_AskedFor)  # type: ignore[assignment]


def end_those_that_left() -> int:
    """End sessions whose time to come back is over, and count them; on the event loop's thread.

    Streamlit itself does so only when the next one leaves: until then an idle server keeps the
    last ones, with what they hold of runs and files.
    """
    storage: Any = get_instance()._session_mgr if exists() else None
    left = [] if storage is None else storage._session_storage._cache.expire()
    for _, each in left:
        each.session.shutdown()
        # Streamlit's loop holds the last session until the next one comes; what that holds, goes.
        each.session._session_state.clear()
        each.session._session_state._new_widget_state.widget_metadata.clear()
        each.session._fragment_storage.clear()
    return len(left)


def n_sessions() -> int:
    """Tabs that are open now."""
    manager = get_instance()._session_mgr if exists() else None
    return 0 if manager is None else len(manager.list_active_sessions())


def files_held() -> Counter[str]:
    """Bytes of files brought that are in memory, by session."""
    held: Counter[str] = Counter()
    files: Any = get_instance().uploaded_file_mgr if exists() else None
    if files is not None:
        with files._lock:
            for name, each in files.file_storage.items():
                held[name] = sum(len(file.data) for file in each.values())
    return held


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
