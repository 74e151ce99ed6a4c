"""From a CSV of ratings to the ten items to recommend to one user.

For ratings of your own, put the path of your file in place of ``path``: the columns, the delimiter
and the scale are recognised. Here the file is written first, from a generated world.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where nothing is installed

import recsys_core as rc

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "books.csv"
    world = rc.datasets.low_rank(
        n_users=200, n_items=100, noise=0.5, seed=0, scale=rc.Scale(1, 5, 1)
    )
    table = world.to_frame().rename(columns={"user": "reader", "item": "book", "rating": "stars"})
    table.to_csv(path, sep=";", index=False)

    ratings = rc.read_ratings(path)
print(ratings)

# Validation decides when training stops; the test part is used once, for the last lines.
split = rc.splits.random(ratings, validation=0.1, test=0.1, seed=0)
print(split.description)
model = rc.ALS(seed=0).fit(split.train, split.validation)

test = split.test
for name, fitted in (
    ("ALS", model),
    ("User + item bias", rc.UserItemBias().fit(split.train)),
    ("Global mean", rc.GlobalMean().fit(split.train)),
):
    rmse = rc.metrics.rmse(test.values, fitted.predict(test.user_ids, test.item_ids))
    print(f"test RMSE of {name}: {rmse:.3f} stars")

reader = "user 7"
print(f"\nTen books for {reader}, of those not rated in the training part:")
top = model.recommend(ratings.user_index(reader), n=10)
print(top[["label", "score"]].round(2).to_string(index=False))
