"""What is measured: each system's peer, family, fixed settings, and where to look for the others.

A search space maps a setting to its range: two floats (log scale), two whole numbers (log scale)
or a list of choices. ``passes`` names the setting that counts epochs, iterations or sweeps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import recsys_core as rc
from benchmarks import data
from benchmarks.peers import OURS

K = 32
SIZES = {"100k": 1, "latest-small": 1, "1m": 2, "10m": 3}
SETTINGS = Path(__file__).parent / "settings.json"

Space = dict[str, tuple[float, float] | list[Any]]


@dataclass(frozen=True)
class System:
    """One line of the table.

    ``most`` caps the passes on a data set where the tuned number would take too long; a capped
    line says so and is judged by the time of a pass alone. ``like`` names the system whose
    settings it shares (the same model at another rank, or the same objective in another library,
    whose names for the settings are in ``renamed``).
    """

    name: str
    peer: str
    family: str
    passes: str | None
    fixed: dict[str, Any]
    space: Space
    start: dict[str, Any] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    skip: tuple[str, ...] = ()
    like: str = ""
    renamed: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether it is one of this project's models."""
        return self.peer == OURS


def _ours(model: str, family: str, start: dict[str, Any], space: Space, **rest: Any) -> System:
    """One of our models; ``start`` has what is tried before anything was tuned."""
    fixed = {"model": model, **rest.pop("fixed", {"n_factors": K})}
    return System(
        rest.pop("name", model), OURS, family, rest.pop("passes", "n_epochs"), fixed, space, start,
        **rest,
    )  # fmt: skip


def _gibbs(name: str, peer: str, fixed: dict[str, Any], space: Space | None, **rest: Any) -> System:
    """A sampler; without a space it takes the settings of the one it is like."""
    space = {} if space is None else {"n_iter": (60, 300), **space}
    fixed = {**fixed, "burn_in": 10}
    return System(name, peer, "Bayesian", "n_iter", fixed, space, **rest)


def _buffalo(name: str, optimizer: str) -> System:
    """Describe buffalo's ALS for counts: the objective of ours, so it gets the settings of ours."""
    return System(
        name, "buffalo", "implicit", "num_iters", {"optimizer": optimizer, "d": K}, {},
        {"num_iters": 15, "reg": 30.0, "alpha": 1.0}, like="ImplicitALS",
        renamed={"n_epochs": "num_iters"},
    )  # fmt: skip


_RATE_ONCE, _REG_ONCE = (0.005, 0.2), (0.003, 0.2)
_RATE, _REG, _REG_ALS = (0.003, 0.03), (0.03, 0.2), (0.04, 0.25)
_SLOW = {"10m": 3}
# Of ours with λ and learning rates: in rating units, as all others are, and as they were tuned.
_PLAIN = {"standardize": False}

