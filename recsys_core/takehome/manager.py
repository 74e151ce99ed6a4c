"""A run on one printed page, for whoever decides and has two minutes: plain words, no jargon.

What may be said depends on what was found: a run that was never checked is not praised, and one
that is no better than a simple rule is said not to be.
"""

from __future__ import annotations

from collections.abc import Iterator

from recsys_core import words
from recsys_core.experiments.scores import PLACES
from recsys_core.takehome.findings import Example, Fact, Findings, Gain, Group, Measured
from recsys_core.takehome.markup import Name, Page, Told, document
from recsys_core.text import Number, Text, later

# Smaller than this share of the simple rule's error, an advantage is called small.
_SMALL = 0.05

# Suggestions go to popular items, or to unknown ones, if by these factors more, or less, than
# ratings do.
_MANY, _FEW = 1.5, 0.5

# Of fewer items than this, lists of ten say little on what is popular.
_FEW_ITEMS = 10 * PLACES

# Fractions that people use, and how much each is of what ratings are counted in.
_FRACTIONS = (
    (0.1, later("a tenth of {a_unit}")), (0.2, later("two tenths of {a_unit}")),
    (0.25, later("a quarter of {a_unit}")), (0.3, later("three tenths of {a_unit}")),
    (0.4, later("four tenths of {a_unit}")), (0.5, later("half {a_unit}")),
    (0.6, later("six tenths of {a_unit}")), (0.7, later("seven tenths of {a_unit}")),
    (0.75, later("three quarters of {a_unit}")), (0.8, later("eight tenths of {a_unit}")),
    (0.9, later("nine tenths of {a_unit}")),
)  # fmt: skip
_A = {"star": later("a star"), "point": later("a point")}
_MANY_UNITS = {"star": later("stars"), "point": later("points")}

# Whole ones and quarters; from three on the number is a word of its own, in all languages.
_AMOUNTS = {
    "star": (
        (later("one star"), later("one and a quarter stars"),
         later("one and a half stars"), later("one and three quarters stars")),
        (later("two stars"), later("two and a quarter stars"),
         later("two and a half stars"), later("two and three quarters stars")),
        (later("{whole} stars"), later("{whole} and a quarter stars"),
         later("{whole} and a half stars"), later("{whole} and three quarters stars")),
    ),
    "point": (
        (later("one point"), later("one and a quarter points"),
         later("one and a half points"), later("one and three quarters points")),
        (later("two points"), later("two and a quarter points"),
         later("two and a half points"), later("two and three quarters points")),
        (later("{whole} points"), later("{whole} and a quarter points"),
         later("{whole} and a half points"), later("{whole} and three quarters points")),
    ),
}  # fmt: skip
_WHOLE = (
    "", "", "", later("three"), later("four"), later("five"), later("six"), later("seven"),
    later("eight"), later("nine"), later("ten"),
)  # fmt: skip

# What somebody would be shown: by whether ratings are guessed, whether reasons are known, and
# whether there is a second suggestion.
_SHOWN = {
    (True, True, True): later(
        "{user}, who rated {what}, would be shown {item} (guess: {score} {units}) because they "
        "gave {reasons}; then {other}."
    ),
    (True, True, False): later(
        "{user}, who rated {what}, would be shown {item} (guess: {score} {units}) because they "
        "gave {reasons}."
    ),
    (True, False, True): later(
        "{user}, who rated {what}, would be shown {item} (guess: {score} {units}); then {other}."
    ),
    (True, False, False): later(
        "{user}, who rated {what}, would be shown {item} (guess: {score} {units})."
    ),
    (False, True, True): later(
        "{user}, who chose {what}, would be shown {item} because they chose {reasons}; then "
        "{other}."
    ),
    (False, True, False): later(
        "{user}, who chose {what}, would be shown {item} because they chose {reasons}."
    ),
    (False, False, True): later("{user}, who chose {what}, would be shown {item}; then {other}."),
    (False, False, False): later("{user}, who chose {what}, would be shown {item}."),
}


