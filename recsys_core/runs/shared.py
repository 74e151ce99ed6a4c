"""What all browsers of a server share: shared data, and every run, which is trained once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from recsys_core.experiments import Experiment
from recsys_core.experiments.experiment import SHARED
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.recipes import DATA, Recipe
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.before import Before
from recsys_core.runs.run import Run
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
        """
        ratings = self.one_copy(experiment.data, experiment.make_ratings())
        experiment = experiment.with_ratings(ratings)
        key = owner if experiment.data.name == UPLOAD else None, experiment, ratings
        found = self._runs.get(key)
        if found is None or found.message:  # what failed is tried again
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
