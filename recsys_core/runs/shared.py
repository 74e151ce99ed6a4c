"""What all browsers of a server share: shared data, and every run, which is trained once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from weakref import WeakSet, WeakValueDictionary

from recsys_core import limits
from recsys_core.experiments import Experiment
from recsys_core.experiments.experiment import SHARED
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.recipes import DATA, Recipe
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.before import Before
from recsys_core.runs.run import Run
from recsys_core.runs.sweeps import SweepRun
from recsys_core.runs.worker import Worker
from recsys_core.splits import Split

# 60 random bits: nobody finds shared data by trying codes.
_CODE_BYTES, _CODE_LENGTH = 9, 10


def new_code() -> str:
    """A random name for shared data."""
    return secrets.token_urlsafe(_CODE_BYTES)[:_CODE_LENGTH]


class Shared(Worker):
    """Data that somebody shares, public data in one copy, and the runs of all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, threaded: bool = True) -> None:
        super().__init__(clock, threaded)
        self._shared: dict[Recipe, tuple[str, Ratings]] = {}  # by code: whose, and which
        # By whose (None: everybody's), what is run, and on what.
        self._runs: WeakValueDictionary[tuple[str | None, Experiment, Ratings], Run]
        self._runs = WeakValueDictionary()
        self._baselines: WeakValueDictionary[Split, Baselines] = WeakValueDictionary()
        self._public: WeakValueDictionary[tuple[Recipe, str, str, tuple[bool, bool]], Ratings]
        self._public = WeakValueDictionary()
        self._sweeps: WeakSet[SweepRun] = WeakSet()
        self._numbered: dict[str, int] = {}  # by browser, numbers of runs given out
        # Finds by code what is shared elsewhere than here: the frozen ratings of rooms.
        self.find_shared: Callable[[str], Ratings | None] | None = None

    # --- shared data ----------------------------------------------------------------------------

    def share(self, owner: str, ratings: Ratings) -> Recipe:
        """Let everybody on this server who has the code read these ratings; the recipe to name.

        Shared twice, they keep their code.
        """
        with self.lock:
            found = self.shared_as(owner, ratings)
            if found is None:
                found = Recipe.of(SHARED, id=new_code())
                self._shared[found] = owner, ratings
            return found

    def unshare(self, owner: str, ratings: Ratings) -> None:
        """Stop sharing: browsers that have loaded them keep them, nobody else gets them."""
        with self.lock:
            while (found := self.shared_as(owner, ratings)) is not None:
                del self._shared[found]

    def shared_as(self, owner: str, ratings: Ratings) -> Recipe | None:
        """The recipe of ratings that their owner shares; None where they are not shared."""
        with self.lock:
            mine = (recipe for recipe, (who, which) in self._shared.items()
                    if who == owner and which.fingerprint == ratings.fingerprint)  # fmt: skip
            return next(mine, None)

    def shared(self, source: Recipe) -> Ratings:
        """The ratings of a code.

        Raises
        ------
        MissingDataError
            If nothing is shared under it.
        """
        with self.lock:
            found = self._shared.get(source)
        if found is not None:
            return found[1]
        elsewhere = None if self.find_shared is None else self.find_shared(str(source["id"]))
        return DATA.make(source) if elsewhere is None else elsewhere  # which has the sentence

    def one_copy(self, source: Recipe, ratings: Ratings) -> Ratings:
        """Return the copy of public ratings that is in use already; the given one if there is none.

        Copies with other names, or without titles, stay apart: everybody sees their own.
        """
        if source.name in (UPLOAD, SHARED):
            return ratings
        known = ratings.item_info is not None, ratings.user_info is not None
        key = source, ratings.name, ratings.item_noun, known
        with self.lock:
            return self._public.setdefault(key, ratings)

    def loaded(self) -> list[Ratings]:
        """The ratings that anybody has loaded; the registry knows."""
        return []

    def check_room_for(self, ratings: Ratings) -> None:
        """Refuse ratings that are more than all visitors together may hold.

        Raises
        ------
        LimitError
            If they are; those that several have loaded count once.
        """
        held = {id(each): each.n_ratings for each in [*self.loaded(), ratings]}
        limits.check("ratings_per_server", sum(held.values()))

    # --- sweeps ---------------------------------------------------------------------------------

    def check_sweeps(self, own: Sequence[SweepRun]) -> None:
        """Refuse one more sweep if as many run as may; one's own, which it replaces, do not count.

        Raises
        ------
        LimitError
            If they do.
        """
        with self.lock:
            busy = sum(sweep.busy for sweep in self._sweeps if sweep not in own)
        limits.check("sweeps_at_once", busy + 1)

    def note_sweep(self, sweep: SweepRun) -> None:
        """Have a sweep counted while it runs."""
        with self.lock:
            self._sweeps.add(sweep)

    # --- runs -----------------------------------------------------------------------------------

    def run(
        self,
        owner: str,
        experiment: Experiment,
        parent: Run | None = None,
        epoch: int = 0,
        before: Before | None = None,
    ) -> Run:
        """The run of an experiment, which holds its ratings; trained once for all who look at it.

        Of uploads each owner has their own. A fork begins from its parent's checkpoints; one that
        comes back goes on from ``before``, unless others have it running.

        Raises
        ------
        SettingsError, RatingsError
            If the model cannot start on the ratings with its settings.
        LimitError
            If the server holds as many runs as it may.
        """
        ratings = self.one_copy(experiment.data, experiment.make_ratings())
        experiment = experiment.with_ratings(ratings)
        key = owner if experiment.data.name == UPLOAD else None, experiment, ratings
        found = self._runs.get(key)
        if found is None or found.message:  # what failed is tried again
            if before is None:  # one that comes back is not refused
                limits.check("runs_per_server", len(self._runs) + 1)
            baselines = self.baselines(experiment.make_split())
            found = Run(self, experiment, baselines, parent, epoch, before)
            with self.lock:
                other = self._runs.get(key)
                if other is not None and not other.message:
                    return other
                self._runs[key] = found
        return found

    def baselines(self, split: Split) -> Baselines:
        """The baselines of a split, fitted once for all who compare with them."""
        with self.lock:
            return self._baselines.setdefault(split, Baselines(split))

    def numbers_from(self, owner: str, last: int) -> None:
        """Give numbers above ``last`` to runs of this browser: those up to it were given before."""
        self._numbered[owner] = max(self._numbered.get(owner, 0), last)

    def next_number(self, owner: str) -> int:
        """A number for a run of this browser; not given again, even when it was forgotten."""
        self._numbered[owner] = self._numbered.get(owner, 0) + 1
        return self._numbered[owner]