SYSTEMS = (
    # --- stochastic gradients: rating by rating, or in batches ---
    _ours(
        "SGD", "SGD", {},
        {"n_epochs": (8, 60), "learning_rate": (0.01, 0.1), "reg": _REG,
         "init_deviation": (0.005, 0.1)},
        fixed={"n_factors": K, **_PLAIN},
    ),
    System(
        "LIBMF", "libmf", "SGD", "nr_iters", {"k": K},
        {"nr_iters": (15, 120), "eta": (0.02, 0.15), "lambda_p2": (0.02, 0.3),
         "lambda_q2": (0.02, 0.2)},
        {"nr_iters": 40, "eta": 0.05, "lambda_p2": 0.06, "lambda_q2": 0.06},
    ),
    System(
        "cornac MF", "cornac", "SGD", "max_iter", {"k": K},
        {"max_iter": (15, 120), "learning_rate": _RATE, "lambda_reg": _REG},
        {"max_iter": 40, "learning_rate": 0.01, "lambda_reg": 0.08},
    ),
    System(
        "Surprise SVD", "surprise", "SGD", "n_epochs", {"model": "SVD", "n_factors": K},
        {"n_epochs": (15, 120), "lr_all": _RATE, "reg_all": _REG},
        {"n_epochs": 40, "lr_all": 0.01, "reg_all": 0.08}, most={"10m": 1},
    ),
    System(
        "PyTorch, batch 512", "pytorch", "SGD", "n_epochs", {"k": K},
        {"n_epochs": (3, 40), "lr": (0.0005, 0.02), "weight_decay": (1e-6, 1e-3)},
        {"n_epochs": 15, "lr": 0.002, "weight_decay": 1e-4}, most=_SLOW,
    ),
    # --- alternating least squares ---
    _ours(
        "ALS", "ALS", {}, {"n_epochs": (4, 40), "reg": _REG_ALS}, fixed={"n_factors": K, **_PLAIN}
    ),
    System(
        "cmfrec, CG", "cmfrec", "ALS", "niter", {"use_cg": True, "k": K},
        {"niter": (4, 40), "lambda_": _REG_ALS}, {"niter": 15, "lambda_": 0.1},
    ),
    System(
        "cmfrec, Cholesky", "cmfrec", "ALS", "niter", {"use_cg": False, "k": K}, {},
        like="cmfrec, CG", most=_SLOW,
    ),
    System(
        "LensKit BiasedMF", "lenskit", "ALS", "epochs", {"embedding_size": K},
        {"epochs": (4, 40), "regularization": _REG_ALS, "damping": (0.5, 50.0)},
        {"epochs": 15, "regularization": 0.1, "damping": 5.0},
    ),
    System(
        "Spark ALS", "spark", "ALS", "maxIter", {"rank": K},
        {"maxIter": (4, 20), "regParam": _REG_ALS}, {"maxIter": 10, "regParam": 0.1}, most=_SLOW,
    ),
    # --- Bayesian, by Gibbs sampling: compared a sweep at equal rank ---
    _ours(
        "BayesianPMF", "Bayesian", {}, {"n_epochs": (60, 300)}, name="BayesianPMF, rank 32",
        fixed={"n_factors": K, "implicit": False},
    ),
    _gibbs(
        "SMURFF, rank 32", "smurff", {"num_latent": K}, {"precision": (0.8, 3.0)},
        start={"n_iter": 100, "precision": 1.5}, most={"1m": 30, "10m": 12},
    ),
    _gibbs(
        "myFM, rank 32", "myfm", {"rank": K}, {}, start={"n_iter": 100}, most={"1m": 10},
        skip=("10m",),
    ),
    _ours(
        "BayesianPMF", "Bayesian", {}, {}, name="BayesianPMF, rank 16",
        fixed={"n_factors": 16, "implicit": False}, like="BayesianPMF, rank 32",
    ),
    _gibbs(
        "SMURFF, rank 16", "smurff", {"num_latent": 16}, None, like="SMURFF, rank 32",
        most={"1m": 30, "10m": 12},
    ),
    _gibbs(
        "myFM, rank 16", "myfm", {"rank": 16}, None, like="myFM, rank 32", most={"1m": 20},
        skip=("10m",),
    ),
    _ours(
        "BayesianPMF", "Bayesian", {}, {"n_epochs": (60, 300)}, name="BayesianPMF, who rated what",
        fixed={"n_factors": K, "implicit": True}, skip=("10m",),
    ),
    # --- implicit feedback: ratings read as counts; judged by AUC ---
    _ours(
        "ImplicitALS", "implicit", {}, {"n_epochs": (5, 30), "reg": (0.03, 300.0),
                                        "alpha": (0.1, 40.0)},
    ),
    System(
        "implicit ALS", "implicit", "implicit", "iterations", {"factors": K},
        {"iterations": (5, 30), "regularization": (0.03, 300.0), "alpha": (0.1, 40.0)},
        {"iterations": 15, "regularization": 0.1, "alpha": 1.0},
    ),
    _buffalo("buffalo ALS, CG", "manual_cg"),
    _buffalo("buffalo ALS, exact", "llt"),
    _ours("EASE", "implicit", {}, {}, fixed={}, passes=None, skip=("10m",)),
    _ours("MostPopular", "implicit", {}, {}, fixed={}, passes=None),
    # --- one pass over the ratings, in an order drawn at random ---
    _ours(
        "SGD", "one pass", {"learning_rate": 0.05, "reg": 0.05},
        {"learning_rate": _RATE_ONCE, "reg": _REG_ONCE}, name="SGD, one pass",
        fixed={"n_factors": K, "n_epochs": 1, "decay": False, **_PLAIN}, passes=None,
    ),
    System(
        "river BiasedMF, one pass", "river", "one pass", None, {"n_factors": K},
        {"learning_rate": _RATE_ONCE, "reg": _REG_ONCE}, {"learning_rate": 0.02, "reg": 0.02},
        skip=("10m",),
    ),
    # --- others, for accuracy; the baselines among them ---
    _ours("GlobalMean", "other", {}, {}, fixed={}, passes=None),
    _ours("UserItemBias", "other", {}, {}, fixed={}, passes=None),
    _ours("PMF", "other", {}, {"n_factors": (8, K), "n_epochs": (10, 60)}, fixed={}),
    _ours(
        "SVDpp", "other", {}, {"n_epochs": (8, 40), "learning_rate": (0.005, 0.05), "reg": _REG},
        fixed={"n_factors": K, **_PLAIN},
    ),
    _ours(
        "NMF", "other", {}, {"n_factors": (8, K), "n_epochs": (20, 300), "reg": _REG}, fixed=_PLAIN,
    ),
    _ours(
        "NeuralMF", "other", {},
        {"n_epochs": (3, 20), "learning_rate": (0.0005, 0.01), "weight_decay": (1e-6, 1e-3)},
        fixed={"n_factors": K, **_PLAIN}, skip=("10m",),
    ),
    _ours(
        "ItemKNN", "other", {}, {"n_neighbours": (10, 100), "shrinkage": (10.0, 400.0)}, fixed={},
        passes=None, skip=("10m",),
    ),
    System(
        "Surprise SVD++", "surprise", "other", "n_epochs", {"model": "SVDpp", "n_factors": K},
        {}, {"n_epochs": 20}, skip=("1m", "10m"),
    ),
    System(
        "Surprise NMF", "surprise", "other", "n_epochs", {"model": "NMF"},
        {"n_epochs": (20, 100), "n_factors": (8, 32), "reg_pu": (0.03, 0.3), "reg_qi": (0.03, 0.3)},
        {"n_epochs": 50, "n_factors": 15}, skip=("10m",),
    ),
    System(
        "Surprise kNN, baselines", "surprise", "other", None, {"model": "KNNBaseline"},
        {"k": (10, 100), "shrinkage": (20, 400)}, {"k": 40, "shrinkage": 100}, skip=("10m",),
    ),
)  # fmt: skip

