"""Languages: what is asked for is said, in the marks of its language, and nothing is missing."""

from __future__ import annotations

import re
import string

import pytest

from docs import catalogues
from recsys_core import language, words
from recsys_core.text import Number, Text, worded

OFFERED = [code for code in language.LANGUAGES if code != "en"]
OTHERS = [*OFFERED, *language.BEGUN]


@pytest.fixture
def known(monkeypatch):
    """A catalogue of Portuguese that knows two sentences."""
    import gettext

    class Two(gettext.NullTranslations):
        def gettext(self, message):
            return {"{what} is {x:.2f}.": "{what} é {x:.2f}."}.get(message, message)

        def ngettext(self, one, several, n):
            said = {"{n:,} row": ("{n:,} linha", "{n:,} linhas")}.get(one, (one, several))
            return said[0 if n == 1 else 1]

    monkeypatch.setattr(language, "catalogue", lambda code: Two())


def test_a_sentence_is_made_in_the_language_of_whoever_reads(known):
    with language.speaking("pt"):
        assert Text("{what} is {x:.2f}.", what="λ", x=0.5) == "λ é 0,50."
        assert Text("{n:,} row", "{n:,} rows", n=1) == "1 linha"
        assert Text("{n:,} row", "{n:,} rows", n=12345) == "12.345 linhas"
        assert Text("Nobody has said this.") == "Nobody has said this."
    assert Text("{what} is {x:.2f}.", what="λ", x=0.5) == "λ is 0.50."


def test_a_sentence_is_worded_anew_for_another_reader_with_all_that_is_in_it(known):
    inner = Text("{n:,} row", "{n:,} rows", n=2000)
    outer = Text("{what} is {x:.2f}.", what=inner, x=1.0)
    number = words.error(1234.5)
    with language.speaking("pt"):
        assert worded(outer) == "2.000 linhas é 1,00."
        assert worded(number) == Number("1,234.5") == "1.234,5"
        assert worded("2,000 rows") == "2,000 rows"
        assert [Number(each) for each in (".034", "−.5", "+.25", "1,000.5")] == [
            "0,034", "−0,5", "+0,25", "1.000,5"
        ]  # fmt: skip
        portuguese = worded(outer)
    assert portuguese.worded() == outer == "2,000 rows is 1.00."


def test_the_language_is_the_browsers_where_there_is_one(monkeypatch):
    monkeypatch.setattr(language, "LANGUAGES", {"en": "English", "pt": "Português"})
    assert {language.of_locale(each) for each in ("pt-BR", "pt_PT", "PT")} == {"pt"}
    assert {language.of_locale(each) for each in ("en-US", "fr", "", None)} == {"en"}


def test_nothing_is_said_as_nothing_and_not_as_the_head_of_a_catalogue():
    with language.speaking("pt"):
        assert Text("") == ""


# --- the catalogues -------------------------------------------------------------------------------


def names(template: str) -> set[str]:
    """What is put into a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", OTHERS)
def test_the_catalogues_are_up_to_date_with_the_sources(code):
    made = {
        part: {entry.id for entry in each if entry.id}
        for part, each in catalogues.fresh(code).items()
    }
    here: dict[str, set] = {}
    for part, entry in language.entries(code):
        here.setdefault(part, set()).add(entry.id)
    assert here == made, "python -m docs.catalogues brings them up to date"


def test_no_sentence_is_missing_in_a_language_that_is_offered():
    assert {code: missing for code in OFFERED if (missing := catalogues.lacking(code))} == {}


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_asks_for_nothing_that_the_sentence_does_not_give(code):
    wrong = []
    for part, entry in language.entries(code):
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id, entry.id)
        said = entry.string if isinstance(entry.string, tuple) else (entry.string,) * 2
        given = set().union(*map(names, ids))
        wrong += [(part, each) for each in said if not names(each) <= given]
    assert not wrong


@pytest.mark.parametrize("code", OTHERS)
def test_one_sentence_is_said_in_one_way(code):
    said: dict = {}
    for _, entry in language.entries(code):
        if catalogues.is_said(entry.string):
            said.setdefault(entry.id, set()).add(entry.string)
    assert {id: each for id, each in said.items() if len(each) > 1} == {}


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_marks_of_the_sentence(code):
    """Markdown, formulas and icons: as many signs as in the English."""
    signs = re.compile(r"\*\*|`|\$|:material/\w+:|<[^>]+>|\]\(|^\s|\s$")
    wrong = []
    for part, entry in language.entries(code):
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        said = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        if any(said):
            wrong += [
                (part, one, other)
                for one, other in zip(ids, said, strict=True)
                if sorted(signs.findall(one)) != sorted(signs.findall(other))
            ]
    assert not wrong
