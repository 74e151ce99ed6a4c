"""What is kept between visits: the database that pages read, and the writer they ask.

Pages only read: what they change they ask of the ``Keeper``, the one that writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from pages.shared import session
from recsys_core import escape, runs
from recsys_core.errors import StoreError
from recsys_core.experiments.store import Consent, KeptRun, Owner, Store

T = TypeVar("T")

_LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")


def _keeper() -> Any:
    return getattr(runs.registry(), "keeper", None)


def store() -> Store | None:
    """The database; None where nothing is kept, or it cannot be opened."""
    keeper = _keeper()
    return None if keeper is None else keeper.store


def read(what: Callable[[Store], T]) -> T | None:
    """Ask the database; where it refuses, the page says so once, and goes on with None."""
    found = store()
    if found is None:
        return None
    try:
        return what(found)
    except StoreError as error:
        st.warning(escape.markdown(str(error)), icon=":material/database_off:")
        return None


def write(what: Callable[[Store], Any]) -> None:
    """In a callback: have something written, and wait a moment, so that the page shows it."""
    keeper = _keeper()
    if keeper is not None:
        keeper.ask(what)


def entry_of(id: str) -> runs.Entry | None:
    """The run of this workspace that is kept under this id; None where it is not here now."""
    keeper = _keeper()
    return None if keeper is None else keeper.entry_of(session.workspace(), id)


def bring_back(run: KeptRun) -> runs.Entry:
    """A kept run as one of this workspace's.

    Raises
    ------
    FactorscopeError
        If its ratings are not here, or the database refuses.
    """
    return _keeper().bring_back(session.workspace(), run)


def trouble() -> str:
    """Why nothing is written now, in one sentence; "" where all is well."""
    keeper = _keeper()
    return "" if keeper is None else str(keeper.trouble or "")


def owner() -> Owner:
    """What this browser chose of how long and how much is kept."""
    mine = session.workspace().owner
    keeper = _keeper()
    return Owner(mine) if keeper is None else keeper.owner(mine)


def choose(**changes: Any) -> None:
    """In a callback: change that."""
    keeper = _keeper()
    if keeper is not None:
        keeper.choose(session.workspace().owner, **changes)


def is_local() -> bool:
    """Whether the browser is on the computer of the server, as far as a request can tell."""
    headers = st.context.headers
    if any(headers.get(name) for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False  # somebody else's server stands between
    host = (headers.get("Host") or "").strip().lower()
    return host.rpartition(":")[0] in _LOCAL or host in _LOCAL


def usual_consent() -> Consent:
    """What is chosen before anybody chose: on a server that others reach nothing stays."""
    return "keep" if is_local() else "visit"


def ways() -> dict[Consent, str]:
    """What can be chosen of ratings that one brings, in words."""
    where = "computer" if is_local() else "server"
    return {
        "keep": f"keep on this {where} until you forget it",
        "visit": "forget after this visit",
    }
