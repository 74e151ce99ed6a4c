"""What is kept between visits: the database that pages read, and the writer they ask.

Pages only read it; what they change they ask of ``past`` and its Keeper, the one that writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.shared import session
from recsys_core import escape
from recsys_core.errors import StoreError
from recsys_core.experiments.store import Consent, Owner, Store
from recsys_core.runs import past
from recsys_core.runs.keeping import usual_consent as consent_of_address
from recsys_core.text import Text, worded

T = TypeVar("T")


def store() -> Store | None:
    """The database; None where nothing is kept, or it cannot be opened."""
    keeper = past.keeper()
    return None if keeper is None else keeper.store


def read(what: Callable[[Store], T]) -> T | None:
    """Ask the database; where it refuses, the page says so, and goes on with None."""
    found = store()
    if found is None:
        return None
    try:
        return what(found)
    except StoreError as error:
        st.warning(escape.markdown(worded(error.text)), icon=":material/database_off:")
        return None


def trouble() -> str:
    """Why nothing is written now, in one sentence; "" where all is well."""
    keeper = past.keeper()
    return "" if keeper is None or keeper.trouble is None else worded(keeper.trouble)


def owner() -> Owner:
    """What this browser chose: whether, how long and how much is kept."""
    mine, keeper = session.workspace().owner, past.keeper()
    return Owner(mine) if keeper is None else keeper.owner(mine)


def set_consent(consent: Consent) -> None:
    """In a callback: keep what this browser brings from now on, or forget what is kept of it."""
    keeper = past.keeper()
    if keeper is not None:
        keeper.set_consent(session.workspace().owner, consent)


def set_limits(days: int | None, megabytes: int) -> None:
    """In a callback: how long, and how much, is kept of this browser."""
    keeper = past.keeper()
    if keeper is not None:
        keeper.set_limits(session.workspace().owner, days, megabytes)


def usual_consent() -> Consent:
    """What is chosen before anybody chose: on a server that others reach nothing stays."""
    headers = st.context.headers
    client = headers.get("X-Forwarded-For") or headers.get("X-Real-Ip")  # a server in between
    return consent_of_address(headers.get("Host") or "", client)


def ways() -> dict[Consent, str]:
    """What can be chosen of ratings that one brings, in words."""
    return {
        "keep": Text("keep on this computer until you forget it")
        if usual_consent() == "keep"
        else Text("keep on this server until you forget it"),
        "visit": Text("forget after this visit"),
    }
