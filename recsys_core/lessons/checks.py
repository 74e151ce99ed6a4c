"""Checks of a lesson: comparisons of declared names, joined by and, or, not and parentheses.

>>> check = parse("validation_rmse < baseline.bias and (k <= 5 or reg >= 0.1)")
>>> write(check)
'validation_rmse < baseline.bias and (k <= 5 or reg >= 0.1)'
>>> from recsys_core.lessons.facts import Facts
>>> verdict = judge(check, Facts(validation_rmse=0.972, bias=0.944, k=3))
>>> verdict.met, [str(text) for text in verdict.missing]
(False, ['validation RMSE is 0.9720; it has to be below 0.9440.'])

A lesson may come from anybody: a check is parsed against ``NAMES`` and ``FUNCTIONS`` alone, never
evaluated as Python: tokens, then recursive descent, bounded in length and depth.

    check      = both ("or" both)*
    both       = one ("and" one)*
    one        = "not" one | "(" check ")" | truth | value operator value
    operator   = "<" | "<=" | ">" | ">=" | "==" | "!="
    value      = number | text in double quotes | name | function "(" value ("," value)* ")"
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from recsys_core import words
from recsys_core.errors import LessonError
from recsys_core.escape import brief
from recsys_core.lessons.facts import Facts
from recsys_core.text import Text

Kind = Literal["number", "text", "truth"]

# Characters of a check, and parentheses or “not” inside each other.
LONGEST, DEEPEST = 300, 8

# By name, what kind of value it is and what it is called in a sentence.
NAMES: dict[str, tuple[Kind, Text]] = {
    "train_rmse": ("number", Text("training RMSE")),
    "validation_rmse": ("number", Text("validation RMSE")),
    "epoch": ("number", Text("the epoch shown")),
    "best_epoch": ("number", Text("the best epoch")),
    "baseline.bias": ("number", Text("the RMSE of user and item biases")),
    "k": ("number", Text("the number of factors k")),
    "reg": ("number", Text("the regularisation λ")),
    "learning_rate": ("number", Text("the learning rate γ")),
    "alpha": ("number", Text("the confidence α")),
    "seed": ("number", Text("the seed")),
    "guest_ratings": ("number", Text("the number of ratings by the new guest")),
    "variant": ("text", Text("the network")),
    "model": ("text", Text("the model")),
    "user": ("text", Text("the selected user")),
    "item": ("text", Text("the selected item")),
    "diverged": ("truth", Text("the run has diverged")),
    "overfits": ("truth", Text("the run overfits")),
}

# By name, the kind of the value and how many texts it takes.
FUNCTIONS: dict[str, tuple[Kind, int]] = {"nearest": ("text", 1), "predicted": ("number", 2)}

_ERRORS = ("train_rmse", "validation_rmse", "baseline.bias")

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class Constant:
    """A number or a text that is written out."""

    value: float | str


@dataclass(frozen=True)
class Name:
    """One of ``NAMES``."""

    name: str


@dataclass(frozen=True)
class Ask:
    """One of ``FUNCTIONS`` of users and items: names, or texts."""

    function: str
    arguments: tuple[Constant | Name, ...]


Value = Constant | Name | Ask


@dataclass(frozen=True)
class Compare:
    """Two values of one kind, compared."""

    sign: str
    left: Value
    right: Value


@dataclass(frozen=True)
class Truth:
    """A name that is true or false by itself."""

    name: str


@dataclass(frozen=True)
class Not:
    """The opposite of a check."""

    part: Check


@dataclass(frozen=True)
class AllOf:
    """Checks that all have to hold; at least two."""

    parts: tuple[Check, ...]


@dataclass(frozen=True)
class OneOf:
    """Checks of which one has to hold; at least two."""

    parts: tuple[Check, ...]


Check = Compare | Truth | Not | AllOf | OneOf


@dataclass(frozen=True)
class Verdict:
    """Whether a check holds; where it does not, what is missing, one sentence each."""

    met: bool
    missing: tuple[Text, ...] = ()


# --- reading --------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.]))
        | (?P<word>[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_]+)?)
        | (?P<text>"[^"]*")
        | (?P<sign><=|>=|==|!=|<|>)
        | (?P<mark>[(),])
    )""",
    re.VERBOSE | re.ASCII,
)
_WORDS = ("and", "or", "not")


