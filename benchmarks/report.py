"""Tables, targets and plots from what was measured: ``python -m benchmarks.report``.

Nothing is measured here. ``benchmarks.document`` writes all of it into ``docs/benchmarks.md``. A
ratio is of two lines of one run, which is of one machine and one day; lines of other runs have a
table of their own.
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import data, plot, runs
from benchmarks.measuring import Line
from benchmarks.systems import FAMILIES
from recsys_core.words import minus, number

RESULTS = runs.RESULTS

# A gap this small between two test errors is noise.
NOISE = 0.002

_FAMILY_NAMES = {
    "SGD": "Stochastic gradients",
    "ALS": "Alternating least squares",
    "Bayesian": "Bayesian, Gibbs sampling (ratios per sweep, at equal rank)",
    "implicit": "Implicit feedback",
    "one pass": "One pass, rating by rating",
    "other": "Others, for their accuracy, and baselines",
}


# --- reading and writing --------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """The lines of one run, and what ``runs.about`` said of it."""

    about: dict[str, Any]
    lines: list[Line]


def path(data_set: str, ending: str) -> Path:
    """Where a result lies."""
    return RESULTS / f"{data_set}.{ending}"


def read(data_set: str) -> tuple[dict[str, Any], list[Measured]]:
    """What was measured on a data set: facts on it, and its runs, the newest first."""
    result = runs.read(path(data_set, "json"))
    found = [
        Measured(
            each["run"], [Line(**{**line, "run": each["run"]["id"]}) for line in each["lines"]]
        )
        for each in reversed(result.pop("runs"))
    ]
    return result, found


def write(data_set: str, n_ratings: int, about: dict[str, Any], lines: list[Line]) -> None:
    """Write a run into the results, and the plot; see ``runs.keep``."""
    RESULTS.mkdir(exist_ok=True)
    run = {"run": about, "lines": [dataclasses.asdict(line) for line in lines]}
    facts = {"data_set": data_set, "n_ratings": n_ratings}
    runs.keep(path(data_set, "json"), facts, run)
    draw(data_set)


def draw(data_set: str) -> None:
    """Draw error against seconds of one run, that with most curves: runs share no axis of time."""
    drawn = max(
        ((each, _curves(each.lines)) for each in read(data_set)[1]), key=lambda run: len(run[1])
    )
    plot.write(
        path(data_set, "svg"),
        drawn[1],
        title=f"Test RMSE against seconds of training: {data.NAMES[data_set]}, one split, "
        f"run {drawn[0].about['id']}",
        x_title="seconds of one fit (log scale)",
        y_title="test RMSE",
    )


def _curves(lines: list[Line]) -> list[plot.Curve]:
    return [
        plot.Curve(line.name, [(s, e) for _, s, e in line.curve], line.ours, line.family)
        for line in lines
        if len(line.curve) > 1 and line.family != "implicit"
    ]


# --- ratios ---------------------------------------------------------------------------------------


def time_to(ours: Line, error: float) -> float | None:
    """Seconds of our shortest measured fit whose error is no higher; None if none got there."""
    fits = [s for _, s, e in ours.curve if e <= error]
    if ours.error is not None and ours.seconds is not None and ours.error <= error:
        fits.append(ours.seconds)
    return min(fits, default=None)


def time_to_lists(ours: Line, peer: Line) -> float | None:
    """Seconds of our shortest measured fit as good as the peer's whole one in all three measures.

    As good: AUC, NDCG@10 and recall@10 each no more than ``NOISE`` lower.
    """
    if not peer.lists:
        return None
    auc_loss, ndcg, recall = peer.lists[-1][2:5]
    fits = [
        seconds
        for _, seconds, own_loss, own_ndcg, own_recall, _ in ours.lists
        if own_loss <= auc_loss + NOISE and min(own_ndcg - ndcg, own_recall - recall) >= -NOISE
    ]
    return min(fits, default=None)


def reference(lines: list[Line], peer: Line) -> Line | None:
    """Our line a peer is compared with: of its run, its family and, where told, its rank.

    What makes no passes (a closed form, a baseline) is another algorithm than what makes some.
    """
    rank = peer.name.partition(", rank ")[2]
    for line in lines:
        same = line.name.partition(", rank ")[2] == rank and line.run == peer.run
        same = same and (line.passes is None) == (peer.passes is None)
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
    """A peer's times as multiples of ours; None where one of them was not measured.

    Raises
    ------
    ValueError
        If the two were measured in different runs: such times are not to be compared.
    """
    if ours.run != peer.run:
        raise ValueError(f"{ours.name} is of run {ours.run}, {peer.name} of run {peer.run}.")
    if ours.due is None or peer.due is None:
        return None
    gap = to = None
    if ours.error is not None and peer.error is not None and peer.capped is None:
        gap = ours.error - peer.error
        implicit = peer.family == "implicit" and bool(peer.lists)
        seconds = time_to_lists(ours, peer) if implicit else time_to(ours, peer.error)
        to = peer.due / seconds if seconds else None
    a_pass = peer.per_pass / ours.per_pass if peer.per_pass and ours.per_pass else None
    return Ratios(peer.due / ours.due, to, a_pass, gap)


# --- targets --------------------------------------------------------------------------------------

# Family, peers meant, by what, and how many times faster on each data set.
_FASTER = (
    ("SGD", ("LIBMF", "cornac MF", "Surprise SVD", "PyTorch, batch 512"), "fit",
     {"100k": 3.0, "1m": 6.0, "10m": 5.0}),
    ("ALS", ("cmfrec, CG", "LensKit BiasedMF"), "fit", {"100k": 6.0, "1m": 6.0, "10m": 6.0}),
    ("implicit", ("buffalo ALS, CG", "buffalo ALS, exact", "implicit ALS"),
     "to_its_error", {"100k": 3.0, "1m": 3.0}),
    ("Bayesian", ("SMURFF, rank 32", "SMURFF, rank 16"), "a_pass",
     {"100k": 6.0, "1m": 6.0, "10m": 6.0}),
    ("Bayesian", ("myFM, rank 32", "myFM, rank 16"), "a_pass", {"100k": 8.0, "1m": 20.0}),
    ("SGD", ("Surprise SVD",), "to_its_error", {"100k": 30.0, "1m": 50.0}),
)  # fmt: skip

# Of these families the first of each is in the README.
_IN_README = ("SGD", "ALS", "implicit")


def targets(data_set: str, measured: list[Measured], families: tuple[str, ...] = ()) -> list[str]:
    """Each target met or missed, and by how much; one sentence each, with the run it is of.

    Of the run that has the most of the peers meant, the newest of those: a run of the slow ones
    alone would say too much. Never of two runs together.
    """
    said = []
    seen: set[str] = set()
    for family, names, kind, needs in _FASTER:
        if data_set not in needs or (families and (family not in families or family in seen)):
            continue
        seen.add(family)
        each = max(
            measured, key=lambda run: len(_pairs(run.lines, names)), default=Measured({}, [])
        )
        found = _pairs(each.lines, names)
        if found:
            without = [name for name in names if name not in {peer.name for _, peer, _ in found}]
            about = f"run {each.about['id']}"
            about += f", without {' and '.join(without)}" if without else ""
            said.append(f"{_target(found, kind, needs[data_set])} ({about[0].upper()}{about[1:]}.)")
        else:
            said.append(f"{' / '.join(names)}: not measured, so nothing to compare with.")
    return said


def _pairs(lines: list[Line], names: tuple[str, ...]) -> list[tuple[Line, Line, Ratios]]:
    """Our line, a peer's of the same run, and their ratios, for each peer of these names."""
    found = []
    for peer in (line for line in lines if line.name in names):
        ours = reference(lines, peer)
        r = ratios(ours, peer) if ours else None
        if ours is not None and r is not None:
            found.append((ours, peer, r))
    return found


