"""The two reports of a run on the server."""

from __future__ import annotations

from collections.abc import Callable

from recsys_core import escape
from recsys_core.errors import FactorscopeError
from recsys_core.runs import Run
from recsys_core.takehome import manager as for_manager
from recsys_core.takehome import report
from recsys_core.takehome.findings import Findings, find
from recsys_core.takehome.markup import document
from recsys_core.text import Text, worded


def technical(run: Run, tested: bool = True) -> bytes:
    """Make the technical report of a run, an HTML file; see ``report``.

    ``tested`` False keeps the test part back. Why it cannot be made is then what the file says:
    it is made when a button has been pressed, where no page can say it.
    """
    return _made(run, tested, report.write)


def manager(run: Run, tested: bool = True) -> bytes:
    """Make the page for a manager, an HTML file; see ``technical`` and ``manager``."""
    return _made(run, tested, for_manager.write)


def _made(run: Run, tested: bool, write: Callable[[Findings], bytes]) -> bytes:
    record = run.record()
    if record is None:
        return _why_not(Text("The run is still at work; ask again when it pauses or ends."))
    has_test = run.split.test is not None and len(run.split.test) > 0
    try:
        measured = run.test_scores() if tested and has_test else None
        return write(find(record, run.baselines, measured, tested))
    except FactorscopeError as error:
        return _why_not(worded(error.text))


def _why_not(why: str) -> bytes:
    title = Text("No report")
    return document(title, f"<h1>{escape.html(title)}</h1><p>{escape.html(why)}</p>", "report")
