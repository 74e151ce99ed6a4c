"""Means over splits, and paired differences with an interval that allows for overlapping splits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the sample standard deviation of one measure over splits.

    The deviation of a single value is NaN.
    """
    x = np.asarray(values, dtype=np.float64)
    return float(x.mean()), float(x.std(ddof=1)) if len(x) > 1 else float("nan")


def paired(
    ours: Sequence[float], theirs: Sequence[float], test_to_train: float, level: float = 0.95
) -> tuple[float, float]:
    """Return the mean of theirs − ours over J splits, and half of its corrected t interval.

        d_j = theirs_j − ours_j     half = t_{(1 + level)/2, J − 1} · √((1/J + n_test/n_train) s²)

    with s² the sample variance of d. The plain t interval has 1/J alone: it takes the splits for
    independent, though any two share most of their training ratings, and is too narrow.
    Source: Nadeau and Bengio, *Inference for the Generalization Error*, 2003, section 4.

    ``ours`` and ``theirs`` have one value for each split, in the same order; ``test_to_train`` is
    n_test / n_train of a split; ``level`` is the confidence.

    Raises
    ------
    ValueError
        If the two have not the same length.
    """
    d = np.asarray(theirs, dtype=np.float64) - np.asarray(ours, dtype=np.float64)
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} values cannot be paired.")
    if len(d) < 2:
        return float(d.mean()), float("nan")
    t = float(stats.t.ppf((1 + level) / 2, len(d) - 1))
    return float(d.mean()), t * float(np.sqrt((1 / len(d) + test_to_train) * d.var(ddof=1)))


def gain_in_rmse(
    truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray, level: float = 0.95
) -> tuple[float, float]:
    """Return RMSE(theirs) − RMSE(ours) on one test part, and half of its interval; all (n,).

    The delta method on the paired squared errors: with R = √(mean e²), dR = d(mean e²) / 2R, so
    that each rating contributes g = e_theirs² / (2 R_theirs) − e_ours² / (2 R_ours), and
    half = z · sd(g) / √n. It says how far the drawn test ratings decide, with the training part
    as it is; how much splits differ it does not say.
    """
    t = np.asarray(truth, dtype=np.float64)
    squares = [(t - np.asarray(x, dtype=np.float64)) ** 2 for x in (theirs, ours)]
    errors = [float(np.sqrt(s.mean())) for s in squares]
    terms = [s / (2 * error) if error else s for s, error in zip(squares, errors, strict=True)]
    z = float(stats.norm.ppf((1 + level) / 2))
    half = z * float((terms[0] - terms[1]).std(ddof=1)) / float(np.sqrt(len(t)))
    return errors[0] - errors[1], half
