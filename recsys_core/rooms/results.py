"""What came of a room: an ordinary Experiment on its frozen ratings, and *predict the class*.

Some of the ratings are hidden from the model: the test part of its split. Each member is given a
few of these, of others', to guess; the model, the class and the members are then measured on the
same pairs of a guess and a hidden rating.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys_core import metrics
from recsys_core.asking import similarity
from recsys_core.experiments import Experiment, Record
from recsys_core.experiments import run as trained
from recsys_core.experiments.experiment import SHARED
from recsys_core.models import FittedModel, UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.rooms.model import RoomMap, als
from recsys_core.rooms.room import Guess, Room, State
from recsys_core.runs import Registry, Run

# The share of the ratings that is hidden, and how many of them each member guesses at most.
HIDDEN, CELLS_EACH = 0.15, 6

# Classmates and recommendations that a member is shown.
N_CLASSMATES, N_RECOMMENDED = 3, 5

_SLICE = 0.05  # seconds


@dataclass(frozen=True)
class Cell:
    """A hidden rating: whose, of which thing (its place in the room's list)."""

    member: int
    item: int


@dataclass(frozen=True)
class Scores:
    """RMSE of each over the same pairs of a guess and a hidden rating; None without pairs.

    ``model`` never saw the hidden ratings; ``mean`` is the mean of the visible ratings of the
    thing, ``baseline`` that with the member's own bias; ``guesses`` are what was guessed.
    """

    n_pairs: int
    n_cells: int
    n_members: int
    model: float | None = None
    mean: float | None = None
    baseline: float | None = None
    guesses: float | None = None


def experiment_on(room: Room, id: str) -> Experiment:
    """The experiment on frozen ratings of a room."""
    split = {
        "name": "random", "validation": 0, "test": HIDDEN, "seed": room.seed, "keep_one": True,
    }  # fmt: skip
    return Experiment({"name": SHARED, "id": id}, split, als(room.seed))


def dealt(cells: Sequence[Cell], numbers: Iterable[int], seed: int) -> dict[int, list[int]]:
    """Deal hidden ratings to members, by their positions: up to six each, none of one's own.

    Each is given to as many as any other, as far as that can be; where several are due, chance
    decides, by ``seed``. Who has a higher number changes nothing for those before.
    """
    rng = np.random.default_rng(seed)
    owners = np.array([cell.member for cell in cells], dtype=np.int64)
    given = np.zeros(len(cells), dtype=np.int64)
    found: dict[int, list[int]] = {}
    for number in sorted(numbers):
        order = rng.permutation(len(cells))
        order = order[owners[order] != number]
        chosen = order[np.argsort(given[order], kind="stable")][:CELLS_EACH]
        given[chosen] += 1
        found[number] = [int(at) for at in chosen]
    return found


def watched(experiment: Experiment) -> Run:
    """The same training as a run with the pictures of its epochs, for a hand-out.

    It is in nobody's list: the registry that trains it is its own.
    """
    registry = Registry(threaded=False)
    run = registry.run("", experiment)
    run.ask(registry)
    while run.busy:
        run.work(_SLICE)
    return run


@dataclass(frozen=True, eq=False)
class Results:
    """The experiment on a room's frozen ratings, trained; and its hidden ratings.

    Attributes
    ----------
    id : of the frozen ratings. record : what came of the experiment.
    fitted : its model. numbers : the members in its rows. places : of the room's things, the index
        of each among its items.
    cells : the hidden ratings; truth, model, mean, baseline : what each is, and what is predicted
        for it, float64, (n_cells,).
    """

    id: str
    record: Record
    fitted: FittedModel
    numbers: tuple[int, ...]
    places: np.ndarray
    cells: tuple[Cell, ...]
    truth: np.ndarray
    model: np.ndarray
    mean: np.ndarray
    baseline: np.ndarray
    seed: int
    frozen: Ratings
    visible: Ratings

    @classmethod
    def of(cls, room: Room, id: str, ratings: Ratings) -> Results:
        """Train the experiment on frozen ratings of a room."""
        experiment = experiment_on(room, id).with_ratings(ratings)
        split = experiment.make_split()
        record = trained(experiment)
        assert record.model is not None
        train, hidden = split.train, split.test
        assert hidden is not None
        users, items = hidden.user_ids, hidden.item_ids
        of_item = train.axis("item").means
        means = np.where(np.isnan(of_item), train.global_mean, of_item)
        biases = UserItemBias().fit(train)
        numbers = tuple(int(label) for label in ratings.users)
        place = {label: at for at, label in enumerate(ratings.items)}
        places = np.array([place[thing.name] for thing in room.things], dtype=np.int64)
        thing = {int(place): at for at, place in enumerate(places)}
        return cls(
            id=id,
            record=record,
            fitted=record.model,
            numbers=numbers,
            places=places,
            cells=tuple(Cell(numbers[u], thing[int(i)]) for u, i in zip(users, items, strict=True)),
            truth=hidden.values.astype(np.float64),
            model=record.model.predict(users, items).astype(np.float64),
            mean=means[items],
            baseline=biases.predict(users, items).astype(np.float64),
            seed=room.seed,
            frozen=ratings,
            visible=train,
        )

    @cached_property
    def _at(self) -> dict[tuple[int, int], int]:
        return {(cell.member, cell.item): at for at, cell in enumerate(self.cells)}

    def cells_of(self, state: State, number: int) -> list[Cell]:
        """The hidden ratings that a member guesses."""
        numbers = range(1, max(state.members, default=0) + 1)  # removed ones, too: nothing moves
        return [self.cells[at] for at in dealt(self.cells, numbers, self.seed)[number]]

    def known_of(self, member: int) -> list[tuple[int, float]]:
        """What may be seen of a member: things and ratings that are not hidden."""
        items, values = self.visible.by_user.row(self.numbers.index(member))
        rated = dict(zip(items.tolist(), values.tolist(), strict=True))
        return [(at, rated[int(p)]) for at, p in enumerate(self.places) if int(p) in rated]

    def scores(self, guesses: Iterable[Guess]) -> Scores:
        """Measure guesses, and all others on the same pairs."""
        pairs = [
            (self._at[guess.of, guess.item], guess)
            for guess in guesses
            if (guess.of, guess.item) in self._at
        ]
        at = np.array([where for where, _ in pairs], dtype=np.int64)
        n_members = len({guess.member for _, guess in pairs})
        if not len(at):
            return Scores(0, 0, 0)
        guessed = np.array([guess.value for _, guess in pairs], dtype=np.float64)
        rmse = {
            name: metrics.rmse(self.truth[at], values)
            for name, values in (
                ("model", self.model[at]), ("mean", self.mean[at]),
                ("baseline", self.baseline[at]), ("guesses", guessed),
            )
        }  # fmt: skip
        return Scores(len(at), len(set(at.tolist())), n_members, **rmse)

    def scores_of_all(self, state: State) -> Scores:
        """Measure the guesses of all members shown."""
        shown = {member.number for member in state.shown}
        return self.scores(g for g in state.guesses.values() if g.member in shown)

    def scores_of(self, state: State, number: int) -> Scores:
        """Measure the guesses of one member."""
        return self.scores(g for g in state.guesses.values() if g.member == number)

    def predicted(self) -> np.ndarray:
        """All predictions, clipped, float32, (n_members, n_things): rows as ``numbers``."""
        return self.fitted.predict_matrix()[:, self.places]

    def map(self, before: RoomMap | None = None) -> RoomMap:
        """Where members and things lie, turned as they lay before."""
        return RoomMap.of(self.fitted, self.numbers, self.places, before)

    def classmates(self, number: int) -> list[tuple[int, float]]:
        """The members most similar to one, and how similar (cosine of factors)."""
        if number not in self.numbers:
            return []
        found = similarity.similar(self.fitted, "user", self.numbers.index(number), n=N_CLASSMATES)
        pairs = zip(found["user"], found["similarity"], strict=True)
        return [(self.numbers[int(user)], float(alike)) for user, alike in pairs]

    def recommendations(self, number: int) -> list[tuple[int, float]]:
        """The things that a member has not rated and is expected to like best."""
        if number not in self.numbers:
            return []
        row = self.numbers.index(number)
        rated = set(self.frozen.by_user.row(row)[0].tolist())
        predicted = self.predicted()[row]
        free = [at for at, place in enumerate(self.places) if int(place) not in rated]
        best = sorted(free, key=lambda at: (-predicted[at], at))[:N_RECOMMENDED]
        return [(at, float(predicted[at])) for at in best]
