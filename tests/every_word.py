"""All that a page, its figures and its tables say, and what of it no catalogue could translate.

In the language of these tests each sentence stands in brackets, ⟦so⟧. What stands outside of all
brackets was never made a Text, or made for another reader and not worded anew.

    python -m tests.every_word train "inside=step&user=1&item=2"      prints it for a page
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
from google.protobuf.message import Message
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.elements.lib.mutable_tab_container import TabContainer
from streamlit.testing.v1 import AppTest

from recsys_core import glossary, language
from recsys_core.lessons import shelf
from recsys_core.models import MODELS, options
from recsys_core.ratings import Ratings
from recsys_core.replicas import REPLICAS

# What is called so in every language; the choice of one says in both what it is.
NAMES = {
    "Factorscope", "English", "Português", "Língua · Language", "t-SNE", "RMSE / s",
    *"PCA UMAP GMF NeuMF MLP NMF CSV Excel JSON RMSE MAE NDCG MAP MRR AUC cpu cuda mps".split(),
    "latest-small", "TPE (Optuna)", "python -m recsys_core replay RECEIPT",
}  # fmt: skip

# Fields of Streamlit's messages, and keys of what components are given, that nobody reads.
_UNREAD = re.compile(
    r"^(id|key|form_id|url|.*_url|icon|color|colors|type|element_id|page_script_hash|mime_type|.*css"
    r"|html_content|js_.*|component_name|styler|query_string|allow.*|fragment.*|page|query|asked|line"
    r"|marker|font|colorscale|template|mode|hoverinfo|xaxis|yaxis|xref|yref|anchor|dash|address|streams"
    r"|plotly|language|ticket|session|stream|main|status|speed|moment|legendgroup|file|formula|parts"
    r"|bdata|dtype|xanchor|yanchor|align|side|panel|sign|signs|width|shape|symbol|fill.*|separators"
    r"|lenmode|.*bgcolor|uirevision|theme|format|textposition|series|hovermode|curves|part|inks|paper"
    r"|mark|deferred_file_id|raw_values?|code_text|meta|dragmode|of|itemsizing|token|factors|biases"
    r"|racing|race|baselines|count|points|tickmode|categoryorder)$"
)


# What an article is called by, in a column of sources: “Herlocker and others, 2004”.
_SOURCE = re.compile(r"^[A-ZÀ-Ž].* (19|20)\d\d")


def pseudo(monkeypatch: Any) -> None:
    """Have Portuguese put each sentence in brackets, and all be open that can be opened."""
    for kind in (ExpanderContainer, PopoverContainer, TabContainer):
        monkeypatch.setattr(kind, "open", property(lambda self: True, lambda self, value: None))
    known = {entry.id[0] if entry.pluralizable else entry.id for _, entry in language.entries("pt")}

    def sentence(id: str, plural: str | None, n: object, code: str) -> str:
        template = id if plural is None or n == 1 else plural
        return f"⟦{template}⟧" if code != "en" and id in known else template

    monkeypatch.setattr(language, "sentence", sentence)
    # What is kept of Portuguese is neither read here nor left behind.
    for owner, kept in ((options, "_options_in"), (glossary, "_forms")):
        monkeypatch.setattr(owner, kept, getattr(owner, kept).__wrapped__)


def names(ratings: Ratings) -> set[str]:
    """What has the same name in every language: what people brought, models, languages."""
    models = {str(MODELS.entries[name].title) for name in MODELS}
    with language.speaking("pt"):
        lessons = {each.lesson.title for each in shelf.shipped() if each.lesson}
    articles = {each.title for each in REPLICAS}
    brought = {*ratings.user_names, *ratings.item_names, ratings.name}
    return {*brought, *models, *lessons, *articles, *NAMES}


def said(at: AppTest) -> Iterator[str]:
    """All texts of a page."""
    for node in at._tree:
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            yield from _of_message(proto)
        if node.type in ("arrow_data_frame", "dataframe", "table"):
            yield from _of_table(node.value, json.loads(getattr(proto, "columns", "") or "{}"))


def _of_table(table: pd.DataFrame, headings: dict[str, Any]) -> Iterator[str]:
    """The headings that are not given anew or hidden, and the cells of a table."""
    flat = table.reset_index(names=[name or "" for name in table.index.names])
    for name in map(str, flat.columns):
        of = headings.get(name) or {}
        if not of.get("hidden"):
            yield from () if of.get("label") is not None else (name,)
            cells = (cell for cell in flat[name].unique() if isinstance(cell, str))
            yield from (cell for cell in cells if not _SOURCE.search(cell))


def _of_message(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        if _UNREAD.match(field.name):
            continue
        for each in [value] if isinstance(value, str | Message) else _listed(value):
            if isinstance(each, Message):
                yield from _of_message(each)
            elif isinstance(each, str):
                if field.name in ("json", "columns") and each.startswith(("{", "[")):
                    yield from _of_json(json.loads(each))
                else:
                    yield each


def _listed(value: Any) -> list[Any]:
    """The values of a repeated field or a map; of a number none."""
    try:
        return list(value.values() if hasattr(value, "values") else value)
    except TypeError:
        return []


def _of_json(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("{") and value.endswith("}"):
            try:
                value = json.loads(value)
            except ValueError:
                yield value
                return
            yield from _of_json(value)
        else:
            yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == "words":  # what JavaScript words: of each it must have a translation
                sent = language.for_browser("pt")
                yield from (f"⟦{id}⟧" if id in sent else id for id in each.values())
            # A trace's name is read, in the legend; another part's is how our code calls it.
            elif not _UNREAD.match(name) and (name != "name" or "type" in value):
                yield from _of_json(each)
    elif isinstance(value, list):
        for each in value:
            yield from _of_json(each)


def outside(text: str) -> str:
    """What of a text stands outside of all brackets, without markup."""
    text = re.sub(r"<style.*?</style>|<svg.*?</svg>|<math.*?</math>|<[^>]*>", " ", text, flags=re.S)
    text = re.sub(
        r":material/\w+:|:\w+-badge|&\w+;|https?://\S+|\$[^$]*\$|`[^`]*`|%{[^}]*}|f[sl]1\.\S+",
        " ",
        text,
    )
    depth, kept = 0, []
    for sign in text:
        depth += (sign == "⟦") - (sign == "⟧")
        if depth == 0 and sign not in "⟦⟧":
            kept.append(sign)
    return "".join(kept).strip()


def untold(at: AppTest, known: set[str]) -> list[str]:
    """Texts with words outside of all brackets that are no ``known`` names."""
    found = []
    for text in said(at):
        rest = html.unescape(outside(text))
        for name in sorted(known, key=len, reverse=True):
            rest = rest.replace(name, " ")
            if "…" in rest:  # cut, to have room
                rest = re.sub(
                    "|".join(re.escape(name[:n]) + "…" for n in range(len(name), 3, -1)), " ", rest
                )
        if re.search(r"[A-Za-z]{2,}", rest):
            found.append(f"{rest[:120]!r}  in  {text[:200]!r}")
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    import recsys_core as rc
    from pages.shared import visitor
    from tests.app_harness import load, open_page, train

    class _Patch:
        @staticmethod
        def setattr(what: Any, name: str, value: Any) -> None:
            setattr(what, name, value)

    pseudo(_Patch)
    page, query = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    browser = visitor.new_id()
    world = load(browser, rc.datasets.music_party())
    train(world, rc.SGD(n_factors=2, n_epochs=5))
    train(world, rc.ALS(n_factors=2, n_epochs=3))
    shown = open_page(page, browser, f"{query}&lang=pt" if query else "lang=pt")
    print(*untold(shown, names(rc.datasets.music_party())), sep="\n")
