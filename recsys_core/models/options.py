"""What a setting is: declared once, beside its model; pages build their forms from it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["int", "float", "bool", "choice"]


@dataclass(frozen=True)
class Option:
    """One setting of a model.

    ``low`` and ``high`` bound what a form offers; ``log`` asks for a logarithmic slider;
    ``meaning`` says what it does, ``what_if`` what too much or too little of it does.
    """

    name: str
    symbol: str
    label: str
    kind: Kind
    meaning: str
    what_if: str
    default: Any = None
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[str, ...] = ()
    advanced: bool = False


def option(
    default: Any,
    kind: Kind,
    symbol: str,
    label: str,
    meaning: str,
    what_if: str,
    **rest: Any,
) -> Any:
    """A dataclass field that carries its Option (the name is the field's)."""
    details = dict(kind=kind, symbol=symbol, label=label, meaning=meaning, what_if=what_if, **rest)
    return dataclasses.field(default=default, metadata={"option": details})


def options_of(model: Any) -> tuple[Option, ...]:
    """The Options declared by a model class, in order."""
    return tuple(
        Option(name=f.name, default=f.default, **f.metadata["option"])
        for f in dataclasses.fields(model)
        if "option" in f.metadata
    )


# Settings that several models share, in the same words everywhere.


def factors_option() -> Any:
    """Number of latent factors."""
    return option(
        None, "int", "k", "Factors", low=1, high=200,
        meaning="How many numbers describe each user and each item.",
        what_if="Too few cannot tell tastes apart; too many learn the noise by heart.",
    )  # fmt: skip


def reg_option(symbol: str = "λ") -> Any:
    """Strength of regularisation."""
    return option(
        None, "float", symbol, "Regularisation", low=1e-4, high=100.0, log=True,
        meaning="Keeps factors small, so that users or items with few ratings are not overfitted.",
        what_if="Too little memorises the training ratings; too much predicts the mean for all.",
    )  # fmt: skip


def rate_option() -> Any:
    """Learning rate."""
    return option(
        None, "float", "γ", "Learning rate", low=1e-4, high=1.0, log=True,
        meaning="How far each step follows the slope of the error.",
        what_if="Too small crawls; too large overshoots until training diverges.",
    )  # fmt: skip


def decay_option() -> Any:
    """Whether the learning rate falls."""
    return option(
        None, "bool", "γ↓", "Falling rate",
        meaning="Lets the learning rate fall evenly, to zero after the last epoch.",
        what_if="Held constant, the numbers go on trembling around the best they could be.",
    )  # fmt: skip


def rate_in(epoch: int, settings: dict[str, Any]) -> float:
    """Learning rate of epoch t: γ; with ``decay`` γ (1 − (t − 1) / T), and past T as in T."""
    if not settings.get("decay"):
        return settings["learning_rate"]
    n_epochs = settings["n_epochs"]
    past = min(max(epoch - 1, 0), n_epochs - 1)
    return settings["learning_rate"] * (1.0 - past / n_epochs)


def epochs_option() -> Any:
    """Number of epochs."""
    return option(
        None, "int", "", "Epochs", low=1, high=2000,
        meaning="How often training goes through all ratings.",
        what_if="Too few stop short; too many overfit, unless early stopping ends them.",
    )  # fmt: skip


def biases_option() -> Any:
    """Whether users and items have biases."""
    return option(
        True, "bool", "b", "Biases",
        meaning="Lets each user be mild or strict and each item loved or not, apart from taste.",
        what_if="Without biases, factors must spend themselves on what a mean explains.",
    )  # fmt: skip


def center_option() -> Any:
    """Whether the global mean is subtracted first."""
    return option(
        True, "bool", "μ", "Start from the mean", advanced=True,
        meaning="Subtracts the mean rating first, so that zero means average.",
        what_if="Without it the factors have to learn the mean rating too.",
    )  # fmt: skip


def patience_option() -> Any:
    """Early stopping."""
    return option(
        None, "int", "", "Patience", low=1, high=1000, advanced=True,
        meaning="Stops after this many epochs without a lower validation error (early stopping).",
        what_if="Too little gives up in a lull; too much goes on overfitting.",
    )  # fmt: skip


def deviation_option(default: float | None = 0.1) -> Any:
    """Spread of the initial factors."""
    return option(
        default, "float", "", "Initial spread", low=1e-3, high=1.0, log=True, advanced=True,
        meaning="Standard deviation of the random factors training starts from.",
        what_if="Near zero, gradients take long to get going; large, one starts from noise.",
    )  # fmt: skip


def seed_option() -> Any:
    """Seed of all random draws."""
    return option(
        0, "int", "", "Seed", low=0, high=2**31 - 1, advanced=True,
        meaning="Where the random numbers start: the same seed gives the same run, bit for bit.",
        what_if="Try a few: what changes with the seed is luck, not learning.",
    )  # fmt: skip
