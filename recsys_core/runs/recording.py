"""Recording: a training without a workspace that is kept as it goes, as the command line does."""

from __future__ import annotations

import dataclasses
import time
import uuid

from recsys_core.experiments import Experiment, Record
from recsys_core.experiments.store import KeptRun, Store, data_key, experiment_hash
from recsys_core.models import checkpoints
from recsys_core.models.base import described
from recsys_core.runs.keeping import EVERY, MOST_OF_A_RUN, plain_settings
from recsys_core.training import Epoch

# Whose runs those of the command line are.
OWNER = "command line"


class Recording:
    """Keeps a training in a database, about once a second; call it with each Epoch.

    Attributes
    ----------
    run : the KeptRun, as it was written last.
    """

    def __init__(self, store: Store, experiment: Experiment, name: str = "") -> None:
        """Begin a run; ``name`` is usually “SGD, k = 10”."""
        model, split, now = experiment.make_model(), experiment.make_split(), time.time()
        settings = model.resolve(split.train)
        self._store, self._experiment = store, experiment
        self._epochs: list[Epoch] = []
        self._n_written, self._wrote = 0, 0.0
        self.run = KeptRun(
            id=uuid.uuid4().hex, owner=OWNER, course=uuid.uuid4().hex,
            experiment=experiment_hash(experiment), name=name or described(model, settings),
            status="training", created=now, changed=now, number=store.last_number(OWNER) + 1,
            color_index=0, belongs_to="", data=data_key(experiment.data),
            data_name=experiment.make_ratings().name, model=model.title,
            n_factors=int(settings.get("n_factors") or 0), n_epochs=0, epoch=0, best_epoch=None,
            train_rmse=None, validation_rmse=None, seconds=0.0, listed=False,
            facts={"settings": plain_settings(settings), "message": "", "early": False},
        )  # fmt: skip

    def __call__(self, epoch: Epoch, n_epochs: int) -> None:
        """Note an epoch; write where the last time was a second ago."""
        self._epochs.append(epoch)
        self.run = dataclasses.replace(
            self.run, n_epochs=n_epochs, epoch=epoch.number, train_rmse=epoch.train_rmse,
            validation_rmse=epoch.validation_rmse, seconds=self.run.seconds + epoch.seconds,
        )  # fmt: skip
        if time.monotonic() - self._wrote >= EVERY:
            self._write()

    def stop(self) -> None:
        """Write what is left of a training that did not come to its end."""
        self.run = dataclasses.replace(self.run, status="interrupted")
        self._write()

    def finish(self, record: Record) -> None:
        """Write what is left, the numbers of the best epoch, and its model unless it is large."""
        best = record.epochs[record.epoch]
        self.run = dataclasses.replace(
            self.run, status="finished", best_epoch=record.best_epoch, train_rmse=best.train_rmse,
            validation_rmse=best.validation_rmse,
            facts={**self.run.facts, "settings": plain_settings(record.settings),
                   "early": self.run.epoch < self.run.n_epochs},
        )  # fmt: skip
        with self._store.together():
            self._write()
            if record.model is not None and record.model.nbytes <= MOST_OF_A_RUN:
                data = checkpoints.to_bytes(record.model)
                self._store.keep_artefact(self.run.course, "model", record.epoch, data)

    def _write(self) -> None:
        self.run = dataclasses.replace(self.run, changed=time.time())
        with self._store.together():
            self._store.keep_run(self.run, self._experiment)
            self._store.keep_epochs(self.run.course, self._epochs[self._n_written :])
        self._n_written, self._wrote = len(self._epochs), time.monotonic()