def _target(found: list[tuple[Line, Line, Ratios]], kind: str, need: float) -> str:
    """One target against the fastest of its peers."""
    ours, peer, r = min(found, key=lambda each: getattr(each[2], kind) or 0.0)
    times = getattr(r, kind) or 0.0
    measure = "AUC" if peer.family == "implicit" else "RMSE"
    worse = kind == "fit" and r.gap is not None and r.gap > NOISE
    verdict = "missed" if times < need or worse else "met"
    reached = "AUC, NDCG@10 and recall@10" if peer.lists else measure
    how = {"fit": "per fit", "a_pass": "per sweep", "to_its_error": f"to its {reached}"}[kind]
    sentence = f"{ours.name} against {peer.name}: {_times(times)} {how}"
    sentence += f", target {need:g}×: **{verdict}**"
    if kind == "fit" and r.gap is not None:
        # The gap is of errors; the AUC is 1 less its error.
        gap = -r.gap if measure == "AUC" else r.gap
        sentence += f" ({measure} {minus(f'{gap:+.4f}')}"
        if r.to_its_error:
            sentence += f"; {_times(r.to_its_error)} to its {reached}"
        sentence += ")"
    return sentence + "."


def _times(times: float) -> str:
    """“2.2× faster”, “1.5× slower”, “as fast”; “not reached” where ours never got so far (0)."""
    if not times:
        return "not reached"
    if 0.95 < times < 1.05:
        return "as fast"
    return f"{times:.2g}× faster" if times >= 1 else f"{1 / times:.2g}× slower"


# --- markdown -------------------------------------------------------------------------------------

