"""Ratings without a file of one's own: the music party, generated worlds, MovieLens downloads."""

from recsys_core.datasets import movielens
from recsys_core.datasets.party import music_party
from recsys_core.datasets.synthetic import article0, checkerboard, low_rank

__all__ = ["article0", "checkerboard", "low_rank", "movielens", "music_party"]
