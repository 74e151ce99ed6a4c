"""Write what was measured into the documents: ``python -m benchmarks.document``.

``docs/benchmarks.md`` gets all tables, ``README.md`` the targets of one data set, each between the
marks that stand there. Nothing is measured here.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import data, report, scale, stream
from recsys_core.words import number

ROOT = Path(__file__).parent.parent
MARKS = "<!-- written by a program from here -->", "<!-- to here -->"

# The data set whose targets the README shows.
_IN_README = "1m"


def put_into(text: str, shown: str) -> str:
    """A document with what stands between its two marks replaced.

    Raises
    ------
    ValueError
        If it lacks one of the marks.
    """
    before, mark, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not mark or not end:
        raise ValueError(f"The document lacks {MARKS[0]} or, after it, {MARKS[1]}.")
    return f"{before}{mark}\n\n{shown}\n\n{end}{after}"


def tables() -> str:
    """All that was measured: the data sets one by one, then scale and start."""
    parts = [report.folded(name) for name in data.NAMES if report.path(name, "json").exists()]
    found = json.loads((report.RESULTS / "scale.json").read_text())
    parts += [
        "## Cost against size",
        "![Seconds per epoch against ratings](../benchmarks/results/scale_ratings.svg)",
        "![Seconds per epoch against k](../benchmarks/results/scale_k.svg)",
        scale.markdown(found),
    ]
    if stream.path().exists():
        moved = stream.markdown(json.loads(stream.path().read_text()))
        parts += ["## Memory moved", moved]
    started = json.loads((report.RESULTS / "start.json").read_text())
    rows: list[tuple[str, ...]] = [(name, number(value)) for name, value in started.items()]
    parts += ["## Start and idle memory", report.table(("", "measured"), rows)]
    return "\n\n".join(parts)


def documents() -> dict[Path, str]:
    """Both documents as they should be now, by path."""
    shown = {
        ROOT / "docs" / "benchmarks.md": tables(),
        ROOT / "README.md": report.verdicts(_IN_README),
    }
    return {path: put_into(path.read_text(encoding="utf-8"), text) for path, text in shown.items()}


def main() -> None:
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
