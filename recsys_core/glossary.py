"""The words of the pages, each with what it means: for tooltips, lessons and ``docs/glossary.md``.

What is said of a word stands here alone; how a number is computed is in ``docs/methods.md``.
"""

from __future__ import annotations

import functools
import re

from recsys_core import language
from recsys_core.text import Text, later

# By title, in the order of the alphabet. “*prior*”: another word of this list.
GLOSSARY: dict[str, Text] = {
    later("Adaptive prior"): Text(
        "A *prior* whose mean and variance are estimated from the data instead of being set "
        "by hand."
    ),
    later("Alternating least squares (ALS)"): Text(
        "Training that fixes all items and solves every user exactly, then fixes all users "
        "and solves every item, and repeats."
    ),
    later("Baseline"): Text(
        "A simple model that every model has to beat: the global mean, or user and item "
        "biases; for lists, the most popular items."
    ),
    later("Batch"): Text("The ratings that one step of Neural MF averages over."),
    later("Bayesian PMF"): Text(
        "Matrix factorization that draws many sets of factors and predicts by their mean; "
        "their spread says how uncertain a prediction is."
    ),
    later("Best epoch"): Text("The epoch with the lowest validation error; its model is kept."),
    later("Bias"): Text(
        "One number per user (mild or strict) and one per item (well or badly rated), added "
        "to the mean rating."
    ),
    later("Bootstrap"): Text(
        "How far a measure would lie elsewhere with other users like these: it is computed "
        "again and again on users drawn with replacement. *Paired*: the same draws for both "
        "models compared."
    ),
    later("Burn-in"): Text(
        "The first draws of Bayesian PMF, which still depend on the random start and are not kept."
    ),
    later("Checkpoint"): Text("Everything that training needs to go on from an epoch."),
    later("Clip"): Text("Move a prediction to the nearest end of the scale where it lies outside."),
    later("Cold start"): Text("Predicting for a user or an item without any training rating."),
    later("Confidence"): Text(
        "Of Implicit ALS: how much one cell counts in training, 1 + α · count; a cell without "
        "a choice counts 1."
    ),
    later("Cosine similarity"): Text(
        "The cosine of the angle between two vectors: 1 the same direction, 0 at right "
        "angles, −1 opposite."
    ),
    later("Coverage"): Text(
        "The share of all items that stand in at least one list of recommendations."
    ),
    later("Diversity"): Text(
        "How little the items of one list have the same raters: 1 − cosine, mean over pairs."
    ),
    later("Dot product"): Text(
        "Two vectors multiplied number by number, and the products added up."
    ),
    later("Early stopping"): Text(
        "Ending training when the validation error has not fallen for a number of epochs (the "
        "*patience*), counted from where a falling learning rate or first, fixed priors have "
        "ended."
    ),
    later("EASE"): Text(
        "A model that scores an item by learned weights of the items a user chose, without "
        "factors; it predicts no ratings."
    ),
    later("Embedding"): Text(
        "What the factors are called in a network: one row of numbers per user and per item."
    ),
    later("Epoch"): Text("One pass of training over all training ratings."),
    later("Explicit feedback"): Text("What users said of items: ratings."),
    later("Factor (latent factor)"): Text(
        "One of the k numbers that describe each user and each item. Factors are learned; "
        "nobody gives them a meaning."
    ),
    later("Fingerprint"): Text(
        "A short text computed from the rows of ratings; equal ratings have equal fingerprints."
    ),
    later("Fold-in"): Text(
        "Finding the factors of a new user from a few ratings, without training again."
    ),
    later("Fork"): Text("A run that goes on from an epoch of another run, with changed settings."),
    later("Gap"): Text("A pair of user and item without a rating. The model predicts it."),
    later("Gibbs sampling"): Text(
        "Drawing each group of parameters in turn from its distribution given all others."
    ),
    later("Global mean"): Text("The mean of all training ratings, μ."),
    later("Gradient"): Text(
        "How fast the error grows with each number of a model; training goes the other way."
    ),
    later("Guest"): Text("A new user who rates a few items on the page *Recommend*."),
    later("Implicit feedback"): Text(
        "What users did: plays, purchases, clicks. There are counts, but no ratings."
    ),
    later("Interval"): Text("Two ends between which a rating lies with a stated probability."),
    later("Item"): Text("What is rated: a film, a song."),
    later("Item kNN"): Text(
        "Prediction from the most similar items (*nearest neighbours*) that the user has rated."
    ),
    later("k"): Text("The number of factors, also called the rank."),
    later("Latent space"): Text(
        "The space of all factors, in which each user and each item is a point."
    ),
    later("Learning rate (γ)"): Text(
        "How far each training step follows the slope of the error, in units of the ratings' "
        "standard deviation."
    ),
    later("Link function"): Text(
        "How x = μ + b_u + b_i + p_u · q_i becomes a rating: as it is (*identity*), or mapped "
        "into the scale (*logistic*)."
    ),
    later("Long tail"): Text("The many items with few ratings."),
    later("MAE"): Text(
        "Mean absolute error: the mean distance between predicted and true ratings."
    ),
    later("MAP"): Text(
        "Mean average precision: a ranking metric that rewards liked items at high places."
    ),
    later("MAPE"): Text("Mean absolute percentage error."),
    later("Matrix factorization"): Text(
        "Describing a matrix of ratings as the product of two small matrices, one row of "
        "factors per user and one per item."
    ),
    later("Missing not at random"): Text(
        "Ratings are given more often to what is liked. What is held out was chosen in the "
        "same way, so that its error says little about all cells."
    ),
    later("NDCG"): Text(
        "A ranking metric between 0 and 1: whether liked items stand high in the list."
    ),
    later("Neural MF"): Text(
        "Matrix factorization by a network: factors, and layers that learn how to put them "
        "together, in place of the dot product (MLP) or beside it."
    ),
    later("NMF"): Text(
        "Non-negative matrix factorization: no factor is below zero, so parts are only added."
    ),
    later("Noise"): Text(
        "What differs between two ratings of the same thing by the same person; no model can "
        "learn it."
    ),
    later("Novelty"): Text(
        "How little known recommended items are: −log₂ of the share of users who rated them, "
        "in bits."
    ),
    later("NRMSE"): Text(
        "Normalized RMSE: RMSE divided by the standard deviation of the ratings, or by the "
        "width of the scale; it has no unit."
    ),
    later("Objective (loss)"): Text(
        "What training minimises: the squared errors plus the penalties."
    ),
    later("Overfitting"): Text(
        "Learning the noise of the training ratings: training error falls, validation error rises."
    ),
    later("PCA"): Text(
        "Principal component analysis: the two directions along which points differ most."
    ),
    later("PMF"): Text(
        "Probabilistic matrix factorization: ratings have normal noise, factors have normal priors."
    ),
    later("Popularity"): Text("Of a list: the share of users who rated its items, on average."),
    later("Posterior"): Text("The distribution of the parameters given the ratings."),
    later("Precision"): Text("Share of the recommended items that the user liked."),
    later("Preference"): Text(
        "The score of Implicit ALS, about 0 to 1: how likely a user is to choose an item."
    ),
    later("Prior"): Text("What is assumed of the parameters before any rating is seen."),
    later("Pull"): Text("By how much one own rating raises or lowers a prediction."),
    later("Rank"): Text("The number of factors, k; or a place in a list."),
    later("Ratings touched"): Text(
        "How many ratings training has read: each once an epoch, or twice where users and "
        "items take turns."
    ),
    later("Recall"): Text("Share of the items a user liked that are among the recommended."),
    later("Receipt"): Text(
        "One line of text that says what was trained and lets anybody train it again and compare."
    ),
    later("Recommender system"): Text("A program that suggests items to users."),
    later("Regularisation (λ)"): Text(
        "A penalty on large parameters, so that users or items with few ratings are not "
        "overfitted. It is given in units of the ratings' standard deviation."
    ),
    later("Replica"): Text(
        "A published system, run again here with its own data, settings and seed."
    ),
    later("RMSE"): Text(
        "Root mean squared error: the typical distance between predicted and true ratings, in "
        "rating units; large errors count more."
    ),
    later("Run"): Text("One experiment (data, split, model, settings) being trained, or trained."),
    later("Scale"): Text(
        "The lowest and the highest possible rating, and the step between ratings."
    ),
    later("Seed"): Text("The start of the random numbers: the same seed gives the same numbers."),
    later("Selection"): Text(
        "How far generated ratings are *missing not at random*, from 0 to 1: whether a pair is "
        "rated then depends on its value."
    ),
    later("SGD"): Text(
        "Stochastic gradient descent: training that changes the parameters a little after "
        "each rating."
    ),
    later("Sparsity"): Text(
        "The share of the matrix without ratings; the pages show its opposite, *filled*."
    ),
    later("Split"): Text("How ratings are divided into training, validation and test part."),
    later("Standardized rating"): Text(
        "A rating minus the mean of the training ratings, divided by their standard "
        "deviation. Models are fitted to these, so that settings mean the same on any scale; "
        "what is shown is in rating units."
    ),
    later("SVD++"): Text(
        "SGD that also learns from which items a user has rated, whatever the ratings."
    ),
    later("Sweep"): Text(
        "One round of Gibbs sampling over all parameters; it is an epoch of Bayesian PMF."
    ),
    later("t-SNE, UMAP"): Text(
        "Methods that draw many-dimensional points on a map so that neighbours stay together; "
        "far distances have no meaning."
    ),
    later("Test part"): Text(
        "Ratings kept for one measurement at the end. No choice may depend on it."
    ),
    later("Training part"): Text("The ratings a model learns from."),
    later("Trustworthiness"): Text(
        "How far neighbours on a map are neighbours in the space of all factors, 0 to 1."
    ),
    later("Underfitting"): Text(
        "Having learned too little, with too few factors or epochs or too large a penalty: "
        "training and validation error are both high."
    ),
    later("User"): Text("Who rates."),
    later("Validation part"): Text(
        "Ratings kept out of training that choose the best epoch and the settings."
    ),
}

