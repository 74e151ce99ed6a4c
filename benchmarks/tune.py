"""Settings found, not guessed: every system tuned on a validation part of the training set.

    python -m benchmarks.tune --data-sets 100k 1m --trials 24
    python -m benchmarks.tune --systems SGD ALS --data-sets 1m --trials 12

Optuna proposes, each system fits on nine tenths of the training part and is judged on the last
tenth; the test part is not read. Of the trials within .001 of the lowest error the one with the
fewest passes is taken, and written to ``settings.json`` with what it reached. Trials are kept in
``.bench/tuning``, so that asking for 24 after 16 runs 8 more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import recsys_core as rc
from benchmarks import data
from benchmarks.measuring import Arena
from benchmarks.peers import PeerError, Session, environment
from benchmarks.systems import SETTINGS, System, chosen, tuned

_TRIALS = Path(".bench/tuning")
_NOISE = 0.001  # a gap that small between two validation errors decides nothing; then passes do

Trial = dict[str, Any]  # settings, error, seconds; or settings, failed


class Sampler:
    """Optuna, asked line by line (see ``sampler.py``)."""

    def __init__(self, space: dict[str, Any], past: list[Trial], first: list[Trial]) -> None:
        self._process = subprocess.Popen(
            [environment("optuna"), "-P", Path(__file__).parent / "sampler.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        known = [[t["settings"], t["error"]] for t in past if "error" in t]
        # A list of choices goes in a list of its own, to be told from a range.
        places = {name: [p] if isinstance(p, list) else p for name, p in space.items()}
        self._say({"space": places, "past": known, "first": first})

    def _say(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def ask(self) -> dict[str, Any]:
        """The settings to try next."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def tell(self, error: float | None) -> None:
        """How wrong they were; None if the fit failed."""
        self._say(error)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def tune(system: System, data_set: str, arena: Arena, n_trials: int, limit: float) -> None:
    """Run what is missing of the trials, and write down the best settings so far."""
    log = _TRIALS / f"{system.name.replace(' ', '_').replace(',', '')}-{data_set}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    past = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if len(past) < n_trials:
        first = []
        if not past:
            smaller = tuned().get(system.name, {}).get("100k", {})
            first = [s for s in (smaller.get("settings"), system.start) if s]
        sampler = Sampler(system.space, past, first)
        session: Session | None = None
        try:
            while len(past) < n_trials:
                settings = sampler.ask()
                trial: Trial = {"settings": settings}
                try:
                    if session is None:
                        session = arena.session(system, limit).__enter__()
                    fit = session.fit({**settings, **system.fixed})
                    trial |= {"error": arena.error(fit.predicted), "seconds": fit.seconds}
                except PeerError as error:
                    trial["failed"] = str(error)
                    if session is None or not session.alive:
                        session = None
                sampler.tell(trial.get("error"))
                past.append(trial)
                with log.open("a") as file:
                    file.write(json.dumps(trial) + "\n")
                print(f"  {len(past)}: {_told(trial)}", flush=True)
                if len(past) == 3 and all("failed" in t for t in past):
                    break  # three failures at the start: it will not work
        finally:
            sampler.close()
            if session is not None:
                session.close()
    best = pick(past, system.passes)
    if best is None:
        return print(f"  {system.name} on {data_set}: no trial succeeded", flush=True)
    found = tuned()
    found.setdefault(system.name, {})[data_set] = {
        "settings": best["settings"],
        "validation": round(best["error"], 5),
        "trials": len(past),
    }
    SETTINGS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    print(f"{system.name} on {data_set}: {_told(best)}", flush=True)


def pick(trials: list[Trial], passes: str | None) -> Trial | None:
    """Of the trials within the noise of the lowest error, the one with the fewest passes.

    Passes, not seconds: all trials of a system have the same k, and a busy machine has no say.
    """
    done = [t for t in trials if "error" in t]
    if not done:
        return None
    least = min(t["error"] for t in done)

    def cost(trial: Trial) -> float:
        return trial["settings"].get(passes, trial["seconds"])

    return min((t for t in done if t["error"] <= least + _NOISE), key=cost)


def _told(trial: Trial) -> str:
    settings = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in trial["settings"].items()
    )
    if "failed" in trial:
        return f"failed with {settings}: {trial['failed']}"
    return f"{trial['error']:.4f} in {trial['seconds']:.2f} s with {settings}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--systems", nargs="+", help="words of their names; all by default")
    parser.add_argument("--data-sets", nargs="+", choices=tuple(data.NAMES), default=["100k", "1m"])
    parser.add_argument("--trials", type=int, default=24, help="for each system and data set")
    parser.add_argument("--limit", type=float, default=300, help="seconds for one fit")
    parser.add_argument("--data", type=Path, help="folder of the zips")
    parser.add_argument("--peers-only", action="store_true", help="leave our own models out")
    asked = parser.parse_args()
    data.use(asked.data)
    for data_set in asked.data_sets:
        train, validation = data.tuning_split(data.ratings(data_set))
        for implicit in (False, True):
            systems = [
                s for s in chosen(asked.systems)
                if s.space and (s.family == "implicit") is implicit and data_set not in s.skip
                and not (s.ours and (asked.peers_only or not hasattr(rc, s.fixed["model"])))
            ]  # fmt: skip
            if not systems:
                continue
            with Arena(train, validation, implicit) as arena:
                for system in systems:
                    print(f"{system.name} on {data.NAMES[data_set]}", flush=True)
                    tune(system, data_set, arena, asked.trials, asked.limit)


if __name__ == "__main__":
    main()
