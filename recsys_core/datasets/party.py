"""Robbie's party: four guests, twelve songs, 39 ratings. Small enough to see whole."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.ratings import Ratings, Scale
from recsys_core.recipes import DATA

_SONGS = (
    "Another One Bites the Dust",
    "Back in Black",
    "Bohemian Rhapsody",
    "Brandenburg Concerto No. 3",
    "Clair de Lune",
    "Comfortably Numb",
    "Don't Stop Believin'",
    "Firework",
    "Hedwig's Theme",
    "O Fortuna",
    "Survivor",
    "The Imperial March",
)

# 0 means unheard, not a rating of zero.
_HEARD = {
    "Darth Vader": (4, 4, 2, 0, 1, 2, 2, 0, 0, 4, 0, 5),
    "Hermione": (1, 0, 5, 0, 5, 2, 2, 5, 5, 2, 2, 1),
    "Ripley": (5, 5, 2, 1, 2, 3, 4, 4, 0, 5, 5, 4),
    "Spock": (2, 0, 5, 5, 5, 4, 3, 2, 3, 4, 2, 0),
}


@DATA.named("party")
def music_party() -> Ratings:
    """Four film characters and what they think of twelve songs, from 0 to 5.

    The scale starts at 0, so that a prediction just below 1 is shown as it is.
    """
    table = pd.DataFrame.from_dict(_HEARD, orient="index", columns=list(_SONGS), dtype=np.float32)
    return Ratings.from_matrix(
        table, missing=0, scale=Scale(0, 5, 1), name="Robbie's party", item_noun="song"
    )
