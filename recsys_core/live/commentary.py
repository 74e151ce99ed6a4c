"""Comments on a run at an epoch, in a sentence, from its errors and its settings."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from recsys_core.experiments.diagnosis import has_risen
from recsys_core.models import UserItemBias
from recsys_core.runs import Run
from recsys_core.text import Number, Text, as_text
from recsys_core.training import Epoch
from recsys_core.words import error, named, plural

# A fall of the training error by this share an epoch is fast; by less than the second, flat.
_FAST, _FLAT = 0.02, 0.003

BEGINNING = Text("The first epoch is under way: all training ratings are gone through once.")
PAUSED = Text("Paused.")
REWINDING = Text("Going back to that epoch: the epochs before it are trained again, bit for bit.")


def sentence(run: Run, epoch: int, playing: bool) -> Text:
    """Return the comment on a run when one of its epochs is shown.

    The browser chooses likewise (``js/status_lines.js``) among the texts it is sent: before
    it begins, while it moves, and at its end.
    """
    if run.message:
        return as_text(run.message).worded()
    if run.rewinding:
        return REWINDING.worded()
    ends = after(run)
    if ends is not None and not playing and epoch in (run.epoch, run.epoch_at("best")):
        return ends
    if not run.model.has_epochs:
        return before(run)
    if epoch == 0:
        return BEGINNING.worded() if playing else before(run)
    said = during(run, epoch).worded()  # kept of a run, for all who look at it
    if playing or run.wants_training:
        return said
    return Text("{paused} {said}", paused=PAUSED, said=said)


def before(run: Run) -> Text:
    """Return the comment before training: what will happen, and what to watch."""
    if not run.model.has_epochs:
        noun = run.split.train.item_noun
        return Text(
            "Comparing each {noun} with every other: who rated both, and how alike?",
            noun=named(noun),
        )
    rmse = run.epochs[0].train_rmse
    if rmse is None:
        return Text(
            "Nothing is learned yet. Press Play: the objective should fall fast, then ever more "
            "slowly. It predicts who would choose what, not ratings, so there is no RMSE."
        )
    if run.split.validation is not None:
        return Text(
            "Nothing is learned yet: guesses are typically off by {rmse} (RMSE). Press Play: the "
            "dashed training curve should fall fast, then ever more slowly; watch whether the "
            "solid curve, of ratings kept aside, follows.",
            rmse=error(rmse),
        )
    return Text(
        "Nothing is learned yet: guesses are typically off by {rmse} (RMSE). Press Play: the "
        "dashed training curve should fall fast, then ever more slowly; all ratings train here, so "
        "it shows how well they are memorised.",
        rmse=error(rmse),
    )


# --- while it moves -------------------------------------------------------------------------------

# By run, the sentence of each epoch: they depend on what came before alone.
_said: WeakKeyDictionary[Run, list[Text]] = WeakKeyDictionary()
_saying = threading.Lock()


def during(run: Run, epoch: int) -> Text:
    """Return the comment while the run moves through an epoch."""
    with _saying:
        said = _said.setdefault(run, [BEGINNING])
        epochs = run.epochs
        lowest: Epoch | None = None
        while len(said) <= epoch:
            here = len(said)
            if lowest is None:
                lowest = min(epochs[: here + 1], key=_validation)
            else:
                lowest = min(lowest, epochs[here], key=_validation)
            said.append(_during(epochs, here, lowest, run.settings))
        return said[epoch]


def changes(run: Run, start: int) -> list[tuple[int, Text]]:
    """Return the comments from an epoch on, each with the first epoch that it holds for."""
    found: list[tuple[int, Text]] = []
    during(run, run.epoch)  # all at once: each call by itself would look for the lowest error anew
    before = during(run, start - 1) if start else None
    for epoch in range(start, run.epoch + 1):
        text = during(run, epoch)
        if text != before:
            found.append((epoch, text))
        before = text
    return found


def _validation(epoch: Epoch) -> float:
    return 0.0 if epoch.validation_rmse is None else epoch.validation_rmse


def _during(epochs: Sequence[Epoch], at: int, lowest: Epoch, settings: Mapping[str, Any]) -> Text:
    burn_in = settings.get("burn_in")
    if burn_in is not None:
        return _drawing(at, burn_in)
    now = epochs[at]
    if has_risen(now, lowest):
        return Text(
            "Validation error has risen since epoch {best} while training error still falls: "
            "the model starts to memorise. More regularisation, fewer factors or an earlier "
            "stop would help.",
            best=lowest.number,
        )
    fall = _fall(epochs, at)
    if fall > _FAST:
        share = Number(f"{100 * fall:.0f}")
        if now.train_rmse is None:
            return Text(
                "Falling fast: about {share}\u00a0% of the objective goes with each epoch. The big "
                "patterns come first: who is mild, what is loved.",
                share=share,
            )
        return Text(
            "Falling fast: about {share}\u00a0% of the training error goes with each epoch. The "
            "big patterns come first: who is mild, what is loved.",
            share=share,
        )
    if fall > _FLAT:
        return Text(
            "Falling more slowly: what is left to learn are finer tastes, shared by fewer people."
        )
    if fall > -_FLAT:
        return Text("Flattening: another epoch hardly changes the predictions any more.")
    what = Text("Objective") if now.train_rmse is None else Text("Training error")
    if "learning_rate" in settings:
        return Text(
            "{what} rises: the steps overshoot. A smaller learning rate would help.", what=what
        )
    return Text(
        "{what} rises for the moment, since something else is minimised along with it.", what=what
    )


def _drawing(epoch: int, burn_in: int) -> Text:
    """Return the comment on a sampler: whether its draws are kept yet."""
    if epoch <= burn_in:
        return Text(
            "Burn-in until epoch {burn_in}: each epoch draws one plausible model, none is kept "
            "yet. A single draw is noisy, so the error jumps about.",
            burn_in=burn_in,
        )
    return Text(
        "Every draw now counts: predictions are the mean over all that are kept, which is steadier "
        "than any of them. How far they spread says how sure it is."
    )


def _error(epoch: Epoch) -> float:
    """What should fall: the training error, or the objective where no ratings are predicted."""
    return epoch.loss if epoch.train_rmse is None else epoch.train_rmse


def _fall(epochs: Sequence[Epoch], at: int) -> float:
    """Compute the relative fall of the error per epoch, over the latest few."""
    back = min(at, max(1, at // 20))
    before, now = _error(epochs[at - back]), _error(epochs[at])
    if before <= 0:
        return 0.0
    return 1 - (now / before) ** (1 / back)


# --- at its end -----------------------------------------------------------------------------------


def after(run: Run) -> Text | None:
    """Return the comment at the end of a run; None while it is not trained."""
    if run.status != "finished":
        return None
    verdict = _verdict(run)
    if not run.n_epochs:
        return Text("{model}: nothing to train. {verdict}", model=run.model.title, verdict=verdict)
    if not run.model.has_epochs:
        return verdict
    best = run.best_epoch
    if run.stopped_early and best is not None:
        return Text(
            "Stopped early: for {waited} validation error fell no further, so epoch {best} is "
            "kept. {verdict}",
            waited=plural("epoch", run.epoch - best), best=best, verdict=verdict,
        )  # fmt: skip
    if best is not None and best < run.epoch:
        return Text(
            "Done; epoch {best}, the best on validation, is kept. {verdict}",
            best=best, verdict=verdict,
        )  # fmt: skip
    return Text("Done. {verdict}", verdict=verdict)


def _verdict(run: Run) -> Text:
    """Compare its error with the baselines', in words and numbers."""
    validated = run.split.validation is not None
    epoch = run.epochs[run.epoch_at("best")]
    rmse = epoch.validation_rmse if validated else epoch.train_rmse
    if rmse is None:
        return Text(
            "It predicts who would choose what, not ratings, so there is no RMSE: judge it by its "
            "lists, with the test measures below."
        )
    compared: Text | str = ""
    for baseline in run.baselines:
        if not isinstance(baseline.model, UserItemBias) or isinstance(run.model, UserItemBias):
            continue
        bias = baseline.validation_rmse if validated else baseline.train_rmse
        if bias:
            compared = _compared(rmse, bias)
    if validated:
        return Text(
            "Its predictions of validation ratings are typically off by {rmse} (RMSE){compared}.",
            rmse=error(rmse), compared=compared,
        )  # fmt: skip
    return Text(
        "Its predictions of training ratings are typically off by {rmse} (RMSE){compared}. None "
        "were held out: this is how well it remembers, not how well it guesses.",
        rmse=error(rmse), compared=compared,
    )  # fmt: skip


def _compared(rmse: float, bias: float) -> Text:
    gain = 1 - rmse / bias
    if gain > 0.005:
        return Text(
            "; that is {gain}\u00a0% better than user and item biases alone ({bias})",
            gain=Number(f"{100 * gain:.2g}"), bias=error(bias),
        )  # fmt: skip
    if gain > -0.005:
        return Text(
            "; no better than user and item biases alone ({bias}): whatever else it learned adds "
            "nothing here",
            bias=error(bias),
        )
    return Text(
        "; worse than user and item biases alone ({bias}): it has learned noise, or not enough",
        bias=error(bias),
    )