def parse(text: str) -> Check:
    """Read a check.

    Raises
    ------
    LessonError
        If it has no meaning: one sentence that says where.
    """
    if len(text) > LONGEST:
        raise LessonError(Text("A check has at most {n} characters.", n=LONGEST))
    return _Reader(_tokens(text)).check_alone()


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kinds and texts of all tokens; the last is ("end", "")."""
    found, at = [], 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise LessonError(
                Text("“{rest}” has no meaning in a check.", rest=brief(text[at:], 20))
            )
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return [*found, ("end", "")]


class _Reader:
    """Recursive descent over tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def check_alone(self) -> Check:
        found = self.check()
        if self.now != ("end", ""):
            raise LessonError(
                Text("“{token}” is too much in the check; join comparisons by and, or.",
                     token=brief(self.now[1], 20))
            )  # fmt: skip
        return found

    @property
    def now(self) -> tuple[str, str]:
        return self.tokens[self.at]

    def take(self, *texts: str) -> str | None:
        """The next token, if it is one of these."""
        kind, text = self.now
        if kind in ("word", "sign", "mark") and text in texts:
            self.at += 1
            return text
        return None

    def check(self) -> Check:
        return self._joined("or", self.both, OneOf)

    def both(self) -> Check:
        return self._joined("and", self.one, AllOf)

    def _joined(
        self, word: str, part: Callable[[], Check], join: type[AllOf] | type[OneOf]
    ) -> Check:
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def one(self) -> Check:
        self.depth += 1
        if self.depth > DEEPEST:
            raise LessonError(Text("The check is nested more than {n} deep.", n=DEEPEST))
        try:
            if self.take("not"):
                return Not(self.one())
            if self.take("("):
                inside = self.check()
                self._expect(")")
                return inside
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Check:
        left = self.value()
        sign = self.take(*_OPERATORS)
        if sign is None:
            if isinstance(left, Name) and NAMES[left.name][0] == "truth":
                return Truth(left.name)
            raise LessonError(
                Text("“{what}” is compared with nothing; write one of {signs} and a value.",
                     what=_write_value(left), signs=", ".join(_OPERATORS))
            )  # fmt: skip
        right = self.value()
        kinds = {kind_of(left), kind_of(right)}
        if len(kinds) > 1 or "truth" in kinds:
            raise LessonError(
                Text("“{left}” and “{right}” cannot be compared.",
                     left=_write_value(left), right=_write_value(right))
            )  # fmt: skip
        if kinds == {"text"} and sign not in ("==", "!="):
            raise LessonError(Text("Names are compared by == or !=, not by {sign}.", sign=sign))
        if isinstance(left, Constant) and isinstance(right, Constant):
            raise LessonError(Text("A comparison needs a name; there are {names}.", names=_known()))
        return Compare(sign, left, right)

    def value(self) -> Value:
        kind, text = self.now
        self.at += kind != "end"
        if kind == "number":
            return Constant(_number(text))
        if kind == "text":
            return Constant(text[1:-1])
        if kind == "word" and text in FUNCTIONS:
            return self.ask(text)
        if kind == "word" and text in NAMES:
            return Name(text)
        if kind == "word" and text not in _WORDS:
            raise LessonError(
                Text("There is no “{name}”; there are {names}.", name=brief(text, 30),
                     names=_known())
            )  # fmt: skip
        if kind == "end":
            raise LessonError(Text("The check ends where a value is missing."))
        raise LessonError(Text("A value is missing before “{token}”.", token=brief(text, 20)))

    def ask(self, function: str) -> Ask:
        n = FUNCTIONS[function][1]
        self._expect("(")
        arguments = [self.value()]
        while self.take(","):
            arguments.append(self.value())
        self._expect(")")
        named = [a for a in arguments if isinstance(a, Constant | Name) and kind_of(a) == "text"]
        models = [a for a in named if isinstance(a, Name) and a.name == "model"]
        if len(arguments) != n or len(named) != n or models:
            raise LessonError(
                Text("{function} takes {what}: user, item, or a name in double quotes.",
                     function=function, what=Text("one name", "{n} names", n=n))
            )  # fmt: skip
        return Ask(function, tuple(named))

    def _expect(self, mark: str) -> None:
        if not self.take(mark):
            raise LessonError(Text("“{mark}” is missing in the check.", mark=mark))


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise LessonError(Text("“{text}” is too large.", text=brief(text, 20)))
    return value


