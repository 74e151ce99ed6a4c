"""Write ``docs/glossary.md`` from ``recsys_core/glossary.py``, ``python -m docs.glossary``."""

from __future__ import annotations

import textwrap
from pathlib import Path

from recsys_core.glossary import GLOSSARY

PAGE = Path(__file__).with_suffix(".md")

_INTRO = """# Glossary

The words on the pages and in these documents, as the page *Learn* and tooltips say them. Made by
`python -m docs.glossary`. How each number is computed: [methods](methods.md).
"""


def page() -> str:
    """The document, in Markdown."""
    entries = (f"**{title}.** {meaning}" for title, meaning in GLOSSARY.items())
    return "\n".join([_INTRO, *(textwrap.fill(entry, 100) + "\n" for entry in entries)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
