"""The JavaScript the pages need, each under an address that changes when its content does.

Components name these instead of carrying them: what a component carries is sent with every update.
"""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import get_args

from pages.shared.base_path import below
from recsys_core import language
from recsys_core.figures import theme
from recsys_core.live import commentary, messages

# Where pages hear what their runs learn.
LIVE_ROUTE = below("/factorscope/live")

PLOTLY_ROUTE = below(f"/factorscope/plotly-{metadata.version('plotly')}.min.js")

# Found without importing the package: pages need nothing of it but this file.
PLOTLY_FILE = Path(
    str(metadata.distribution("plotly").locate_file("plotly/package_data/plotly.min.js"))
)

_FOLDER = Path(__file__).parent / "js"
_TEMPLATES = json.dumps({mode: theme.template(mode) for mode in get_args(theme.Mode)})

# What the scripts say that Python says, too.
_TEXTS = {
    name: {"id": text.id, "values": dict(text.values)}
    for name, text in (
        ("beginning", commentary.BEGINNING),
        ("paused", commentary.PAUSED),
        ("rewinding", commentary.REWINDING),
    )
}

# By name. The templates of both themes are one of them, so that no chart has to bring its own.
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.js"))}
SCRIPTS["templates.js"] = f"export const templates = {_TEMPLATES}\n"
_CONSTANTS = {
    "VERSION": messages.VERSION,
    "TEXTS": _TEXTS,
    "CATALOGUES": {code: language.for_browser(code) for code in language.LANGUAGES if code != "en"},
    "MARKS": {code: language.marks(code) for code in language.LANGUAGES},
}
SCRIPTS["constants.js"] = "".join(
    f"export const {name} = {json.dumps(value)}\n" for name, value in _CONSTANTS.items()
)
_DIGEST = hashlib.sha256("".join(SCRIPTS.values()).encode()).hexdigest()[:12]
SCRIPTS_ROUTE = below(f"/factorscope/js-{_DIGEST}")


def component_of(script: str) -> str:
    """The JavaScript of a component whose ``render`` and ``remove`` are in one of the scripts."""
    # Streamlit also cleans up after an update that was overtaken by the next one before this script
    # had come, although the component stays: what is still in the page is left alone.
    return f"""
const script = import(new URL("{SCRIPTS_ROUTE}/{script}", window.location.origin).href)
export default function (component) {{
  script.then(({{ render }}) => render(component))
  return () =>
    component.parentElement.isConnected || script.then(({{ remove }}) => remove(component))
}}
"""
