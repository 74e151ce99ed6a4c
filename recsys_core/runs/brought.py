"""Trained models as files: one of a run, and one brought back, which explores like any run.

A file holds the ratings it was trained on, one fitted model and the errors of all epochs. Which
ratings were held out it says by its experiment, if at all; that is taken only where the experiment
gives the same training ratings again.
"""

from __future__ import annotations

import io
import math
import uuid
from collections.abc import Iterator, Sequence

import numpy as np

from recsys_core.errors import FactorscopeError
from recsys_core.experiments import Experiment, Record
from recsys_core.models import Factored, FittedModel, model_file, seen_as
from recsys_core.models.base import described
from recsys_core.models.saving import SavedModel, load
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.before import Before, Kept
from recsys_core.runs.results import Results
from recsys_core.runs.run import Run
from recsys_core.runs.workspaces import Entry, Workspace
from recsys_core.splits import Split, whole
from recsys_core.text import Text
from recsys_core.training import Epoch, best_of
from recsys_core.words import error, many


def is_model(data: bytes) -> bool:
    """Whether a file is that of a trained model, by its contents."""
    return model_file.is_one(data)


def to_file(run: Run, epoch: int) -> bytes:
    """The trained model of the epoch kept nearest to this one, as the bytes of a file."""
    at, fitted = run.snapshot_near(epoch)
    file = io.BytesIO()
    model_file.write(
        file, type(run.model).__name__, run.settings, run.epochs, fitted,
        epoch=at, experiment=None if run.brought and run.unsplit else run.experiment.to_dict(),
    )  # fmt: skip
    return file.getvalue()


def read(data: bytes, called: str) -> SavedModel:
    """Read and check the file of a trained model; ``called`` is its name in sentences.

    Raises
    ------
    FactorscopeError
        If it is damaged, or a newer version wrote it.
    MissingPackageError
        If it needs a package that is not installed.
    """
    saved = load(io.BytesIO(data), called)
    try:
        return _checked(saved)
    except Exception:
        raise FactorscopeError(
            Text(
                "The model in “{path}” is damaged: its parts do not fit together; save it again "
                "where it was trained.",
                path=called,
            )
        ) from None


def _checked(saved: SavedModel) -> SavedModel:
    """The same, with its epochs numbered from 0; an AssertionError where a page would fail."""
    model = saved.model
    fitted, epochs = model.snapshot(), model.history or [Epoch(0, None, None, 0.0, 0.0)]
    train = fitted.train
    for axis in (train.users, train.items):
        assert axis and all(isinstance(label, str | int) for label in axis)
        assert len(set(axis)) == len(axis)
    assert isinstance(train.name, str) and isinstance(train.item_noun, str) and len(train)
    scale = train.scale
    assert math.isfinite(scale.low) and scale.low < scale.high < math.inf
    for info, n in ((train.user_info, train.n_users), (train.item_info, train.n_items)):
        assert info is None or len(info) == n
    for number, each in enumerate(epochs):
        values = each.train_rmse, each.validation_rmse
        assert each.number == number and math.isfinite(each.loss + each.seconds)
        assert [v is None for v in values] == [
            epochs[0].train_rmse is None,
            epochs[0].validation_rmse is None,
        ]
        assert all(v is None or math.isfinite(v) for v in values)
    epoch = saved.epoch
    if epoch is None:
        epoch = best_of(epochs)
    epoch = epochs[-1].number if epoch is None else epoch
    assert isinstance(epoch, int) and 0 <= epoch < len(epochs)
    _try(fitted)
    assert model._loaded is not None
    model._loaded = fitted, epochs, model._loaded[2]
    return saved._replace(epoch=epoch)


def _try(fitted: FittedModel) -> None:
    """Ask of every user and every item once: arrays of another size or not finite are found."""
    users, items = np.arange(fitted.n_users), np.arange(fitted.n_items)
    for predicted in (fitted.predict_matrix(users, [0]), fitted.predict_matrix([0], items)):
        assert np.isfinite(predicted).all()
    fitted.recommend(int(users[-1]), 1)
    if fitted.has.factors:
        factored = seen_as(Factored, fitted)
        assert factored.user_factors.shape == (len(users), fitted.n_factors)
        assert factored.item_factors.shape == (len(items), fitted.n_factors)


