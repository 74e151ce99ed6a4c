"""Recommend to a user whom the model was not trained on, and say why.

Fold-in finds the factors of somebody new from a few ratings: a least-squares problem, with the
factors of the items as trained. To see how well that works, twenty users are held out whole: ten
ratings of each are given, and the rest are predicted.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where nothing is installed

import recsys_core as rc

N_KNOWN = 10

ratings = rc.datasets.low_rank(n_users=300, n_items=100, noise=0.5, seed=0)
split = rc.splits.cold_users(ratings, validation=0, test=20, seed=0)
print(split.description)
model = rc.ALS(seed=0).fit(split.train)

rng = np.random.default_rng(0)
guests, truth, predicted = [], [], []
for user in np.flatnonzero(split.test.user_counts):
    item_ids, values = split.test.by_user.row(user)
    order = rng.permutation(len(item_ids))
    known, rest = order[:N_KNOWN], order[N_KNOWN:]
    guest = model.fold_in(item_ids[known], values[known])
    guests.append(guest)
    truth.append(values[rest])
    predicted.append(model.predict(guest, item_ids[rest]))

truth, predicted = np.concatenate(truth), np.concatenate(predicted)
mean = np.full(len(truth), split.train.global_mean)
print(f"{len(truth)} ratings of {len(guests)} new users, each known by {N_KNOWN} others:")
print(f"RMSE after fold-in: {rc.metrics.rmse(truth, predicted):.3f}")
print(f"RMSE of the global mean: {rc.metrics.rmse(truth, mean):.3f}")

guest = guests[0]
top = model.recommend(guest, n=5)
print("\nFor the first of them:")
print(top[["label", "score"]].round(2).to_string(index=False))

# The prediction is start + Σ pulls, one pull for each of the guest's ratings.
reasons = rc.attribution.reasons(model, guest, int(top["item"][0]), n=3)
print(f"\nWhy {top['label'][0]}: {reasons.start:.2f} for a user without ratings, and most of all")
print(reasons.table[["label", "rating", "pull"]].round(2).to_string(index=False))
