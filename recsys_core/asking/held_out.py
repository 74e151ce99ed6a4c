"""What a user liked among ratings that the model has not seen, and where it ranks that."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.asking.similarity import fitted_of
from recsys_core.metrics import liked_from
from recsys_core.models import FittedModel, Model
from recsys_core.ratings import Ratings


def liked(
    model: Model | FittedModel, user: int, part: Ratings, threshold: float | None = None
) -> pd.DataFrame:
    """Tabulate the items that a user liked in a held-out part, best ranked first.

    ``threshold`` is the lowest rating that counts as liked, as for ``metrics.ranking``; None means
    ``metrics.liked_from(scale)``. Columns: item (index), label, rating, predicted (not clipped),
    rank: the place among all items that the user has not rated in training, from 1, as
    ``recommend`` orders them.

    Raises
    ------
    RatingsError
        If there is no user of that index.
    """
    fitted = fitted_of(model)
    order = fitted.recommend(user, fitted.n_items)
    place = np.full(fitted.n_items, -1)
    place[order["item"]] = np.arange(len(order))
    items, values = part.by_user.row(user)
    threshold = liked_from(part.scale) if threshold is None else threshold
    good = (place[items] >= 0) & (values >= threshold - 1e-6)  # ratings are float32
    items, values = items[good], values[good]
    by_rank = np.argsort(place[items], kind="stable")
    items, values = items[by_rank], values[by_rank]
    return pd.DataFrame(
        {
            "item": items,
            "label": [fitted.items[i] for i in items],
            "rating": values,
            "predicted": order["score"].to_numpy()[place[items]],
            "rank": place[items] + 1,
        }
    )
