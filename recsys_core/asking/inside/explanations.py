"""Which explanations of its update a model offers, and why it lacks the others.

``docs/explanations.md`` has the same as a table.
"""

from __future__ import annotations

from recsys_core.asking.inside.microscope import can_be_taken_apart
from recsys_core.asking.inside.row_update import has_closed_form
from recsys_core.models import Model
from recsys_core.models.bayesian import BayesianPMF
from recsys_core.models.nmf import NMF
from recsys_core.models.pmf import PMF
from recsys_core.text import Text, later

# By name, in the order of pages: what its panel is called.
TITLES = {
    "step": Text("One rating, one step"),
    "half": Text("One row's equations"),
    "update": Text("One multiplication"),
    "draw": Text("One draw"),
    "probability": Text("Prior and posterior"),
    "network": Text("Through the network"),
    "adam": Text("One step of Adam"),
}


def offered(model: Model) -> list[str]:
    """Return the names of the explanations of a model's update, in the order of pages."""
    is_neural = type(model).__name__ == "NeuralMF"  # importing it would import torch
    offers = {
        "step": can_be_taken_apart(model),
        "half": has_closed_form(model),
        "update": isinstance(model, NMF),
        "draw": isinstance(model, BayesianPMF),
        "probability": isinstance(model, PMF) and has_closed_form(model),
        "network": is_neural,
        "adam": is_neural,
    }
    return [name for name in TITLES if offers[name]]


_REASONS = {
    "step": later("{title} does not learn from one rating at a time."),
    "half": later("{title} does not solve the equations of a row with the other side held."),
    "update": later("{title} does not multiply: its numbers need not stay positive."),
    "draw": later("{title} keeps one set of numbers, and draws none from a posterior."),
    "probability": later(
        "{title} gives a row no normal prior whose posterior is known in closed form."
    ),
    "network": later("{title} has no layers."),
    "adam": later("{title} is not trained by Adam, which takes the gradients of whole batches."),
}

_OF_ONE: dict[tuple[str, type[Model]], str] = {
    ("probability", BayesianPMF): later(
        "{title} shows prior and posterior of a row beside its draw."
    ),
}

_CONSTRAINED = later(
    "Constrained PMF moves the vectors of all items that a user rated at every rating; that step "
    "is not taken apart here."
)


def reason(name: str, model: Model) -> Text | None:
    """Say why a model lacks the explanation of that name; None where it offers it."""
    if name in offered(model):
        return None
    if name == "step" and isinstance(model, PMF) and model.constrained:
        return Text(_CONSTRAINED)
    return Text(_OF_ONE.get((name, type(model)), _REASONS[name]), title=model.title)


def none_of(model: Model) -> Text:
    """Say why there is no explanation of how a model learns."""
    if isinstance(model, PMF) and model.constrained:
        return Text(_CONSTRAINED)
    return Text(
        "{title} learns in one pass, without steps that could be taken apart.", title=model.title
    )