class BroughtRun(Run):
    """A run whose model came from a file: it is trained, and has one fitted model to look at.

    Attributes
    ----------
    unsplit : the file does not say which ratings were held out; ``split`` holds none out.
    """

    brought = True

    def __init__(
        self, space: Workspace, experiment: Experiment, split: Split, saved: SavedModel,
        unsplit: bool,
    ) -> None:  # fmt: skip
        model, epoch = saved.model, saved.epoch
        assert epoch is not None
        self._epochs: Sequence[Epoch] = model.history
        self._at = epoch
        fitted = type(model.snapshot()).of_parts(split.train, model.snapshot().parts())
        before = Before(
            uuid.uuid4().hex, self._epochs, best_of(self._epochs), model.settings,
            self._epochs[-1].number, finished=True, early=False, interrupted=False, message="",
            load=lambda train: Kept(fitted),
        )  # fmt: skip
        baselines = Baselines(split)
        super().__init__(space.registry, experiment, baselines, before=before)
        self._before = None  # nothing is to be loaded later, or trained again
        self.unsplit, self.split = unsplit, split
        if unsplit:
            self.ratings = split.train
        self.results = Results(experiment, split, baselines)
        self.history.frames.add(epoch, fitted)
        self.history.final = fitted if epoch == self.epoch_at("best") else None
        self._jobs = self._prepare(self.clock())

    @property
    def best_epoch(self) -> int | None:
        """The epoch of lowest validation RMSE, as the file says; None without validation."""
        return best_of(self._epochs)

    @property
    def stopped_early(self) -> bool:
        """Whether it ended because validation no longer improved: no file says so."""
        return False

    @property
    def record_is_ready(self) -> bool:
        """Whether the file says what was run."""
        return not self.unsplit

    def record(self, epoch: int | None = None) -> Record | None:
        """What is kept of it; None where nobody knows what was run, or of another epoch."""
        if self.unsplit or epoch not in (None, self._at):
            return None
        fitted = self.fitted_at(self._at)
        record = Record.of(
            self.experiment, self.split, self._epochs, self.best_epoch, self._at, fitted,
            self.settings,
        )  # fmt: skip
        return record if self.tested is None else record.with_test(self.tested[0])

    def _find_axes(self, made: float) -> Iterator[None]:
        self.axes.fit(self.fitted_at(self._at))
        yield


def enter(space: Workspace, saved: SavedModel) -> Entry:
    """A model that was read, as a run in a workspace's list; its ratings are loaded as well."""
    found = _known(space, saved)
    if found is None:
        train = saved.model.snapshot().train
        data = space.load(train)
        experiment = Experiment(data.source, "whole", saved.model).with_ratings(data.ratings)
        # In the order of the file, which is that of the model's rows.
        run = BroughtRun(space, experiment, whole(train), saved, unsplit=True)
    else:
        experiment, split = found
        space.load(experiment.make_ratings(), experiment.data)
        run = BroughtRun(space, experiment, split, saved, unsplit=False)
    entry = space.listed(run, f"{described(run.model, run.settings)}, from a file")
    entry.train()  # it is: so that a page shows it trained
    return entry


def _known(space: Workspace, saved: SavedModel) -> tuple[Experiment, Split] | None:
    """What was run, where the file says it and it gives the same training ratings again."""
    if saved.experiment is None:
        return None
    try:
        experiment = space.with_loaded_ratings(Experiment.from_dict(saved.experiment))
        split = experiment.make_split()
    except FactorscopeError:
        return None
    ours, theirs = split.train, saved.model.snapshot().train
    same = (
        np.array_equal(ours.user_ids, theirs.user_ids)
        and np.array_equal(ours.item_ids, theirs.item_ids)
        and np.array_equal(ours.values, theirs.values)
        and list(map(str, ours.users)) == list(map(str, theirs.users))
        and list(map(str, ours.items)) == list(map(str, theirs.items))
    )
    return (experiment, split) if same else None


def sentences(space: Workspace, saved: SavedModel) -> list[Text]:
    """What the file holds, for a person who has brought it: the model first."""
    model = saved.model
    train, epochs = model.snapshot().train, model.history
    said = [
        Text(
            "A trained model: {model}, trained on {n:,} rating of “{data}” ({users:,} users × "
            "{items:,} {noun}).",
            "A trained model: {model}, trained on {n:,} ratings of “{data}” ({users:,} users × "
            "{items:,} {noun}).",
            n=len(train), model=described(model, model.settings), data=train.name,
            users=train.n_users, items=train.n_items, noun=many(train.item_noun),
        )
    ]  # fmt: skip
    assert saved.epoch is not None
    if type(model).has_epochs:
        said.append(
            Text(
                "The file holds the model of epoch {at:,} of {last:,}; of the other epochs it has "
                "the errors.",
                at=saved.epoch, last=epochs[-1].number,
            )
        )  # fmt: skip
    validated = epochs[saved.epoch].validation_rmse
    if validated is not None:
        said.append(Text("Its validation RMSE, as the file says, is {e}.", e=error(validated)))
    known = _known(space, saved)
    if known is None:
        said.append(
            Text(
                "Which ratings were held out is not known here: no error can be measured on them "
                "again."
            )
        )
    else:
        said.append(Text("Its split is known: {split}.", split=known[1].description))
    said.append(Text("It is here for this visit: keep the file to bring it again."))
    return said
