"""Tables, targets and plots from what was measured: ``python -m benchmarks.report``.

Nothing is measured here. ``benchmarks.document`` writes all of it into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import data, plot
from benchmarks.measuring import Line
from benchmarks.systems import FAMILIES
from recsys_core.words import number

RESULTS = Path(__file__).parent / "results"

# A gap this small between two test errors is noise.
NOISE = 0.002

_FAMILY_NAMES = {
    "SGD": "Stochastic gradients",
    "ALS": "Alternating least squares",
    "Bayesian": "Bayesian, Gibbs sampling (ratios per sweep, at equal rank)",
    "implicit": "Implicit feedback (AUC: higher is better)",
    "other": "Others, for their accuracy",
}


# --- reading and writing --------------------------------------------------------------------------


def path(data_set: str, ending: str) -> Path:
    """Where a result lies."""
    return RESULTS / f"{data_set}.{ending}"


def read(data_set: str) -> dict[str, Any]:
    """What was measured on a data set; its lines as ``Line``."""
    result = json.loads(path(data_set, "json").read_text())
    return {**result, "lines": [Line(**line) for line in result["lines"]]}


def write(result: dict[str, Any], keep: bool = False) -> None:
    """Write JSON and plot; ``keep`` leaves lines of an earlier run that were not measured now."""
    RESULTS.mkdir(exist_ok=True)
    file = path(result["data_set"], "json")
    if keep and file.exists():
        before = json.loads(file.read_text())
        new = {line["name"]: line for line in result["lines"]}
        kept = [new.pop(line["name"], line) for line in before["lines"]]
        result = {**before, **result, "lines": [*kept, *new.values()]}
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    lines = [line for line in read(result["data_set"])["lines"] if len(line.curve) > 1]
    plot.write(
        path(result["data_set"], "svg"),
        [
            plot.Curve(line.name, [(s, e) for _, s, e in line.curve], line.ours, line.family)
            for line in lines
            if line.family != "implicit"
        ],
        title=f"Test RMSE against seconds of training: {data.NAMES[result['data_set']]}",
        x_title="seconds of one fit (log scale)",
        y_title="test RMSE",
    )


# --- ratios ---------------------------------------------------------------------------------------


def time_to(ours: Line, error: float) -> float | None:
    """Seconds of our shortest measured fit whose error is no higher; None if none got there."""
    fits = [s for _, s, e in ours.curve if e <= error]
    if ours.error is not None and ours.seconds is not None and ours.error <= error:
        fits.append(ours.seconds)
    return min(fits, default=None)


def reference(lines: list[Line], peer: Line) -> Line | None:
    """Our line a peer is compared with: of its family and, where ranks are told, of its rank."""
    rank = peer.name.partition(", rank ")[2]
    for line in lines:
        same = line.name.partition(", rank ")[2] == rank
        if line.ours and line.family == peer.family and same and line.seconds is not None:
            return line
    return None


@dataclass(frozen=True)
class Ratios:
    """How many times faster we are than one peer: by whole fits, to its error, and by passes."""

    fit: float
    to_its_error: float | None
    a_pass: float | None
    gap: float | None  # our error less theirs; below 0 we are better


def ratios(ours: Line, peer: Line) -> Ratios | None:
    """A peer's times as multiples of ours; None where one of them was not measured."""
    if ours.due is None or peer.due is None:
        return None
    gap = to = None
    if ours.error is not None and peer.error is not None and peer.capped is None:
        gap = ours.error - peer.error
        seconds = time_to(ours, peer.error)
        to = peer.due / seconds if seconds else None
    a_pass = peer.per_pass / ours.per_pass if peer.per_pass and ours.per_pass else None
    return Ratios(peer.due / ours.due, to, a_pass, gap)


# --- targets --------------------------------------------------------------------------------------

# Family, peers meant, by what, and how many times faster on each data set.
_FASTER = (
    ("SGD", ("LIBMF", "cornac MF", "Surprise SVD", "PyTorch, batch 512"), "fit",
     {"100k": 2.0, "1m": 2.0, "10m": 1.5}),
    ("ALS", ("cmfrec, CG", "LensKit BiasedMF"), "fit", {"100k": 2.5, "1m": 2.5, "10m": 2.5}),
    ("Bayesian", ("SMURFF, rank 32", "SMURFF, rank 16"), "a_pass", {"100k": 3.0, "1m": 5.0}),
    ("Bayesian", ("myFM, rank 32", "myFM, rank 16"), "a_pass", {"100k": 8.0, "1m": 20.0}),
    ("SGD", ("Surprise SVD",), "to_its_error", {"100k": 30.0, "1m": 50.0}),
)  # fmt: skip
_AT_MOST = {"100k": 0.880, "1m": 0.834}


