"""Settings of models: each is declared once, beside its model; pages build their forms from it."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Any, Literal

from recsys_core import language
from recsys_core.models.side_features import features_of
from recsys_core.ratings import Ratings
from recsys_core.text import Number, Text, worded

Kind = Literal["int", "float", "bool", "choice"]
Needs = Literal["times", "features", "user features"]


@dataclass(frozen=True)
class Option:
    """One setting of a model.

    ``low`` and ``high`` bound what a form offers; ``log`` asks for a logarithmic slider;
    ``meaning`` says what it does, ``what_if`` what too much or too little of it does. ``needs``
    names what ratings must have beside themselves for it to be on; see ``lacking``.
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
    needs: Needs | None = None

    def said(self, value: Any) -> str:
        """Say a value of it in a few words: “λ = 0.05”, “biases”, “no biases”, “cosine”."""
        if self.kind == "bool":
            label = self.label.lower()
            return label if value else Text("no {label}", label=label)
        if self.kind == "choice":
            return Text(value)
        number = Number(f"{value:,}" if self.kind == "int" else f"{value:,.4g}")
        return f"{self.symbol or self.label.lower()} = {number}"

    def lacking(self, ratings: Ratings) -> str:
        """Say why these ratings do not allow it to be on; "" where they do."""
        if self.needs == "times":
            return "" if ratings.timestamps is not None else _NO_TIMES.worded()
        if self.needs is None or features_of(ratings, "user") is not None:
            return ""
        if self.needs == "user features":
            return _NO_USER_FEATURES.worded()
        return "" if features_of(ratings, "item") is not None else _NO_FEATURES.worded()


_NO_TIMES = Text("These ratings have no times; the day of rating needs them.")
_NO_FEATURES = Text(
    "Nothing is known of these users or items beside their ratings; side information needs that."
)
_NO_USER_FEATURES = Text(
    "Nothing is known of these users beside their ratings; side information needs that."
)


def option(
    default: Any,
    kind: Kind,
    symbol: str,
    label: str,
    meaning: str,
    what_if: str,
    **rest: Any,
) -> Any:
    """Make a dataclass field with an Option in its metadata, named as the field."""
    details = dict(kind=kind, symbol=symbol, label=label, meaning=meaning, what_if=what_if, **rest)
    return dataclasses.field(default=default, metadata={"option": details})


def options_of(model: Any) -> tuple[Option, ...]:
    """Return the Options declared by a model class, in order, in the reader's language."""
    return _options_in(model, language.now())


@functools.cache
def _options_in(model: type, code: str) -> tuple[Option, ...]:
    with language.speaking(code):
        return tuple(
            Option(
                name=f.name,
                default=f.default,
                **{name: worded(said) for name, said in f.metadata["option"].items()},
            )
            for f in dataclasses.fields(model)
            if "option" in f.metadata
        )


# Settings that several models share, in the same words everywhere.


def factors_option() -> Any:
    """Declare the number of latent factors, k."""
    return option(
        None, "int", "k", Text("Factors"), low=1, high=200,
        meaning=Text("How many numbers describe each user and each item."),
        what_if=Text("Too few cannot represent different tastes; too many overfit."),
    )  # fmt: skip


def reg_option(symbol: str = "λ", standardized: bool = True) -> Any:
    """Declare the strength of regularisation, λ; ``standardized`` says of ratings or of z."""
    return option(
        None,
        "float",
        symbol,
        Text("Regularisation"),
        low=1e-4,
        high=100.0,
        log=True,
        meaning=Text(
            "Keeps factors small, so that users or items with few ratings are not overfitted; in "
            "units of the ratings' standard deviation."
        )
        if standardized
        else Text(
            "Keeps factors small, so that users or items with few ratings are not overfitted."
        ),
        what_if=Text(
            "Too little overfits the training ratings; too much predicts the mean for all."
        ),
    )


def rate_option() -> Any:
    """Declare the learning rate, γ."""
    return option(
        None,
        "float",
        "γ",
        Text("Learning rate"),
        low=1e-4,
        high=1.0,
        log=True,
        meaning=Text(
            "Step size: how far each update moves against the gradient of the error, in units "
            "of the ratings' standard deviation."
        ),
        what_if=Text("Too small needs many epochs; too large overshoots, and training diverges."),
    )


