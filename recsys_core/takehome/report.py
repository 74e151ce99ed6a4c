"""The technical report of a run: all its numbers, and what is needed to get them again."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable

from recsys_core import escape, language, words
from recsys_core.experiments.scores import PLACES
from recsys_core.ratings import UPLOAD
from recsys_core.takehome import markup
from recsys_core.takehome.findings import Fact, Findings, Gain, Group, Measured
from recsys_core.takehome.markup import Name, Page, Quoted, Told, cell, document
from recsys_core.text import Number, Text, later, worded

# Rows of the table of epochs; of more epochs, some are left out evenly.
_MOST_EPOCHS = 16


def write(findings: Findings) -> bytes:
    """Return the report as an HTML file, UTF-8."""
    return _Report(findings).page()


class _Report:
    """The sections of the report."""

    def __init__(self, findings: Findings) -> None:
        self.found = findings
        self.write = Page(findings, findings.sources)
        # Plain text: people may have brought the noun.
        self.one = str(words.named(findings.item_noun))
        self.many = str(words.nouns(findings.item_noun))
        self.ndcg, self.recall, self.hit = (
            Text("NDCG@{places}", places=PLACES), Text("recall@{places}", places=PLACES),
            Text("found"),
        )  # fmt: skip
        self.explained: dict[str, str] = {
            "RMSE": Text("Root mean squared error, in rating units; smaller is better."),
            "MAE": Text("Mean absolute error, in rating units; smaller is better."),
            self.ndcg: Text("Whether what people liked stands high in their lists: 1 is perfect."),
            self.recall: Text("Share of what people liked that is in their lists."),
            self.hit: Text("Share of users with something they liked in their lists."),
        }

    def page(self) -> bytes:
        """Put the report together."""
        found, write = self.found, self.write
        head = Text("{name} on {data}", name=Quoted(found.name), data=Name(found.data))
        sections: list[tuple[Text, str]] = [
            (Text("What was run"), self._what_was_run()),
            (Text("How good it is"), self._results()),
            (Text("How it was trained"), self._course()),
            (Text("For whom it works, and for whom not"), self._for_whom()),
            (Text("Recommendations, and why"), self._examples()),
            (Text("Risks"), self._risks()),
            (Text("The model"), self._model()),
            (Text("Run it again"), self._again()),
        ]
        body = f"<h1>{write.text(head)}</h1>" + write.paragraph(
            Text("Report of a run, {created}.", created=Quoted(words.moment(found.created))),
            kind="under",
        )
        body += "\n".join(f"{write.heading(title)}\n{text}" for title, text in sections if text)
        body += write.heading(Text("Where the numbers are from")) + write.sources()
        title = Text("{name} on {data}", name=found.name, data=found.data)
        return document(title, body, "report")

    # --- the sections ---------------------------------------------------------------------------

    def _what_was_run(self) -> str:
        found, counts = self.found, self.found.counts
        low, high = (Told(found.scale_facts[end], words.given(found.scale_facts[end].value))
                     for end in ("low", "high"))  # fmt: skip
        rows: list[tuple[object, object]] = [
            (Text("Data"), Text(
                "{data}: {ratings} ratings of {users} users and {items} {many}, {filled} of all "
                "cells; scale {low} to {high}; mean {mean}",
                data=Name(found.data), many=self.many, low=low, high=high,
                filled=Told(counts["filled"], words.percent(counts["filled"].value)),
                mean=Told(counts["mean"], words.number(counts["mean"].value)),
                **{name: self._count(counts[name]) for name in ("ratings", "users", "items")},
            )),
            (Text("Split"), Text(
                "{split}: {train} ratings to train, {validation} to validate, {test} to test",
                split=Quoted(worded(found.split)),
                **{name: self._count(counts[name]) for name in ("train", "validation", "test")},
            )),
            (Text("Model"), Text("{title}: {summary}", title=found.title, summary=found.summary)),
        ]  # fmt: skip
        remarks = self.write.points(Quoted(worded(remark)) for remark in found.remarks)
        return self.write.table(Text("Data, split and model"), [], rows) + remarks

    def _results(self) -> str:
        found, write = self.found, self.write
        if found.part is None:
            text = write.paragraph(
                Text(
                    "No ratings were held out, so this report cannot say how good the run is: on "
                    "ratings that it learned from, every model looks better than it is."
                ),
                kind="warning",
            )
            if found.train_rmse is not None:
                text += write.paragraph(
                    Text(
                        "How well it remembers what it learned from: training RMSE {rmse}, clipped "
                        "to the scale. This is no result.",
                        rmse=Told(found.train_rmse, words.error(found.train_rmse.value)),
                    )
                )
            return text
        assert found.judged is not None
        if found.part == "test":
            about = Text(
                "Measured once, on the {n} ratings of the test part, which neither training nor "
                "the choice of an epoch has seen. Predictions are clipped to the scale.",
                n=self._count(found.judged),
            )
        else:
            about = Text(
                "Measured on the {n} ratings of the validation part, by which the epoch was chosen:"
                " the run looks a little better here than it is. Its split has no test part, or it "
                "was kept back. Predictions are clipped to the scale.",
                n=self._count(found.judged),
            )
        text = write.paragraph(about)
        columns: list[tuple[str, Callable[[Measured], object]]] = []
        if found.of_ratings:
            columns += [
                ("RMSE", lambda one: cell(one.rmse, words.error)),
                ("MAE", lambda one: cell(one.mae, words.error)),
                (Text("MAE above the run’s (95 %)"),
                 lambda one: self._gain(one.gain) if one.mae is not None else "–"),
            ]  # fmt: skip
        columns += [
            (self.ndcg, lambda one: cell(one.ndcg, words.measure)),
            (self.recall, lambda one: cell(one.recall, words.measure)),
            (self.hit, lambda one: cell(one.found, words.percent)),
        ]
        models = (found.run, *found.rules)
        text += write.table(
            Text("Test part, the run and simple rules")
            if found.part == "test"
            else Text("Validation part, the run and simple rules"),
            ["", *(name for name, _ in columns)],
            [(self._title(one), *(make(one) for _, make in columns)) for one in models],
            self.explained,
        )
        notes: list[object] = []
        if found.of_ratings and found.best_rule is not None:
            notes.append(self._verdict(found.best_rule))
        if found.loses is not None:
            notes.append(Quoted(worded(found.loses)))
        return text + "".join(write.paragraph(note) for note in notes)

    def _verdict(self, rule: Measured) -> Text:
        gain = rule.gain
        assert gain is not None
        if gain.is_clear:
            template = later("By MAE it beats the best simple rule, {rule}, by {gain}; over users, "
                             "this is no chance.")  # fmt: skip
        elif gain.high.value < 0:
            template = later("By MAE it is worse than the best simple rule, {rule}: {gain}.")
        else:
            template = later("By MAE it does not clearly differ from the best simple rule, {rule}: "
                             "{gain} may be chance.")  # fmt: skip
        return Text(template, rule=self._title(rule), gain=self._gain(gain))

    def _course(self) -> str:
        """The curves of errors, and some epochs as a table."""
        found, write = self.found, self.write
        epochs = found.epochs
        if len(epochs) < 3:
            return ""
        of_errors = epochs[-1].train_rmse is not None
        lines: dict[str, list[tuple[float, float]]] = {}
        if of_errors:
            for name, field in (
                (Text("validation"), "validation_rmse"), (Text("training"), "train_rmse"),
            ):  # fmt: skip
                points = [(float(e.number), getattr(e, field)) for e in epochs]
                if all(y is not None for _, y in points):
                    lines[name] = points
        else:
            lines[Text("objective")] = [(e.number, e.loss) for e in epochs]
        what = "RMSE" if of_errors else Text("objective")
        alt = Text("{what} over {n} epochs: from {first} to {last}", what=what,
                   n=len(epochs) - 1, first=words.number(next(iter(lines.values()))[0][1]),
                   last=words.number(next(iter(lines.values()))[-1][1]))  # fmt: skip
        levels = {worded(name): fact.value for name, fact in found.levels.items()}
        text = markup.curves(lines, levels if of_errors else {}, alt, Text("epoch"), what)
        is_best = found.best_epoch is not None and found.best_epoch.value == found.epoch.value
        kept = Text(
            later("Trained for {seconds}; the model of epoch {epoch} is kept, that of the lowest "
                  "validation RMSE.")
            if is_best
            else later("Trained for {seconds}; the model of epoch {epoch} is kept."),
            seconds=Told(found.seconds, words.duration(found.seconds.value)),
            epoch=self._count(found.epoch),
        )  # fmt: skip
        step = -(-(len(epochs) - 1) // _MOST_EPOCHS)
        shown = {*range(0, len(epochs), step), len(epochs) - 1, int(found.epoch.value)}
        rows = []
        for at in sorted(shown):
            values: list[object] = [self._count(found.facts[f"epoch.{at}"])]
            for kind, write_as in (
                ("train_rmse", words.error), ("validation_rmse", words.error),
                ("loss", words.number),
            ):  # fmt: skip
                values.append(cell(found.facts.get(f"epoch.{at}.{kind}"), write_as))
            rows.append(values)
        return text + write.paragraph(kept) + write.table(
            Text("Epochs; errors are clipped to the scale, and training RMSE is no result"),
            [Text("epoch"), Text("training RMSE"), Text("validation RMSE"), Text("objective")],
            rows,
        )  # fmt: skip

    def _for_whom(self) -> str:
        found = self.found
        text = ""
        items = self.many.capitalize()
        for groups, who, by in (
            (found.by_ratings, Text("Users by their number of training ratings"), Text("ratings")),
            (found.by_taste, Text("Users by taste: the mean number of ratings of what they rated; "
                                  "niche taste first"), Text("mean")),
            (found.by_popularity, Text("{items} by their number of training ratings", items=items),
             Text("ratings")),
        ):  # fmt: skip
            if groups:
                text += self._groups(groups, who, by)
        return text

    def _groups(self, groups: tuple[Group, ...], caption: str, by: str) -> str:
        of_users = groups is not self.found.by_popularity
        columns: list[tuple[str, Callable[[Group], object]]] = [
            (Text("users") if of_users else self.many, lambda g: self._count(g.n)),
            (Text("ratings held out"), lambda g: self._count(g.n_ratings)),
        ]
        if self.found.of_ratings:
            columns += [
                ("RMSE", lambda g: cell(g.rmse, words.error)),
                ("MAE", lambda g: cell(g.mae, words.error)),
                (Text("MAE, best rule"), lambda g: cell(g.simple, words.error)),
                (Text("gain (95 %)"), lambda g: "–" if g.gain is None else self._gain(g.gain)),
            ]
        if of_users:
            columns += [
                (self.hit, lambda g: cell(g.found, words.percent)),
                (Text("found by most popular"), lambda g: cell(g.popular, words.percent)),
            ]
        else:
            columns.append((Text("of all places"), lambda g: cell(g.places, words.percent)))
        rows = []
        for group in groups:
            first = Text("{low}–{high}", low=self._count(group.low), high=self._count(group.high))
            rows.append((first, *(make(group) for _, make in columns)))
        heads = [by, *(name for name, _ in columns)]
        return self.write.table(caption, heads, rows, self.explained)

    def _examples(self) -> str:
        found, write = self.found, self.write
        text = write.paragraph(
            Text(
                "Three users at a tenth, a half and nine tenths of all by their number of ratings: "
                "nobody has chosen them. Each reason is a rating of their own that raises the "
                "prediction."
            )
        )
        for example in found.examples:
            rows = []
            for one in example.recommended:
                score: object = Told(one.score, words.minus(f"{one.score.value:.2f}"))
                if one.interval is not None:
                    low, high = one.interval
                    score = Text(
                        "{score} ({low} to {high})", score=score,
                        low=Told(low, words.minus(f"{low.value:.2f}")),
                        high=Told(high, words.minus(f"{high.value:.2f}")),
                    )  # fmt: skip
                reasons = [
                    Text("{item} {rating}", item=Name(name),
                         rating=Told(rating, words.given(rating.value)))
                    for name, rating in one.reasons
                ]  # fmt: skip
                why: object = "–"
                if reasons:
                    why = reasons[0]
                    for reason in reasons[1:]:
                        why = Text("{why}; {reason}", why=why, reason=reason)
                rows.append((Name(one.item), score, why))
            caption = Text("{user}, who has {n} training ratings", user=Name(example.user),
                           n=self._count(example.n_ratings))  # fmt: skip
            score_title = Text("predicted") if found.of_ratings else Text("preference")
            text += write.table(caption, [self.one, score_title, Text("because of")], rows)
        if found.miss is not None:
            miss = found.miss
            text += write.paragraph(
                Text(
                    "The worst prediction: {predicted} for {item} by {user}, who gave {given}.",
                    predicted=Told(miss.predicted, words.number(miss.predicted.value)),
                    given=Told(miss.given, words.given(miss.given.value)),
                    item=Name(miss.item), user=Name(miss.user),
                )
            )  # fmt: skip
        return text

    def _risks(self) -> str:
        found, write, risks = self.found, self.write, self.found.risks
        points: list[object] = []
        if "popular_places" in risks:
            points.append(
                Text(
                    "Popularity: the {items} {many} rated most, a tenth of all, have {ratings} of "
                    "the training ratings and take {places} of the {n} places in {lists} lists.",
                    items=self._count(risks["popular_items"]), many=self.many,
                    ratings=self._percent(risks["popular_ratings"]),
                    places=self._percent(risks["popular_places"]),
                    n=self._count(risks["n_places"]), lists=self._count(risks["lists"]),
                )
            )  # fmt: skip
            points.append(
                Text(
                    "Coverage: {share} of all {many} are in at least one of these lists.",
                    share=self._percent(risks["listed"]),
                    many=self.many,
                )
            )
        points.append(
            Text(
                "Cold start: {users} users and {items} {many} have fewer than {few} training "
                "ratings; {new_users} users and {new_items} {many} have none, and nothing was "
                "learned about them.",
                many=self.many, few=self._count(risks["few"]),
                users=self._count(risks["few_users"]), items=self._count(risks["few_items"]),
                new_users=self._count(risks["new_users"]),
                new_items=self._count(risks["new_items"]),
            )
        )  # fmt: skip
        if "inside" in risks:
            points.append(
                Text(
                    "Intervals: of {n} ratings, {inside} lie inside intervals that promise "
                    "{promised}; they are {width} wide on average.",
                    n=self._count(risks["n_inside"]), inside=self._percent(risks["inside"]),
                    promised=self._percent(risks["promised"]),
                    width=Told(risks["width"], words.number(risks["width"].value)),
                )
            )  # fmt: skip
        text = write.points(points)
        rows = [
            (Told(one.predicted, Number(f"{one.predicted.value:.2f}")),
             Told(one.given, Number(f"{one.given.value:.2f}")), self._count(one.n))
            for one in found.calibration
        ]  # fmt: skip
        return text + write.table(
            Text("Calibration: predictions near one value, and the mean of what was given"),
            [Text("predicted, mean"), Text("given, mean"), Text("ratings")],
            rows,
        )

    def _model(self) -> str:
        """The settings, and the formula as the model's documentation has it."""
        found, write = self.found, self.write
        rows = [
            (name, Told(value, _setting(value.value)) if isinstance(value, Fact)
             else Quoted(worded(value)), Quoted(worded(meaning)))
            for name, meaning, value in found.settings
        ]  # fmt: skip
        text = write.table(Text("All settings, those chosen from the data included"),
                           [Text("setting"), Text("value"), Text("meaning")], rows)  # fmt: skip
        text += f"<h3>{escape.html(Text('Formula'))}</h3>"
        foreign = language.now() != "en"
        if foreign:
            text += write.paragraph(Text("As the documentation of the model has it, in English:"))
        english = ' lang="en"' * foreign
        return f'{text}<div data-quoted=""{english}>{_formula(found.formula)}</div>'

    def _again(self) -> str:
        """The receipt, the link's text and versions."""
        found, write = self.found, self.write
        uploaded = f"data={UPLOAD}" in found.query
        file = " --data FILE" if uploaded else ""
        versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
        lines = [
            "python -m recsys_core replay RECEIPT" + file,
            "python -m recsys_core report RECEIPT" + file,
        ]
        note: str = Text(
            "In a terminal, with Factorscope installed. The receipt below is for RECEIPT; it "
            "trains the same again and compares: the same bits on the same machine and versions, "
            "four decimals elsewhere."
        )
        if uploaded:
            note = f"{note} {Text('The ratings were uploaded: their file is FILE.')}"
        rows: list[tuple[object, object]] = [
            (Text("Experiment"), Quoted(found.query)),
            (Text("Digest of the predictions"), Quoted(found.digest)),
            (Text("Versions"), Quoted(versions)),
            (Text("Processor"), Quoted(found.processor)),
        ]
        table = write.table(Text("What it ran with"), [], rows)
        receipt = escape.html(Text("Receipt"))
        commands = "\n".join(map(escape.html, lines))
        return (
            f'<p data-quoted="">{escape.html(note)}</p><pre data-quoted="">{commands}</pre>'
            f'<h3>{receipt}</h3><pre data-quoted="">{escape.html(found.receipt)}</pre>{table}'
        )

    # --- pieces ---------------------------------------------------------------------------------

    def _title(self, one: Measured) -> Quoted:
        name = worded(one.name)
        return Quoted(Text("{name} (this run)", name=name) if one.is_run else name)

    def _gain(self, gain: Gain | None) -> object:
        if gain is None:
            return "–"
        value, low, high = (
            Told(fact, words.minus(f"{fact.value:.3f}"))
            for fact in (gain.value, gain.low, gain.high)
        )
        return Text("{value} ({low} to {high})", value=value, low=low, high=high)

    def _count(self, fact: Fact) -> Told:
        return Told(fact, Number(f"{fact.value:,.0f}"))

    def _percent(self, fact: Fact) -> Told:
        return Told(fact, words.percent(fact.value))


def _setting(value: float) -> str:
    """A setting as it would be typed: all its digits."""
    return words.minus(f"{value:.0f}" if value == int(value) else repr(value))


def _formula(text: str) -> str:
    """The documentation of a model as HTML: its paragraphs, and what is indented as formulas."""
    parts = []
    for block in re.split(r"\n\s*\n", html.escape(text.strip())):
        if block.startswith("    "):
            parts.append(f"<pre>{textwrap.dedent(block).rstrip()}</pre>")
        else:
            block = re.sub(r"``([^`]+)``", r"<code>\1</code>", block)
            block = re.sub(r"[*]([^*]+)[*]", r"<i>\1</i>", block)
            parts.append(f"<p>{block}</p>")
    return "".join(parts)
