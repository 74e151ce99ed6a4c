"""The two reports of a run on the server."""

from __future__ import annotations

from recsys_core import escape
from recsys_core.errors import FactorscopeError, SettingsError
from recsys_core.runs import Run
from recsys_core.takehome import manager as for_manager
from recsys_core.takehome import report
from recsys_core.takehome.findings import Findings, find
from recsys_core.takehome.markup import document
from recsys_core.text import Text


def technical(run: Run, tested: bool = True) -> bytes:
    """Make the technical report of a run, an HTML file; see ``report``.

    ``tested`` False keeps the test part back. Why it cannot be made is then what the file says:
    it is made when a button has been pressed, where no page can say it.
    """
    try:
        return report.write(_found(run, tested))
    except FactorscopeError as error:
        return _why_not(error)


def manager(run: Run, tested: bool = True) -> bytes:
    """Make the page for a manager, an HTML file; see ``technical`` and ``manager``."""
    try:
        return for_manager.write(_found(run, tested))
    except FactorscopeError as error:
        return _why_not(error)


def _found(run: Run, tested: bool) -> Findings:
    record = run.record()
    if record is None:
        raise SettingsError(Text("The run is still at work; ask again when it pauses or ends."))
    measured = None
    if tested and run.split.test is not None and len(run.split.test):
        measured = run.test_scores()
    return find(record, run.baselines, measured, tested)


def _why_not(error: FactorscopeError) -> bytes:
    return document("No report", f"<h1>No report</h1><p>{escape.html(str(error))}</p>", "report")