def decay_option() -> Any:
    """Declare whether the learning rate falls; see ``rate_in``."""
    return option(
        None,
        "bool",
        "γ↓",
        Text("Falling rate"),
        meaning=Text("Lowers the learning rate linearly, to zero after the last epoch."),
        what_if=Text(
            "With a constant rate, factors keep fluctuating around the minimum of the error."
        ),
    )


def rate_in(epoch: int, settings: dict[str, Any]) -> float:
    """Compute the learning rate of epoch t: γ; with ``decay`` γ (1 − (min(t, T) − 1) / T)."""
    if not settings.get("decay"):
        return settings["learning_rate"]
    n_epochs = settings["n_epochs"]
    past = min(max(epoch - 1, 0), n_epochs - 1)
    return settings["learning_rate"] * (1.0 - past / n_epochs)


def epochs_of_decay(settings: dict[str, Any]) -> int:
    """Return for how many epochs the learning rate falls: all planned, or 0 without ``decay``."""
    return settings["n_epochs"] if settings.get("decay") else 0


def epochs_option() -> Any:
    """Declare the number of epochs."""
    return option(
        None,
        "int",
        "",
        Text("Epochs"),
        low=1,
        high=2000,
        meaning=Text("How many times training goes through all ratings."),
        what_if=Text(
            "Too few stop while the error falls; too many overfit without early stopping."
        ),
    )


def biases_option() -> Any:
    """Declare whether users and items have biases."""
    return option(
        True, "bool", "b", Text("Biases"),
        meaning=Text("Adds a number per user (mild or strict) and per item (liked or not)."),
        what_if=Text("Without biases, the factors have to learn these differences as well."),
    )  # fmt: skip


def center_option() -> Any:
    """Declare whether the global mean is subtracted first."""
    return option(
        True, "bool", "μ", Text("Start from the mean"), advanced=True,
        meaning=Text("Subtracts the mean rating first, so that zero means average."),
        what_if=Text("Without it the factors have to learn the mean rating too."),
    )  # fmt: skip


def standardize_option() -> Any:
    """Declare whether ratings are measured in standard deviations from their mean."""
    return option(
        True,
        "bool",
        "z",
        Text("Standardize"),
        advanced=True,
        meaning=Text(
            "Trains on (rating − mean) / standard deviation, so that settings fit any scale."
        ),
        what_if=Text(
            "Without it, rates and λ are in rating units: right for 1–5, far off for 0–100."
        ),
    )


def patience_option() -> Any:
    """Declare the patience of early stopping, in epochs."""
    return option(
        None,
        "int",
        "",
        Text("Patience"),
        low=1,
        high=1000,
        advanced=True,
        meaning=Text(
            "Stops after this many epochs without a lower validation error (early stopping), "
            "counted from where a falling rate or first, fixed priors have ended."
        ),
        what_if=Text("Too few may stop before the error falls again; too many overfit for longer."),
    )


_SPREAD = Text("Standard deviation of the random factors training starts from.")


def deviation_option(default: float | None = 0.1, meaning: Text = _SPREAD) -> Any:
    """Declare the standard deviation of the initial factors, or how far from 0 they lie."""
    return option(
        default,
        "float",
        "",
        Text("Initial spread"),
        low=1e-3,
        high=1.0,
        log=True,
        advanced=True,
        meaning=meaning,
        what_if=Text(
            "Near zero, the first gradients are tiny; large, the first predictions are noise."
        ),
    )


def side_information_option(needs: Needs = "features") -> Any:
    """Declare whether what is known of users (and items) beside their ratings is learned from."""
    if needs == "features":
        meaning = Text(
            "Learns also from users' age, sex and occupation, and from items' genres and year."
        )
    else:
        meaning = Text("Learns also from users' age, sex and occupation.")
    return option(
        False, "bool", "", Text("Side information"), needs=needs, meaning=meaning,
        what_if=Text("Without it, users with few ratings are hardly told from the average user."),
    )  # fmt: skip


def seed_option() -> Any:
    """Declare the seed of all random draws."""
    return option(
        0, "int", "", Text("Seed"), low=0, high=2**31 - 1, advanced=True,
        meaning=Text("Starts the random numbers: the same seed gives the same run, bit for bit."),
        what_if=Text("Try several: what differs between seeds is chance, not a better model."),
    )  # fmt: skip