def _known() -> str:
    return ", ".join([*NAMES, *(f"{name}(…)" for name in FUNCTIONS)])


def kind_of(value: Value) -> Kind:
    """What kind a value is."""
    if isinstance(value, Constant):
        return "text" if isinstance(value.value, str) else "number"
    return NAMES[value.name][0] if isinstance(value, Name) else FUNCTIONS[value.function][0]


# --- writing --------------------------------------------------------------------------------------


def write(check: Check) -> str:
    """The text of a check, which ``parse`` reads back as the same."""
    match check:
        case Compare(sign, left, right):
            return f"{_write_value(left)} {sign} {_write_value(right)}"
        case Truth(name):
            return name
        case Not(part):
            return f"not {_inside(part, AllOf | OneOf)}"
        case AllOf(parts):
            return " and ".join(_inside(part, AllOf | OneOf) for part in parts)
        case OneOf(parts):
            return " or ".join(_inside(part, OneOf) for part in parts)


def _inside(part: Check, parenthesised: Any) -> str:
    return f"({write(part)})" if isinstance(part, parenthesised) else write(part)


def _write_value(value: Value) -> str:
    match value:
        case Constant(str() as text):
            return f'"{text}"'
        case Constant(number):
            return repr(number).removesuffix(".0")
        case Name(name):
            return name
        case Ask(function, arguments):
            return f"{function}({', '.join(map(_write_value, arguments))})"


def described(check: Check) -> Text:
    """What a check asks for, in words: “validation RMSE below 0.9”."""
    match check:
        case Compare(sign, left, right):
            if isinstance(left, Constant):
                sign, left, right = _TURNED[sign], right, left
            return Text("{left} {sign} {right}", left=_said(left), sign=_SIGNS[sign],
                        right=_said(right))  # fmt: skip
        case Truth(name):
            return Text("{what}", what=NAMES[name][1])
        case Not(part):
            return Text("not: {what}", what=described(part))
        case AllOf(parts):
            return _listed(parts, Text(" and "))
        case OneOf(parts):
            return _listed(parts, Text(" or "))


_SIGNS = {
    "<": Text("below"), "<=": Text("at most"), ">": Text("above"), ">=": Text("at least"),
    "==": Text("is"), "!=": Text("is not"),
}  # fmt: skip


def _listed(parts: tuple[Check, ...], joined: Text) -> Text:
    said = [f"({described(p)})" if isinstance(p, AllOf | OneOf) else described(p) for p in parts]
    return Text("{parts}", parts=joined.join(said))


def _said(value: Value) -> str:
    match value:
        case Constant(known):
            return _shown(known, as_error=False)
        case Name(name):
            return NAMES[name][1]
        case Ask("predicted", (user, item)):
            return Text("the prediction for {user} and {item}", user=_said(user), item=_said(item))
        case Ask(_, (of,)):
            return Text("the nearest to {one}", one=_said(of))
    raise AssertionError(value)


# --- judging --------------------------------------------------------------------------------------


def judge(check: Check, facts: Facts) -> Verdict:
    """Say whether a check holds of these facts; what is not known yet does not hold."""
    if _holds(check, facts):
        return Verdict(True)
    return Verdict(False, tuple(dict.fromkeys(_missing(check, facts, wanted=True))))