def write(findings: Findings) -> bytes:
    """Return the page as an HTML file, UTF-8."""
    return _Manager(findings).page()


def amount(value: float, unit: str) -> Text:
    """Say how much in words one can repeat: “three quarters of a star”, “one and a half stars”."""
    if value < 0.05:
        return Text("less than a tenth of {a_unit}", a_unit=Text(_A[unit]))
    if value < 0.95:
        fraction = min(_FRACTIONS, key=lambda each: abs(each[0] - value))[1]
        return Text(fraction, a_unit=Text(_A[unit]))
    if value >= 10:
        return Text("{value:,.0f} {units}", value=value, units=Text(_MANY_UNITS[unit]))
    whole, more = divmod(round(value * 4), 4)
    return Text(_AMOUNTS[unit][min(whole, 3) - 1][more], whole=Text(_WHOLE[whole]))


def in_ten(share: float) -> Text:
    """Say a share as people do: “7 in 10”, “3 in 100”, “fewer than 1 in 100”."""
    if 0.095 <= share < 0.95:
        return Text("{n} in 10", n=round(10 * share))
    n = round(100 * share)
    if n == 0:
        return Text("none") if share == 0 else Text("fewer than 1 in 100")
    if n == 100:
        return Text("all") if share == 1 else Text("more than 99 in 100")
    return Text("{n} in 100", n=n)


