"""EASE in three lines: the weights of all items on all others, in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class EASEWeights(NamedTuple):
    """The closed form of EASE for n items.

    Attributes
    ----------
    gram : G, how many users chose both of two items, (n, n).
    inverse : P, (n, n).
    weights : B, (n, n), 0 on the diagonal; column j predicts item j.
    """

    gram: np.ndarray
    inverse: np.ndarray
    weights: np.ndarray


def ease_weights(choices: np.ndarray, *, reg: float) -> EASEWeights:
    """Find the B of zero diagonal that minimises ‖X − X B‖² + λ ‖B‖² (Frobenius norms).

        G = Xᵀ X          P = (G + λ I)⁻¹          B = I − P · diag(1 / diag P)

    ``choices`` X is (n_users, n), 1 where a user chose an item, else 0. Source: Steck,
    *Embarrassingly Shallow Autoencoders for Sparse Data*, 2019.

    Raises
    ------
    numpy.linalg.LinAlgError
        If G + λ I has no inverse: λ = 0 and items that the same users chose.

    >>> ease_weights(np.array([[1.0, 1.0], [1.0, 0.0]]), reg=1.0).weights
    array([[0.        , 0.33333333],
           [0.5       , 0.        ]])
    """
    gram = choices.T @ choices
    inverse = np.linalg.inv(gram + reg * np.eye(len(gram)))
    weights = np.eye(len(gram)) - inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return EASEWeights(gram, inverse, weights)
