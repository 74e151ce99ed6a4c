"""The server's log as lines of JSON, without anything that people brought.

With ``FACTORSCOPE_LOG=json`` each event is one line on the standard error: when, how grave, what,
and where in the code. Of our own messages the constant text is written, with numbers for its
values; of others' messages, and of exceptions, only their kind and where they came from: their
texts may hold a label, a name, an address or a cookie.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

# "json", or not set: text as Streamlit writes it.
VARIABLE = "FACTORSCOPE_LOG"

_OURS = "factorscope"
_ROOT = Path(__file__).resolve().parents[2]


class AsJson(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Leave out every text that is not constant."""
        said: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "from": record.name,
        }
        if record.name == _OURS and isinstance(record.msg, str):
            said["message"] = record.msg
            values = record.args if isinstance(record.args, tuple) else ()
            numbers = [each for each in values if isinstance(each, int | float)]
            said |= {"values": numbers} if numbers else {}
        else:
            said["at"] = f"{_short(record.pathname)}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            said["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
            said["trace"] = [
                f"{_short(at.filename)}:{at.lineno} {at.name}"
                for at in traceback.extract_tb(error.__traceback__)
            ]
        return json.dumps(said)


def _short(file: str) -> str:
    """Where in the program, not where on this computer, which may name somebody."""
    path = Path(file)
    if "site-packages" in path.parts:
        at = len(path.parts) - 1 - path.parts[::-1].index("site-packages")
        return "/".join(path.parts[at + 1 :])
    if path.is_relative_to(_ROOT):
        return path.relative_to(_ROOT).as_posix()
    return path.name


def begin() -> None:
    """Write all that is logged so, Streamlit's own included, if the setting says so."""
    if os.environ.get(VARIABLE, "").strip().lower() != "json":
        return
    import streamlit.logger as theirs

    handler = logging.StreamHandler()
    handler.setFormatter(AsJson())
    handler.addFilter(lambda each: each.name == _OURS or each.levelno >= logging.WARNING)

    def ours_alone(logger: logging.Logger) -> None:
        logger.handlers[:] = [handler]

    logging.basicConfig(handlers=[handler], force=True)
    theirs.setup_formatter = ours_alone
    theirs.update_formatter()
    logging.captureWarnings(True)
    log = logging.getLogger(_OURS)
    log.setLevel(logging.INFO)

    def in_a_thread(what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None:
            log.error("A thread ended.", exc_info=what.exc_value)

    def at_last(_kind: object, error: BaseException, _trace: object) -> None:
        log.critical("The server ended.", exc_info=error)

    threading.excepthook, sys.excepthook = in_a_thread, at_last