class _Manager:
    """The sentences of the page; each is a Text whose numbers are facts."""

    def __init__(self, findings: Findings) -> None:
        self.found = findings
        self.write = Page(findings, _sources(findings))
        # Plain text: people may have brought the noun.
        self.one = str(words.named(findings.item_noun))
        self.many = str(words.nouns(findings.item_noun))
        self.units = Text(_MANY_UNITS[findings.unit])

    def page(self) -> bytes:
        """Put the page together."""
        found, write = self.found, self.write
        title = Text("Can this recommender be used?")
        works, fails = self._for_whom()
        body = [
            f"<h1>{write.text(title)}</h1>",
            write.paragraph(
                Text("One page on what was learned from {data}.", data=Name(found.data)),
                kind="under",
            ),
            write.paragraph(*self._verdict(), kind="lead"),
            write.heading(Text("What it does")),
            write.paragraph(*self._what()),
        ]
        if found.part is not None:
            body += [write.heading(Text("How good it is")), self._how_good()]
        if works or fails:
            less = all(group_is_clear(group) for _, group in fails)
            best = write.heading(Text("Works best for"))
            worst = write.heading(
                Text("Works less well for") if less else Text("Not shown to work for")
            )
            body += [
                '<div class="two">',
                f"<div>{best}{write.points(t for t, _ in works)}</div>" if works else "",
                f"<div>{worst}{write.points(t for t, _ in fails)}</div>" if fails else "",
                "</div>",
            ]
        body += [
            write.heading(Text("Examples, not picked by anybody")),
            write.points(self._examples()),
            '<div class="two">',
            f"<div>{write.heading(Text('Risks'))}{write.points(self._risks())}</div>",
            f"<div>{write.heading(Text('What to do next'))}{write.points(self._next())}</div>",
            "</div>",
            write.heading(Text("Where the numbers are from")),
            write.sources(),
        ]
        name = Text("{data}: can this recommender be used?", data=found.data)
        return document(str(name), "\n".join(part for part in body if part), "manager")

    # --- the parts ------------------------------------------------------------------------------

    @property
    def _loses_at_lists(self) -> bool:
        """Whether showing everybody the most popular items finds more, and not by chance."""
        popular = self._rule("popular")
        return popular is not None and popular.gain is not None and popular.gain.high.value < 0

    def _rule(self, name: str) -> Measured | None:
        """The simple rule of which the facts have this name."""
        for rule in self.found.rules:
            facts = (rule.mae, rule.found)
            if any(fact is not None and fact.name.endswith(f".{name}") for fact in facts):
                return rule
        return None

    def _verdict(self) -> Iterator[Text]:
        """Say in a sentence or two whether it is any good."""
        found, run = self.found, self.found.run
        if found.part is None:
            yield Text(
                "Nobody knows yet how good it is: it learned from all {n} ratings, and none was "
                "kept aside to check it by.",
                n=_count(found.counts["ratings"]),
            )
            return
        if run.mae is not None and found.best_rule is not None and found.best_rule.gain is not None:
            yield Text(
                _compared(found.best_rule.gain, found.best_rule.mae), mae=self._amount(run.mae)
            )
            yield from self._off_by_average()
        if run.found is None:
            return
        popular = self._rule("popular")
        assert popular is not None and popular.found is not None and popular.gain is not None
        if self._loses_at_lists:
            template = (
                later("But do not let it choose what to show: {own} people find something they "
                      "like among its ten suggestions; with the ten most popular {many}, the same "
                      "for everybody, {other} do.")
                if found.of_ratings
                else later("It is not worth using: {own} people find something they like among "
                           "its ten suggestions; with the ten most popular {many}, the same for "
                           "everybody, {other} do.")
            )  # fmt: skip
        elif popular.gain.is_clear:
            template = later(
                "{own} people find something they like among its ten suggestions; with the ten "
                "most popular {many}, the same for everybody, {other} do."
            )
        else:
            template = later(
                "{own} people find something they like among its ten suggestions; with the ten "
                "most popular {many}, the same for everybody, {other} do, a difference that may "
                "be chance."
            )
        yield Text(
            template,
            own=_in_hundred(run.found), many=self.many, other=_in_hundred(popular.found),
        )  # fmt: skip

    def _what(self) -> Iterator[Text]:
        """Say what it learned from, and what it gives."""
        found = self.found
        low, high = (
            Told(found.scale_facts[end], words.given(found.scale_facts[end].value))
            for end in ("low", "high")
        )
        if found.of_ratings:
            yield Text(
                "It learned from {n} ratings, from {low} to {high} {units}, that {users} people "
                "gave to {items} {many}.",
                n=_count(found.counts["train"]), low=low, high=high, units=self.units,
                users=_count(found.counts["users"]), items=_count(found.counts["items"]),
                many=self.many,
            )  # fmt: skip
            yield Text(
                "From these it guesses what somebody would give to {a_one} they have not rated, "
                "and can list what it guesses highest.",
                a_one=words.a(found.item_noun),
            )
        else:
            yield Text(
                "It learned from {n} choices that {users} people made among {items} {many}, and "
                "lists for each person what they would probably choose next. It guesses no "
                "ratings.",
                n=_count(found.counts["train"]), users=_count(found.counts["users"]),
                items=_count(found.counts["items"]), many=self.many,
            )  # fmt: skip

    def _how_good(self) -> str:
        """Bars beside those of simple rules, and what can be repeated."""
        run, write = self.found.run, self.write
        if run.mae is not None:
            rows = [(Text("this recommender"), _two_decimals(run.mae), True)]
            for name, said in (
                ("biases", later("each {one}’s average, higher for generous people")),
                ("item_average", later("always guessing each {one}’s average")),
                ("global_mean", later("always guessing the average of all")),
            ):
                rule = self._rule(name)
                if rule is not None and rule.mae is not None:
                    rows.append((Text(said, one=self.one), _two_decimals(rule.mae), False))
            bars = write.bars(
                Text("How far guesses are off, on average, in {units}: shorter is better.",
                     units=self.units),
                rows,
            )  # fmt: skip
            return bars + write.paragraph(*self._in_words())
        rows = []
        popular = self._rule("popular")
        for name, one in ((Text("this recommender"), run),
                          (Text("the most popular {many}", many=self.many), popular)):  # fmt: skip
            if one is not None and one.found is not None:
                told = Told(one.found, words.percent(one.found.value))
                rows.append((name, told, one is run))
        return write.bars(
            Text("People with something they like among ten suggestions: longer is better."), rows
        )

    def _in_words(self) -> Iterator[Text]:
        found, run = self.found, self.found.run
        if run.near is not None and found.near is not None:
            near = found.near.value
            yield Text(
                "{share} guesses are off by no more than {near}.",
                share=_of(run.near),
                near=Told(found.near, Text(_AMOUNTS[found.unit][0][0]) if near == 1
                          else Text("{value} {units}", value=words.given(near), units=self.units)),
            )  # fmt: skip

    def _off_by_average(self) -> Iterator[Text]:
        """The simple rule that everybody can picture, in the same words."""
        rule = self._rule("item_average")
        if rule is not None and rule.mae is not None:
            yield Text(
                "Always guessing each {one}’s average would be off by about {amount}.",
                one=self.one, amount=self._amount(rule.mae),
            )  # fmt: skip

    def _for_whom(self) -> tuple[list[tuple[Text, Group]], list[tuple[Text, Group]]]:
        """Sort the ends of each grouping into those it works for and those it does not.

        It works for a group if it is better than the simple rule there, and not by chance; where it
        is for all, the two with the largest errors are those it works less well for.
        """
        found = self.found
        said: list[tuple[Text, Group]] = []
        for groups, low, high in (
            (found.by_ratings, later("people who rated few {many} (up to {end})"),
             later("people who rated many {many} ({end} or more)")),
            (found.by_taste, later("people who mostly rate {many} that few others rate"),
             later("people who mostly rate {many} that many others rate")),
            (found.by_popularity, later("{many} that few people rated (up to {end})"),
             later("{many} that many people rated ({end} or more)")),
        ):  # fmt: skip
            if not groups:
                continue
            for group, sentence, end in (
                (groups[0], low, groups[0].high), (groups[-1], high, groups[-1].low),
            ):  # fmt: skip
                if group.gain is not None:
                    who = Text(sentence, many=self.many, end=_count(end))
                    said.append((Text("{who}: {result}", who=who, result=self._of_group(group)),
                                 group))  # fmt: skip
        works = [each for each in said if group_is_clear(each[1])]
        fails = [each for each in said if not group_is_clear(each[1])]
        if not fails and len(works) > 2:
            works.sort(key=lambda each: _error_of(each[1]))
            works, fails = works[:-2], works[-2:]
        works.sort(key=lambda each: _error_of(each[1]))
        return works[:3], fails[:4]

    def _of_group(self, group: Group) -> Text:
        if group.mae is not None and group.simple is not None:
            return Text(
                "off by {mae} {units}, a simple rule by {simple}",
                mae=_two_decimals(group.mae), units=self.units,
                simple=_two_decimals(group.simple),
            )  # fmt: skip
        assert group.found is not None and group.popular is not None
        return Text(
            "{own} find something, by the most popular {other}",
            own=Told(group.found, in_ten(group.found.value)),
            other=Told(group.popular, in_ten(group.popular.value)),
        )

    def _examples(self) -> Iterator[Text]:
        """One suggestion each for people with few, usual and many ratings; and the worst guess."""
        yield from (self._example(each) for each in self.found.examples if each.recommended)
        miss = self.found.miss
        if miss is not None:
            yield Text(
                "Its worst guess: {predicted} for {item} by {user}, who gave {given}.",
                predicted=_one_decimal(miss.predicted), item=Name(miss.item), user=Name(miss.user),
                given=Told(miss.given, words.given(miss.given.value)),
            )  # fmt: skip

    def _example(self, example: Example) -> Text:
        found = self.found
        first, *others = example.recommended
        reasons: list[str] = [
            Text("{rating} to {item}", item=Name(name),
                 rating=Told(rating, words.given(rating.value)))
            if found.of_ratings else Name(name)
            for name, rating in first.reasons
        ]  # fmt: skip
        why = reasons[0] if reasons else ""
        if len(reasons) == 2:
            why = Text("{a} and {b}", a=reasons[0], b=reasons[1])
        return Text(
            _SHOWN[found.of_ratings, bool(reasons), bool(others)],
            user=Name(example.user),
            what=Text(
                "{n} {noun}", n=_count(example.n_ratings),
                noun=self.one if example.n_ratings.value == 1 else self.many,
            ),
            item=Name(first.item), score=_one_decimal(first.score), units=self.units,
            reasons=why,
            other=Name(others[0].item) if others else "",
        )  # fmt: skip

    def _risks(self) -> Iterator[Text]:
        risks, many = self.found.risks, self.many
        few_items = self.found.counts["items"].value < _FEW_ITEMS  # a list holds most of them
        if "popular_places" in risks and not few_items:
            ratio = risks["popular_places"].value / max(risks["popular_ratings"].value, 1e-9)
            template = (
                later("It mostly repeats what is popular: of all suggestions, {places} are of the "
                      "tenth of {many} rated most.")
                if ratio > _MANY
                else later("It suggests much that hardly anybody knows: of all suggestions, "
                           "{places} are of the tenth of {many} rated most, which has {ratings} "
                           "ratings.")
                if ratio < _FEW
                else later("Of all suggestions, {places} are of the tenth of {many} rated most, "
                           "which has {ratings} ratings.")
            )  # fmt: skip
            yield Text(
                template, places=_share(risks["popular_places"]),
                ratings=_of(risks["popular_ratings"]), many=many,
            )  # fmt: skip
        if "listed" in risks and not few_items:
            yield Text(
                "Of all {many}, {share} are ever suggested to anybody; nobody meets the others.",
                many=many, share=_share(risks["listed"]),
            )  # fmt: skip
        new_items, new_users = risks["few_items"], risks["few_users"]
        of_each = []
        if new_items.value:
            noun = self.one if new_items.value == 1 else many
            of_each.append(Text("{n} {noun}", n=_count(new_items), noun=noun))
        if new_users.value:
            of_each.append(Text("{n} person", "{n} people", n=_count(new_users)))
        if of_each:
            who = of_each[0]
            if len(of_each) == 2:
                who = Text("{a} and {b}", a=of_each[0], b=of_each[1])
            yield Text(
                "It knows little of newcomers: fewer than {few} ratings to learn from for {who}.",
                who=who, few=Told(risks["few"], Text(_WHOLE[int(risks["few"].value)])),
            )  # fmt: skip
        else:
            yield Text(
                "It knows nothing of newcomers: who has rated nothing gets what everybody gets."
            )
        if "inside" in risks:
            yield Text(
                "It says how sure it is: ranges meant to hold nine in ten ratings held {share}, "
                "and are {width} {units} wide.",
                share=_in_hundred(risks["inside"]),
                width=_one_decimal(risks["width"]), units=self.units,
            )  # fmt: skip

    def _next(self) -> Iterator[Text]:
        found, many = self.found, self.many
        rule = found.best_rule
        if found.part is None:
            yield Text("Do not decide yet. Keep some ratings aside, let it learn again without "
                       "them, and see how it guesses those.")  # fmt: skip
            return
        if found.part == "validation":
            yield Text("Check it once more, on ratings that played no part in choosing it.")
        good = rule is not None and rule.gain is not None and rule.gain.is_clear
        if not good:
            yield Text("Do not use it as it is: a simple rule is as good, and costs nothing.")
        if found.of_ratings and self._loses_at_lists:
            yield Text(
                "For lists, begin with what is popular and let it put that in order; or try a "
                "recommender that learns from what people chose."
            )
        if good:
            yield Text(
                "Try it with some people beside what they have now, and count what they choose: "
                "doing well on old ratings is not yet being useful."
            )
        if found.by_ratings:
            group = found.by_ratings[0]
            yield (
                Text(
                    "Ask newcomers for some ratings first; more than {n} is a good beginning.",
                    n=_count(group.high),
                )
                if found.of_ratings and _error_of(group) > _error_of(found.by_ratings[-1])
                else Text("Give newcomers what is popular until something is known of them.")
            )
        yield Text("Look at it again when there are many new people or {many}.", many=many)

    def _amount(self, fact: Fact) -> Told:
        return Told(fact, amount(fact.value, self.found.unit))