def _holds(check: Check, facts: Facts) -> bool | None:
    """Whether it holds; None where something that decides it is not known (Kleene's logic)."""
    match check:
        case Compare(sign, left, right):
            a, b = _value(left, facts), _value(right, facts)
            return None if a is None or b is None else _OPERATORS[sign](a, b)
        case Truth(name):
            return facts.truth(name)
        case Not(part):
            found = _holds(part, facts)
            return None if found is None else not found
        case AllOf(parts):
            each = [_holds(part, facts) for part in parts]
            return False if False in each else None if None in each else True
        case OneOf(parts):
            each = [_holds(part, facts) for part in parts]
            return True if True in each else None if None in each else False


def _value(value: Value, facts: Facts) -> float | str | None:
    match value:
        case Constant(known):
            return known
        case Name(name):
            return facts.value(name)
        case Ask("predicted", (user, item)):
            return facts.predicted(_argument(user, facts), _argument(item, facts))
        case Ask(_, (of,)):
            side = of.name if isinstance(of, Name) else ""
            return facts.nearest(_argument(of, facts), side)
    raise AssertionError(value)


def _argument(argument: Constant | Name, facts: Facts) -> str | None:
    found = _value(argument, facts)
    return None if found is None else str(found)


def _missing(check: Check, facts: Facts, wanted: bool) -> list[Text]:
    """What keeps a check from holding (``wanted``), or from not holding."""
    if _holds(check, facts) is wanted:
        return []
    match check:
        case Compare():
            return [_compared(check, facts, wanted)]
        case Truth(name):
            said = NAMES[name][1]
            if wanted:
                return [Text("It is not so yet that {what}.", what=said)]
            return [Text("It should not be so that {what}.", what=said)]
        case Not(part):
            return _missing(part, facts, not wanted)
        case AllOf(parts) | OneOf(parts):
            each = [_missing(part, facts, wanted) for part in parts]
            if isinstance(check, AllOf) is wanted:
                return [text for texts in each for text in texts]
            ways = [" ".join(texts) for texts in each]
            return [Text("One of these is enough: {ways}", ways=" / ".join(ways))]


_WANTED = {
    "<": "it has to be below {goal}", "<=": "it has to be at most {goal}",
    ">": "it has to be above {goal}", ">=": "it has to be at least {goal}",
    "==": "it has to be {goal}", "!=": "it has to be another",
}  # fmt: skip
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _compared(check: Compare, facts: Facts, wanted: bool) -> Text:
    sign, left, right = check.sign, check.left, check.right
    if isinstance(left, Constant):
        sign, left, right = _TURNED[sign], right, left
    if not wanted:
        sign = _OPPOSITE[sign]
    now, goal = _value(left, facts), _value(right, facts)
    if now is None:
        return Text("{what} is not known yet.", what=_called(left, facts))
    if goal is None:
        return Text("{what} is not known yet.", what=_called(right, facts))
    as_error = any(isinstance(side, Name) and side.name in _ERRORS for side in (left, right))
    has_to = Text(_WANTED[sign], goal=_shown(goal, as_error))
    return Text("{what} is {now}; {has_to}.", what=_called(left, facts),
                now=_shown(now, as_error), has_to=has_to)  # fmt: skip


def _shown(value: float | str, as_error: bool) -> str:
    if isinstance(value, str):
        return Text("“{name}”", name=brief(value, 60))
    return words.error(value) if as_error else words.given(value)


def _called(value: Value, facts: Facts) -> str:
    match value:
        case Name(name):
            return NAMES[name][1]
        case Ask("predicted", (user, item)):
            return Text("the prediction for {user} and {item}",
                        user=_named(user, facts), item=_named(item, facts))  # fmt: skip
        case Ask(_, (of,)):
            return Text("the nearest to {one}", one=_named(of, facts))
    return _write_value(value)


def _named(argument: Constant | Name, facts: Facts) -> str:
    found = _value(argument, facts)
    return _called(argument, facts) if found is None else brief(found, 60)
