"""The five articles, each a readable entry: what it says, what we get, our best, and why.

``python -m recsys_core.replicas`` runs all whose data is at hand and prints the table.
A sixth article is one more file with a ``REPLICA`` and a line here.
"""

from recsys_core.replicas import article0, article1, article2, article3, article4, live
from recsys_core.replicas.base import (
    Case,
    Lesson,
    Records,
    Replica,
    Row,
    run,
    shown,
    train,
)

REPLICAS: tuple[Replica, ...] = tuple(
    article.REPLICA for article in (article0, article1, article2, article3, article4)
)

__all__ = [
    "REPLICAS", "Case", "Lesson", "Records", "Replica", "Row", "live", "run", "shown", "train",
]  # fmt: skip