def group_is_clear(group: Group) -> bool:
    """Whether the run is better than the simple rule for a group, and not by chance."""
    return group.gain is not None and group.gain.is_clear


def _error_of(group: Group) -> float:
    """What groups are ordered by: their error, or the share who find nothing."""
    if group.mae is not None:
        return group.mae.value
    return 1 - group.found.value if group.found is not None else 0.0


def _compared(gain: Gain, error: Fact | None) -> str:
    """Choose the sentence on how the run compares with the best simple rule."""
    if gain.is_clear:
        if error is not None and gain.value.value < _SMALL * error.value:
            return later("It guesses a rating to within about {mae}: a little closer than the best "
                         "simple rule.")  # fmt: skip
        return later("It guesses a rating to within about {mae}: clearly closer than the best "
                     "simple rule.")  # fmt: skip
    if gain.high.value < 0:
        return later("It guesses a rating to within about {mae}: not as close as a simple rule.")
    return later("It guesses a rating to within about {mae}: no closer than a simple rule, as far "
                 "as one can tell.")  # fmt: skip


def _count(fact: Fact) -> Told:
    return Told(fact, Number(f"{fact.value:,.0f}"))


def _two_decimals(fact: Fact) -> Told:
    return Told(fact, Number(f"{fact.value:{'.2f' if abs(fact.value) < 100 else ',.0f'}}"))