FAMILIES = ("SGD", "ALS", "Bayesian", "implicit", "one pass", "other")
BY_NAME = {system.name: system for system in SYSTEMS}


def chosen(names: list[str] | None) -> list[System]:
    """The systems of these names or, where no system has it whole, with the word in theirs."""
    if not names:
        return list(SYSTEMS)
    found = []
    for name in (name.casefold() for name in names):
        whole = [s for s in SYSTEMS if s.name.casefold() == name]
        part = [s for s in SYSTEMS if name in s.name.casefold()]
        if not whole and not part:
            raise SystemExit(f"No system is called {name}; there are: {', '.join(BY_NAME)}.")
        found += whole or part
    return [system for system in SYSTEMS if system in found]


def tuned(path: Path = SETTINGS) -> dict[str, dict[str, Any]]:
    """What tuning found: system → data set → settings, validation RMSE and so on."""
    return json.loads(path.read_text()) if path.is_file() else {}


def settings_for(
    system: System, data_set: str, found: dict[str, dict[str, Any]] | None = None
) -> tuple[dict[str, Any], bool]:
    """All settings, and whether they were tuned (on a smaller data set, if need be)."""
    found = tuned() if found is None else found
    model = BY_NAME[system.like] if system.like else system
    runs = found.get(model.name, {})
    smaller = [
        name for name in ("100k", "1m", "10m") if name in runs and SIZES[name] <= SIZES[data_set]
    ]
    best = runs[smaller[-1]]["settings"] if smaller else {}
    best = {system.renamed.get(name, name): value for name, value in best.items()}
    return {**model.start, **best, **system.fixed}, bool(smaller)


def experiment_of(
    settings: dict[str, Any],
    on: str | rc.Ratings,
    split: dict[str, Any] | None = None,
) -> rc.Experiment:
    """One of our models, given by ``settings``, on a data set (or ratings) and a split."""
    given = {name: value for name, value in settings.items() if name != "model"}
    recipe = data.RECIPES[on] if isinstance(on, str) else on
    return rc.Experiment(recipe, split or data.SPLIT, getattr(rc, settings["model"])(**given))
