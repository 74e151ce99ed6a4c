"""What a script says reaches the event loop in batches.

Streamlit hands each of the hundreds of messages of a page to the event loop by itself. The loop
wakes up for each: it takes Python's lock from the script, and the script takes it back. So messages
wait in a list until the loop is there, and it takes all that are in it, in their order. And it
sends them on at once: Streamlit pauses after each for a round of the loop, which lets go of that
lock, and while another page is drawn gets it back after 5 ms: for each message of each page.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from streamlit.runtime import runtime
from streamlit.runtime.app_session import AppSession

log = logging.getLogger("factorscope")

_LOCK = threading.Lock()


def hand_over_in_batches() -> None:
    """Have Streamlit's sessions do so."""
    AppSession._on_scriptrunner_event = _leave  # type: ignore[method-assign]
    runtime.asyncio = _WithoutPauses()  # type: ignore[assignment]


class _WithoutPauses:
    """asyncio as the loop that sends messages knows it: it waits for time, but gives no turns."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            await asyncio.sleep(seconds)


def _leave(self: Any, *said: Any, **named: Any) -> None:
    """Leave an event for the event loop; in the script's thread."""
    with _LOCK:
        waiting = self.__dict__.setdefault("_waiting", [])
        is_first = not waiting
        waiting.append((said, named))
    if is_first:
        self._call_soon_on_event_loop(lambda: _take(self))


def _take(session: Any) -> None:
    """Handle all events that wait; on the event loop."""
    with _LOCK:
        waiting, session._waiting = session._waiting, []
    for said, named in waiting:
        try:
            session._handle_scriptrunner_event_on_event_loop(*said, **named)
        except Exception:  # the others are handled as before
            log.exception("An event of a page could not be handled.")