_HEAD = (
    "system", "version", "passes", "ms per pass", "fit, s", "test RMSE", "beats bias by",
    "× our fit", "× our time to its RMSE", "× our pass",
)  # fmt: skip
_HEAD_OF_LISTS = (
    "system", "version", "passes", "ms per pass", "fit, s", "AUC", "NDCG@10", "recall@10",
    "objective", "× our fit", "× our time to its AUC, NDCG and recall", "× our pass",
)  # fmt: skip


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A markdown table."""
    return "\n".join(["| " + " | ".join(r) + " |" for r in (head, ("---",) * len(head), *rows)])


def markdown(data_set: str) -> str:
    """The whole result of a data set, as ``make bench`` prints it."""
    parts = [verdicts(data_set), *_tables(data_set)]
    return "\n\n".join(part for part in parts if part)


def verdicts(data_set: str, families: tuple[str, ...] = ()) -> str:
    """The targets of a data set as a list, one sentence each; empty where there are none."""
    return "\n".join(f"- {sentence}" for sentence in targets(data_set, read(data_set)[1], families))


def readme(data_set: str) -> str:
    """Those of the README."""
    return verdicts(data_set, _IN_README)


def folded(data_set: str) -> str:
    """The same for ``docs/benchmarks.md``: verdicts and plot in sight, the tables unfold."""
    shown = [f"### {data.NAMES[data_set]}".replace("generated", "Generated"), verdicts(data_set)]
    if path(data_set, "svg").exists():
        shown.append(f"![Test RMSE against seconds](../benchmarks/results/{data_set}.svg)")
    summary = "<details><summary>All figures</summary>"
    return "\n\n".join([*shown, summary, *_tables(data_set), "</details>"])


def _tables(data_set: str) -> list[str]:
    """Two tables a run, the newest run first: explicit ratings, and implicit feedback.

    Of an earlier run only the families with a system that no newer run has.
    """
    facts, measured = read(data_set)
    parts = []
    seen: set[str] = set()
    for at, each in enumerate(measured):
        shown = {line.family for line in each.lines if line.name not in seen}
        seen |= {line.name for line in each.lines}
        title = f"**{data.NAMES[data_set]}** · {facts['n_ratings']:,} ratings · "
        title = "An earlier run, with its own ratios · " if at else title
        parts.append(title + runs.said(each.about))
        for head, row, families in (
            (_HEAD, _row, [f for f in FAMILIES if f != "implicit"]),
            (_HEAD_OF_LISTS, _row_of_lists, ["implicit"]),
        ):
            rows: list[tuple[str, ...]] = []
            for family in families:
                here = [line for line in each.lines if line.family == family and not line.failed]
                if here and family in shown:
                    rows.append((f"**{_FAMILY_NAMES[family]}**", *[""] * (len(head) - 1)))
                    here.sort(key=lambda line: (not line.ours, line.due or float("inf")))
                    rows += [row(each.lines, line) for line in here]
            if rows:
                parts.append(table(head, rows))
        failed = [f"- {line.name}: {line.failed}." for line in each.lines if line.failed]
        if failed:
            parts.append("Without a figure:\n\n" + "\n".join(failed))
    return parts


def _begin(line: Line) -> tuple[str, ...]:
    """The first five cells of a line: name, version, passes, time of one, time of all."""
    about = "≈ " if line.capped else ""
    name = f"**{line.name}**" if line.ours else line.name
    chosen = line.tuned or line.family == "other" or (line.ours and line.passes is None)
    name += "" if chosen else " (not tuned)"
    passes = f"{line.passes} of {line.capped}" if line.capped else str(line.passes or "–")
    ms = number(1000 * line.per_pass) if line.per_pass else "–"
    seconds = f"{about}{number(line.due)}" if line.due is not None else "–"
    return name, line.version or ("this" if line.ours else "–"), passes, ms, seconds


def _end(lines: list[Line], line: Line) -> tuple[str, ...]:
    """The last three: how many times longer than ours."""
    ours = None if line.ours or line.family == "other" else reference(lines, line)
    r = ratios(ours, line) if ours else None
    shown = (r.fit, r.to_its_error, r.a_pass) if r else (None, None, None)
    return tuple(number(times) if times else "–" for times in shown)


def _row(lines: list[Line], line: Line) -> tuple[str, ...]:
    known = line.error is not None and not line.capped
    error = f"{line.error:.4f}" if known else "–"
    gain = "–"
    if known and line.gain is not None and line.gain[1] > 0:  # of biases over biases: none
        gain = f"{minus(f'{line.gain[0]:.4f}')} ± {line.gain[1]:.4f}"
    return (*_begin(line), error, gain, *_end(lines, line))


def _row_of_lists(lines: list[Line], line: Line) -> tuple[str, ...]:
    auc = f"{1 - line.error:.4f}" if line.error is not None and not line.capped else "–"
    ndcg = recall = objective = "–"
    if line.lists and not line.capped:
        _, _, _, *both, least = line.lists[-1]
        ndcg, recall = (f"{value:.4f}" for value in both)
        objective = f"{least:,.0f}" if least is not None else "–"
    return (*_begin(line), auc, ndcg, recall, objective, *_end(lines, line))


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