# Words so common in sentences that nobody looks them up there.
_COMMON = frozenset({"Gap", "Guest", "Item", "Popularity", "Pull", "Rank", "Run", "Scale", "User"})


def meaning(title: str) -> Text:
    """What a word means, in Markdown. Titles are named in English; ``Text(title)`` shows one.

    Raises
    ------
    KeyError
        If the glossary has no such title.
    """
    return GLOSSARY[title].worded()


def tooltip(*titles: str) -> str:
    """Several words with their meanings as Markdown, a paragraph each.

    Raises
    ------
    KeyError
        If the glossary has no such title.
    """
    return "\n\n".join(f"**{Text(title)}.** {meaning(title)}" for title in titles)


def among(text: str) -> tuple[str, ...]:
    """The titles of words that a text uses, in their order in the glossary; plurals count.

    The text is in the reader's language.
    """
    return tuple(title for title, form in _forms(language.now()).items() if form.search(text))


# How words of a language end in the singular and in the plural, the first that fits counts.
_PLURALS = {
    "en": (("", "s"),),
    "pt": (("ão", "ões"), ("m", "ns"), ("r", "res"), ("és", "eses"), ("l", "is"), ("", "s")),
}


def _one_or_many(word: str) -> str:
    """A pattern that finds a word and its plural: “fatores?” would miss “vieses”."""
    one, many = next(pair for pair in _PLURALS[language.now()] if word.endswith(pair[0]))
    stem = re.escape(word.removesuffix(one))
    return f"{stem}(?:{one}|{many})"


def _form(title: str) -> re.Pattern[str]:
    """A pattern that finds a title in sentences: “Factor (latent factor)” is “factor” there.

    What is written in capitals is an abbreviation, and so found in capitals only: MAP is no map.
    """
    names = re.split(r"[(),]\s*", title)
    found = []
    for name in filter(None, (name.strip() for name in names)):
        many = r"\s+".join(map(_one_or_many, name.split()))
        found.append(many if name[1:] != name[1:].lower() else f"(?i:{many})")
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)")


@functools.cache
def _forms(code: str) -> dict[str, re.Pattern[str]]:
    """How each title is found in sentences of a language."""
    with language.speaking(code):
        return {title: _form(Text(title)) for title in GLOSSARY if title not in _COMMON}
