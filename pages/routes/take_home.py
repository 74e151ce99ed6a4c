"""Lists for everybody as a file, sent while it is made: no size is too large for it.

A download button would hold all of it in memory first. Only the browser whose run it is gets it.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from pages.shared import visitor
from pages.shared.base_path import below
from recsys_core import language, runs, words
from recsys_core.asking import exports
from recsys_core.runs import Run
from recsys_core.text import Text

ROUTE = below("/factorscope/take-home")

_TYPES: dict[str, tuple[exports.Kind, str]] = {
    "csv": ("csv", "text/csv; charset=utf-8"),
    "parquet": ("parquet", "application/vnd.apache.parquet"),
}

# Places of a list at most.
_MOST_PLACES = 1000


def address(run: Run, epoch: int, n: int, kind: exports.Kind) -> str:
    """Return where the n best of everybody are, of an epoch of this run."""
    return f"{ROUTE}/best.{kind}?{urlencode({'run': run.stream, 'epoch': epoch, 'n': n})}"


async def best(request: Request) -> Response:
    """Send the file; one sentence where there is none."""
    kind, media_type = _TYPES.get(request.path_params["kind"], (None, ""))
    run, asked = _run(request), request.query_params
    if kind is None or run is None or not all(asked.get(x, "").isdecimal() for x in ("epoch", "n")):
        accepted = request.headers.get("accept-language", "")
        with language.speaking(language.of_request(accepted)):
            gone = Text("This file is not here any more; go back to the page and ask for it again.")
        return PlainTextResponse(gone, status_code=404)
    n = min(max(int(asked["n"][:6]), 1), _MOST_PLACES)
    epoch, fitted = run.snapshot_near(min(int(asked["epoch"][:9]), run.epoch))
    stem = words.slug(run.ratings.name).encode("ascii", "ignore").decode() or "ratings"
    name = f"{stem}-best-{n}-epoch-{epoch}.{kind}"
    # A generator: it goes on in a thread as the browser takes what was sent, and ends when the
    # browser leaves.
    return StreamingResponse(
        exports.streamed(exports.best_in_pieces(fitted, n), kind),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _run(request: Request) -> Run | None:
    """The run that is asked for, if this browser has it in its list."""
    owner = visitor.name_in(request.cookies)
    if owner is None:
        return None
    entries = runs.registry().workspace(owner).entries
    stream = request.query_params.get("run")
    return next((each.run for each in entries if each.run.stream == stream), None)
