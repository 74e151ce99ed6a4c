"""The scripts of the pages without a browser: run by Node, asked line by line."""

from __future__ import annotations

import functools
import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pages.shared.chart.assets import SCRIPTS
from recsys_core.figures.plain import Figure, to_json
from recsys_core.live.messages import Refused, Tick, encode

NODE = shutil.which("node")
_ROOT = Path(__file__).resolve().parents[1]
_TESTS = Path("tests", "js")
_TELEPHONE = Path("pages", "routes", "telephone")

needs_node = pytest.mark.skipif(
    NODE is None, reason="node is not on the PATH: what the browser says is not compared"
)


@functools.cache
def _laid_out() -> tempfile.TemporaryDirectory:
    """All scripts as they are served, those made in Python among them, and ``tests/js``.

    They lie as in the repository: imports lead to the same files as for the type checker.
    """
    folder = tempfile.TemporaryDirectory(prefix="factorscope-js-")
    root = Path(folder.name)
    shutil.copytree(_ROOT / _TESTS, root / _TESTS)
    scripts = root / "pages" / "shared" / "chart" / "js"
    scripts.mkdir(parents=True)
    for name, text in SCRIPTS.items():
        (scripts / name).write_text(text, encoding="utf-8")
    shutil.copytree(_ROOT / _TELEPHONE, root / _TELEPHONE)
    (root / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder


def node_tests() -> Path:
    """The folder of the unit tests that ``node --test`` runs, with the scripts where they look."""
    return Path(_laid_out().name) / _TESTS


class Tab:
    """A browser tab: ``store.js`` and whatever else is called, on a clock that the test moves."""

    def __init__(self, *options: str) -> None:
        """``options``: “--calm” for somebody who wants less motion."""
        assert NODE is not None
        self._process = subprocess.Popen(
            [NODE, str(node_tests() / "tab.mjs"), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _ask(self, **what: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(_sendable(what)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "node has ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["is"]

    def call(self, module: str, name: str, *given: Any) -> Any:
        """What a function of a module gives."""
        return self._ask(call=[module, name, *given])

    def map(self, module: str, name: str, lists: Iterable[Sequence[Any]]) -> list[Any]:
        """What it gives for each of many lists of arguments."""
        return self._ask(map=[module, name, [list(given) for given in lists]])

    def constants(self) -> dict[str, Any]:
        """What the scripts are told by Python."""
        return self._ask(constants=None)

    def store(self, name: str, *given: Any) -> Any:
        """What a function of the store gives."""
        return self.call("store.js", name, *given)

    def look(self, name: str) -> Any:
        """Its view; what was told to the page or sent to the live route since the last look; …"""
        return self._ask(look=name)

    def wait(self, milliseconds: float) -> None:
        """Let time pass: frames are drawn, timers fire."""
        self._ask(**{"pass": milliseconds})

    def see(self, version: int, session: str = "a page", seen: int = 0, **fields: Any) -> None:
        """The page says what is looked at."""
        told = {"moment": None, "playing": False, "elapsed": 0.0, "speed": 1.0, "user": None}
        told |= {"item": None, "locked": [], "status": "paused", "main": "a"}
        self.store("see", {"session": session, "version": version, "seen": seen, **told, **fields})

    def take(self, message: Tick | Refused) -> None:
        """A message comes."""
        self.store("take", json.loads(encode(message)))  # type: ignore[arg-type]

    def open(self) -> None:
        """The connection asked for last is there."""
        self._ask(open=None)

    def cut(self) -> None:
        """It is lost."""
        self._ask(close=None)

    def press(self) -> None:
        """Something on the page is pressed."""
        self._ask(press=None)

    def receive(self, text: str) -> None:
        """A message comes over it, as text."""
        self._ask(receive=text)

    def paint(self, figure: Figure, live: dict[str, Any]) -> list[tuple[str, list, dict]]:
        """What the panel of a live figure paints: [method of the canvas, arguments, its state]."""
        return self._ask(paint=[live, json.loads(to_json(figure))])

    def follow(
        self, block: dict[str, Any], lengths: Sequence[int], rows: list[list[float]]
    ) -> list[dict[str, Any]]:
        """What follows from rows of a block of edited factors; lengths of list and neighbours."""
        return self._ask(follow=[block, lengths, rows])

    def say(self, *spans: dict[str, Any]) -> list[str]:
        """What elements with these data attributes are filled with."""
        return self._ask(say=list(spans))


def _sendable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sendable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_sendable(each) for each in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return "#nan" if math.isnan(value) else "#inf" if value > 0 else "#-inf"
        if value == 0 and math.copysign(1, value) < 0:
            return "#-0"
    return value
