"""Our own models, through the protocol everybody else goes through."""

import dataclasses

import numpy as np

import recsys_core as rc
from recsys_core.experiments import ExperimentTraining
from recsys_core.recipes import Recipe

PACKAGE = ""


def prepare(train, pairs):
    ratings = rc.Ratings(
        train.users, train.items, train.values,
        list(range(train.n_users)), list(range(train.n_items)),
        rc.Scale(train.low, train.high, train.step or None),
    )  # fmt: skip
    # In the order in which it was handed to everybody, under the digest of that.
    ratings = ratings.replace(origin=Recipe.of("upload", id=ratings.rows_digest))
    return ratings, rc.Experiment(ratings, "whole")


def fit(data, model, **settings):
    ratings, experiment = data
    # New ratings each time, so that what a model keeps beside them is made, and timed, again.
    split = rc.splits.whole(dataclasses.replace(ratings))
    course = ExperimentTraining(experiment.with_model(getattr(rc, model)(**settings)), split)
    while not course.finished:
        course.advance()
    return course.training.snapshot()


def predict(fitted, pairs):
    # Preferences beyond 0 and 1 still have an order.
    return np.asarray(fitted.predict(pairs.users, pairs.items, clip=fitted.has.ratings))


def tables(fitted):
    if fitted.has.factors and not fitted.has.ratings:
        return {"users": fitted.user_factors, "items": fitted.item_factors}
    return {"scores": fitted.predict_matrix(clip=False)}