def targets(data_set: str, lines: list[Line]) -> list[str]:
    """Each target met or missed, and by how much; one sentence each."""
    said = []
    for _family, names, kind, needs in _FASTER:
        if data_set not in needs:
            continue
        found = []
        for peer in (line for line in lines if line.name in names):
            ours = reference(lines, peer)
            r = ratios(ours, peer) if ours else None
            if r is not None and ours is not None:
                found.append((getattr(r, kind) or 0.0, r, peer, ours))
        if not found:
            said.append(f"{' / '.join(names)}: not measured, so nothing to compare with.")
            continue
        times, r, peer, ours = min(found, key=lambda each: each[0])
        worse = kind == "fit" and r.gap is not None and r.gap > NOISE
        verdict = "missed" if times < needs[data_set] or worse else "met"
        how = {"fit": "per fit", "a_pass": "per sweep", "to_its_error": "to its RMSE"}[kind]
        sentence = f"{ours.name} against {peer.name}: {times:.2g}× faster {how}"
        sentence += f", target {needs[data_set]:g}×: **{verdict}**"
        if kind == "fit" and r.gap is not None:
            sentence += f" (RMSE {r.gap:+.4f}"
            if r.to_its_error:
                sentence += f"; {r.to_its_error:.2g}× faster to its RMSE"
            sentence += ")"
        said.append(sentence + ".")
    rated = [x for x in lines if x.error is not None and x.family != "implicit" and not x.capped]
    own, others = ([x for x in rated if x.ours is is_ours] for is_ours in (True, False))
    if own:
        best = min(own, key=lambda x: x.error)  # type: ignore[arg-type, return-value]
        peer_best = min((x.error for x in others if x.error is not None), default=None)
        limit = _AT_MOST.get(data_set, peer_best)
        if limit is not None and best.error is not None:
            verdict = "met" if best.error <= limit else f"missed by {best.error - limit:.4f}"
            beside = f"; best peer {peer_best:.4f}" if peer_best is not None else ""
            said.append(
                f"Best test RMSE from ids alone: {best.error:.4f} ({best.name}){beside}; "
                f"target {limit:.4f}: **{verdict}**."
            )
    return said


# --- markdown -------------------------------------------------------------------------------------

_HEAD = (
    "system", "version", "passes", "ms per pass", "fit, s", "test RMSE",
    "× our fit", "× our time to its RMSE", "× our pass",
)  # fmt: skip


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A markdown table."""
    return "\n".join(["| " + " | ".join(r) + " |" for r in (head, ("---",) * len(head), *rows)])


def markdown(data_set: str) -> str:
    """The whole result of a data set, as ``make bench`` prints it."""
    parts = [_about(data_set), verdicts(data_set), *_tables(data_set)]
    return "\n\n".join(part for part in parts if part)


def verdicts(data_set: str) -> str:
    """The targets of a data set as a list, one sentence each; empty where there are none."""
    said = targets(data_set, read(data_set)["lines"])
    return "\n".join(f"- {sentence}" for sentence in said)


def folded(data_set: str) -> str:
    """The same for ``docs/benchmarks.md``: verdicts and plot in sight, the tables unfold."""
    shown = [f"## {data.NAMES[data_set]}".replace("generated", "Generated"), verdicts(data_set)]
    if path(data_set, "svg").exists():
        shown.append(f"![Test RMSE against seconds](../benchmarks/results/{data_set}.svg)")
    summary = "<details><summary>All figures</summary>"
    return "\n\n".join([*shown, summary, _about(data_set), *_tables(data_set), "</details>"])


def _about(data_set: str) -> str:
    result = read(data_set)
    return (
        f"**{data.NAMES[data_set]}** · {result['n_ratings']:,} ratings · "
        f"{result['machine']['threads']} threads · {result['machine']['processor']}"
    )


def _tables(data_set: str) -> list[str]:
    result = read(data_set)
    lines = result["lines"]
    rows = []
    for family in FAMILIES:
        here = [line for line in lines if line.family == family]
        if here:
            rows.append((f"**{_FAMILY_NAMES[family]}**", *[""] * (len(_HEAD) - 1)))
            here.sort(key=lambda line: (not line.ours, line.due or float("inf")))
            rows += [_row(lines, line) for line in here if not line.failed]
    parts = [table(_HEAD, rows)]
    failed = [f"- {line.name}: {line.failed}." for line in lines if line.failed]
    if failed:
        parts.append("Without a figure:\n\n" + "\n".join(failed))
    for title, head, body in result.get("accuracy", []):
        parts.append(f"{title}\n\n" + table(tuple(head), [tuple(row) for row in body]))
    return parts


def _row(lines: list[Line], line: Line) -> tuple[str, ...]:
    about = "≈ " if line.capped else ""
    name = f"**{line.name}**" if line.ours else line.name
    name += "" if line.tuned or line.family == "other" else " (not tuned)"
    passes = f"{line.passes} of {line.capped}" if line.capped else str(line.passes or "–")
    ms = number(1000 * line.per_pass) if line.per_pass else "–"
    error = "–"
    if line.error is not None and not line.capped:
        error = f"{1 - line.error if line.family == 'implicit' else line.error:.4f}"
    ours = None if line.ours or line.family == "other" else reference(lines, line)
    r = ratios(ours, line) if ours else None
    shown = (r.fit, r.to_its_error, r.a_pass) if r else (None, None, None)
    return (
        name, line.version or ("this" if line.ours else "–"), passes, ms,
        f"{about}{number(line.due)}" if line.due is not None else "–", error,
        *(number(times) if times else "–" for times in shown),
    )  # fmt: skip


def sentence(line: Line) -> str:
    """One line of progress."""
    if line.failed:
        return f"{line.name}: {line.failed}"
    return f"{line.name}: {line.error:.4f} in {line.seconds:.3g} s"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--data-sets", nargs="+", choices=tuple(data.NAMES), default=[*data.NAMES])
    asked = parser.parse_args()
    there = [name for name in asked.data_sets if path(name, "json").exists()]
    print("\n\n".join(map(markdown, there)))


if __name__ == "__main__":
    main()