def _one_decimal(fact: Fact) -> Told:
    return Told(fact, words.minus(f"{fact.value:.1f}"))


def _share(fact: Fact) -> Told:
    return Told(fact, in_ten(fact.value))


def _of(fact: Fact) -> Told:
    """A share before its noun: “7 in 10”, “all”, “none of the”."""
    return Told(fact, Text("none of the") if fact.value == 0 else in_ten(fact.value))


def _in_hundred(fact: Fact) -> Told:
    """A share in hundreds, of people say: “48 in 100”."""
    return Told(fact, Text("{n} in 100", n=round(100 * fact.value)))


def _sources(findings: Findings) -> dict[str, str]:
    """Say in plain words where numbers are from; those of ``Findings.sources`` are exact."""
    aside = findings.part == "test"
    n = 0 if findings.judged is None else int(findings.judged.value)
    measured = (
        Text("Measured on {n:,} ratings that it had not learned from, once, at the end.", n=n)
        if aside
        else Text("Measured on {n:,} ratings that it had not learned from, but that helped to "
                  "choose it.", n=n)
    )  # fmt: skip
    lists = findings.sources.get("lists")
    n_lists = 0 if lists is None else lists.values["n"]
    return {
        "data": Text("Counted in the ratings."),
        "split": Text("Counted in the ratings."),
        "train": Text("Counted in the ratings that it learned from."),
        "run": Text("From the record of its learning."),
        "settings": Text("Chosen before it learned."),
        "definition": Text("Fixed beforehand."),
        "model": Text("Guessed by the recommender."),
        "interval": Text("Said by the recommender."),
        "places": Text("Counted in the ten suggestions to each of {n:,} people.",
                       n=int(findings.risks["lists"].value)),
        "judged": measured,
        "ranking": measured,
        "lists": Text(
            "Counted among {n:,} people of whom something they liked was kept aside; it favours "
            "what is popular, since people rate what they have met.", n=n_lists,
        ),
        "inside": Text("Measured on ratings that it had not learned from."),
    }  # fmt: skip


assert PLACES == 10, "the sentences say ten"
