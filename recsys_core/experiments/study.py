"""Trials of a sweep as an Optuna study in a database, which ``optuna-dashboard`` opens.

    optuna-dashboard sqlite:///studies.db

Only trials that have ended are written, some at a time; nothing of ours is ever read from there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from recsys_core.experiments.sweep import Sweep, Trial
from recsys_core.experiments.sweep_search import frozen_trials
from recsys_core.extras import needed_for
from recsys_core.text import Text

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

# Which trial a study holds already: one that was paused, and was then trained to its end, is there
# twice, as Optuna never changes a trial that has ended.
Written = frozenset[tuple[int, str]]


def studies_url(url: str) -> str:
    """The database of the studies: ``studies.db`` beside ours under SQLite, else the same one."""
    if not url.startswith("sqlite"):
        return url
    scheme, _, path = url.partition(":///")
    folder, slash, name = path.rpartition("/")
    if not name or name == ":memory:":
        return url
    return f"{scheme}:///{folder}{slash}studies.db"


def study_name(sweep: Sweep, id: str) -> str:
    """What its study is called: “SGD: λ × k, grid, 3f2a…”."""
    return f"{sweep.title}, {sweep.how}, {id}"


class Studies:
    """The studies of one database, which is opened once.

    Whoever holds it writes from one thread.
    """

    def __init__(self, url: str) -> None:
        """Open the studies beside a database of ours.

        Raises
        ------
        MissingPackageError
            If Optuna is not installed.
        """
        with needed_for(Text("Optuna's studies")):
            import optuna
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.url = studies_url(url)
        wait = {"connect_args": {"timeout": 10}} if self.url.startswith("sqlite") else {}
        self._storage: RDBStorage = optuna.storages.RDBStorage(self.url, engine_kwargs=wait)
        self._written: dict[str, Written] = {}
        if self.url.startswith("sqlite:///"):  # for its owner alone, as ours
            with contextlib.suppress(OSError):
                os.chmod(self.url.removeprefix("sqlite:///"), 0o600)

    def write(self, sweep: Sweep, id: str, trials: Sequence[Trial]) -> int:
        """Add the trials that have ended and are not there yet; returns how many these were."""
        import optuna

        name = study_name(sweep, id)
        ended = [t for t in trials if t.status in ("done", "paused", "failed")]
        if not ended:
            return 0
        study = optuna.create_study(
            storage=self._storage, study_name=name, direction="minimize", load_if_exists=True
        )
        if name not in self._written:
            self._written[name] = self._there(study)
        known = self._written[name]
        fresh = [t for t in ended if (t.number, t.status) not in known]
        if fresh:
            study.add_trials(frozen_trials(sweep, fresh))
            self._written[name] = known | {(t.number, t.status) for t in fresh}
        return len(fresh)

    @staticmethod
    def _there(study: object) -> Written:
        states = {"COMPLETE": "done", "PRUNED": "paused", "FAIL": "failed"}
        trials = study.get_trials(deepcopy=False)  # type: ignore[attr-defined]
        return frozenset((t.user_attrs["number"], states[t.state.name]) for t in trials)

    def forget(self, id: str) -> None:
        """Delete a sweep's study, where there is one."""
        import optuna

        for name in optuna.get_all_study_names(storage=self._storage):
            if name.endswith(f", {id}"):
                self._written.pop(name, None)
                optuna.delete_study(study_name=name, storage=self._storage)

    def close(self) -> None:
        """Let go of the database."""
        self._storage.engine.dispose()
