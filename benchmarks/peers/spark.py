"""Spark's ALS, two local threads; it needs a Java runtime (17 or newer) on the path."""

import numpy as np
import pandas as pd
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

PACKAGE = "pyspark"


def prepare(train, pairs):
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "8g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .getOrCreate()
    )
    frame = pd.DataFrame({"user": train.users, "item": train.items, "rating": train.values})
    data = spark.createDataFrame(frame).repartition(4).cache()
    data.count()
    return data, float(train.values.mean()), train.n_users, train.n_items


def fit(data, rank, maxIter, regParam):
    ratings, mean, n_users, n_items = data
    als = ALS(
        rank=rank, maxIter=maxIter, regParam=regParam, numUserBlocks=2, numItemBlocks=2, seed=0
    )
    return als.fit(ratings), mean, n_users, n_items


def predict(model, pairs):
    als, mean, n_users, n_items = model
    users = _dense(als.userFactors, n_users)
    items = _dense(als.itemFactors, n_items)
    dots = np.einsum("nk,nk->n", users[pairs.users], items[pairs.items])
    return np.where(np.isfinite(dots), dots, mean)  # NaN: a user or an item without any rating


def _dense(factors, n_rows):
    rows = factors.toPandas()
    dense = np.full((n_rows, len(rows["features"].iloc[0])), np.nan, np.float32)
    dense[rows["id"].to_numpy()] = np.stack(rows["features"].to_numpy())
    return dense
