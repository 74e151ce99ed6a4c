"""What is said at each sub-step of one rating's step: one sentence, the same in the browser.

``WORDS`` are templates: a page hands them to the browser, whose ``take_apart.js`` fills them as
``sentence`` does here.
"""

from __future__ import annotations

import numpy as np

from recsys_core.asking.inside.microscope import Step
from recsys_core.standardized import Unit
from recsys_core.text import Text, later
from recsys_core.words import number

# In their order, and what the button to each says.
SUB_STEPS = {
    "rating": Text("Rating"),
    "products": Text("Products"),
    "sum": Text("Prediction"),
    "error": Text("Error"),
    "gradients": Text("Gradients"),
    "after": Text("After"),
}

WORDS = {
    "rating": later(
        "{user} rated {item} {said}: {target} in the unit of training, from the mean in standard "
        "deviations. These are the numbers that the rating finds."
    ),
    "rating_plain": later(
        "{user} rated {item} {said}. These are the numbers that the rating finds."
    ),
    "products": later(
        "The two numbers of each factor are multiplied: equal signs raise the prediction, opposite "
        "signs lower it. Factor {factor} does most: {p} × {q} = {product}."
    ),
    "sum": later("Mean, biases and products add up to {score}: a predicted rating of {predicted}."),
    "sum_linked": later(
        "Mean, biases and products add up to {score}; the logistic link makes a rating of "
        "{predicted} of it."
    ),
    "error_low": later("The prediction is too low by {away}: the step will raise it."),
    "error_high": later("The prediction is too high by {away}: the step will lower it."),
    "gradients": later(
        "Each number's gradient has two parts: the error times the other one's number, and λ times "
        "the number itself, which holds it near 0."
    ),
    "gradients_waits": later(
        "Each number's gradient has two parts: the error times the other one's number, and λ times "
        "the number itself; the user's second part waits until the user's last rating."
    ),
    "after": later(
        "Each number moves against its gradient, times the learning rate {rate}: the prediction of "
        "this rating goes from {before} to {after}."
    ),
    "after_twice": later(
        "Each number moves against its gradient, times the learning rate {rate}, the user's sum "
        "{times} times as far: the prediction of this rating goes from {before} to {after}."
    ),
}


def sentence(sub_step: str, step: Step, unit: Unit, user: str, item: str, said: str) -> Text:
    """Say what happens at a sub-step (a key of ``SUB_STEPS``).

    ``unit`` is that of training; ``user``, ``item`` and ``said`` are names, and the rating as it
    is written.
    """

    def rating(z: float) -> str:
        return number(unit.shift + unit.size * z)

    found, rule = step.found, step.rule
    if sub_step == "rating":
        which = "rating_plain" if unit == Unit() else "rating"
        target = number(found.target)
        return Text(WORDS[which], user=user, item=item, said=said, target=target)
    if sub_step == "products":
        most = int(np.abs(step.products).argmax())
        return Text(
            WORDS["products"], factor=most + 1, p=number(found.user_factors[most]),
            q=number(found.item_factors[most]), product=number(step.products[most]),
        )  # fmt: skip
    if sub_step == "sum":
        which = "sum" if rule.ends is None else "sum_linked"
        return Text(WORDS[which], score=number(step.score), predicted=rating(step.prediction))
    if sub_step == "error":
        which = "error_low" if step.error >= 0 else "error_high"
        return Text(WORDS[which], away=number(abs(step.error) * unit.size))
    if sub_step == "gradients":
        return Text(WORDS["gradients_waits" if rule.waits else "gradients"])
    return Text(
        WORDS["after" if found.times == 1 else "after_twice"], rate=number(rule.learning_rate),
        times=number(found.times), before=rating(step.prediction),
        after=rating(step.prediction_after),
    )  # fmt: skip
