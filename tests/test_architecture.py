"""The house: imports point one way, and importing the core stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_core import errors
from recsys_core.extras import EXTRAS

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "recsys_core"

# A part of the core (a module or a package) may import parts from the lines above its own, never
# from its own line or below.
LAYERS = (
    {"stepwise", "escape", "steps", "language", "private"},
    {"text"},
    {"errors", "version"},
    {"words", "extras", "recipes", "repeats", "kernels", "formulas", "glossary", "limits"},
    {"ratings"},
    {"splits", "standardized", "ordering"},
    {"metrics"},
    {"training"},
    {"models"},
    {"reading"},
    {"datasets"},
    {"asking"},
    {"experiments"},
    {"figures", "runs"},
    {"live", "rooms"},
    {"replicas"},
    {"takehome", "lessons"},
    {"commands"},
    {"__main__"},
)
LAYER_OF = {part: at for at, parts in enumerate(LAYERS) for part in parts}

# Getting ratings in asks nothing of the models.
ONLY = {
    "reading": {
        "escape",
        "errors",
        "extras",
        "text",
        "words",
        "recipes",
        "repeats",
        "ratings",
        "version",
    },
    "datasets": {"errors", "text", "words", "recipes", "ratings", "splits", "reading"},
}

FILES = sorted(path for path in CORE.rglob("*.py") if path != CORE / "__init__.py")


def imported(path: Path) -> set[str]:
    """Full names of all that a file imports, inside functions and for type checkers as well."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.relative_to(ROOT)}:{node.lineno}: a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def parts_imported(path: Path) -> set[str]:
    names = [name.split(".") for name in imported(path)]
    return {name[1] for name in names if name[0] == "recsys_core" and len(name) > 1}


def test_imports_point_one_way():
    wrong = []
    for path in FILES:
        own, name = part_of(path), path.relative_to(CORE)
        if own not in LAYER_OF:
            wrong.append(f"{name}: {own} has no place in LAYERS yet: give it one.")
            continue
        for other in parts_imported(path) - {own}:
            if other not in LAYER_OF:
                wrong.append(f"{name} imports {other}, which has no layer.")
            elif LAYER_OF[other] >= LAYER_OF[own]:
                wrong.append(f"{name} must not import {other}.")
            elif own in ONLY and other not in ONLY[own]:
                wrong.append(f"{name} must not need {other}.")
    assert not wrong, "\n".join(wrong)


# Imports inside functions that close a circle within a package, and why they are left.
CIRCLES = {
    # ``to_query`` and ``from_query`` of an experiment are what links are written and read by.
    ("recsys_core.experiments.experiment", "recsys_core.experiments.link"),
}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_between_modules() -> dict[str, set[str]]:
    """By module of the core and the pages, those it imports, whatever for and wherever."""
    paths = [path for top in ("recsys_core", "pages") for path in (ROOT / top).rglob("*.py")]
    modules = {module_of(path): path for path in paths}
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        # “from package import name”: a module of that name, else what the package's own file has.
        names = {n if n in modules else n.rpartition(".")[0] for n in imported(path)}
        found[module] = (names & modules.keys()) - {module}
    return found


def test_no_modules_import_each_other_in_a_circle():
    imports = imports_between_modules()
    assert "recsys_core.runs.run" in imports["recsys_core.runs.workspaces"], "it finds imports"
    for module, other in CIRCLES:
        assert other in imports[module], f"{module} imports {other} no more: take it off CIRCLES."
        imports[module].discard(other)
    # Modules that import none of those left are taken away, again and again: circles remain.
    while free := {module for module, others in imports.items() if not others & imports.keys()}:
        imports = {module: others for module, others in imports.items() if module not in free}
    # What remains imports a circle or lies on it; those that lie on it are imported as well.
    while ends := imports.keys() - set().union(*imports.values()):
        imports = {module: others for module, others in imports.items() if module not in ends}
    said = {module: sorted(others & imports.keys()) for module, others in imports.items()}
    assert not said, f"these modules import each other in a circle: {said}"


def test_the_core_knows_no_dashboard():
    above = {"streamlit", "pages", "app", "starlette"}
    wrong = {
        str(path.relative_to(CORE)): found
        for path in FILES
        if (found := {name.split(".")[0] for name in imported(path)} & above)
    }
    assert not wrong


def test_the_steps_to_be_read_need_numpy_alone():
    for path in (CORE / "stepwise").glob("*.py"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert tops <= {"__future__", "collections", "typing", "numpy", "recsys_core"}, path.name


def guarded(tree: ast.Module) -> set[ast.AST]:
    """What stands inside ``with needed_for(...)``, can be done without, or is for type checkers."""
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            calls = [item.context_expr for item in node.items]
            names = [c.func.id for c in calls if isinstance(c, ast.Call) and hasattr(c.func, "id")]
        elif isinstance(node, ast.Try):
            caught = [h.type.id for h in node.handlers if isinstance(h.type, ast.Name)]
            names = ["needed_for"] if "ImportError" in caught else []
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name):
            names = [node.test.id]
        else:
            continue
        if {"needed_for", "TYPE_CHECKING"} & set(names):
            inside |= set(ast.walk(node))
    return inside


def packages(node: ast.AST) -> set[str]:
    """The packages that a statement imports from."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {str(node.module).split(".")[0]} if isinstance(node, ast.ImportFrom) else set()


def test_optional_packages_are_imported_where_their_absence_is_named():
    wrong = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        safe = guarded(tree)
        # What a module has asked for so, its other functions may take again.
        asked = set().union(*(packages(node) for node in safe))
        for node in ast.walk(tree):
            if bare := (packages(node) & set(EXTRAS)) - asked:
                at = f"{path.relative_to(CORE)}:{node.lineno}"
                wrong.append(f"{at}: import {bare} inside ‘with needed_for(…)’.")
    assert not wrong, "\n".join(wrong)


def test_errors_are_raised_with_sentences_that_are_data():
    names = {name for name in vars(errors) if name.endswith("Error")}
    wrong = [
        f"{path.relative_to(CORE)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in names
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert not wrong


def test_sentences_with_values_in_them_are_data():
    """An f-string is English for ever; a Text can be said in another language."""
    exempt = ("Text", "TypeError", "IndexError", "RuntimeError", "print")  # not for people, or one
    wrong = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            or (isinstance(node, ast.Call) and getattr(node.func, "id", "") in exempt)
            for part in ast.walk(node)
            if part is not node
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.JoinedStr) or id(node) in inside:
                continue
            shape = "".join(v.value if isinstance(v, ast.Constant) else "…" for v in node.values)
            if shape.count(" ") >= 2 and shape.rstrip().endswith((".", "!", "?")):
                wrong.append(f"{path.relative_to(CORE)}:{node.lineno} {shape}")
    assert not wrong


def test_pages_do_no_mathematics():
    for path in sorted((ROOT / "pages").rglob("*.py")):
        tops = {name.split(".")[0] for name in imported(path)}
        forbidden = tops & {"numba", "scipy", "sklearn", "torch"}
        assert not forbidden, f"{path.relative_to(ROOT)} imports {forbidden}: that is the core's."


def loaded_after(code: str) -> set[str]:
    """Top-level packages in memory after running code in a fresh interpreter."""
    script = f"{code}\nimport sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"plotly", "sklearn", "torch", "streamlit", "umap"}


def test_importing_the_core_is_light():
    assert not loaded_after("import recsys_core") & (HEAVY | {"numba"})


def test_training_and_asking_is_light():
    """What a notebook does first: data, a split, a fit, recommendations, their reasons."""
    code = """
import recsys_core as rc
party = rc.datasets.music_party()
split = rc.splits.random(party, keep_one=True)
model = rc.ALS(n_epochs=2).fit(split.train, split.validation)
rc.metrics.rmse(split.test.values, model.predict(split.test.user_ids, split.test.item_ids))
model.recommend(0)
rc.attribution.reasons(model, 0, 3)
rc.similarity.similarity_matrix(model)
rc.projection.Basis.fit(model.snapshot()).project(model.user_factors)
"""
    assert not loaded_after(code) & HEAVY


def test_every_public_name_is_there():
    loaded = loaded_after(
        "import recsys_core as rc\n"
        "missing = [n for n in rc.__all__ if n != 'NeuralMF' and not hasattr(rc, n)]\n"
        "assert not missing, missing"
    )
    assert not loaded & HEAVY


def test_figures_are_there_before_plotly_is():
    loaded = loaded_after(
        "import recsys_core as rc\n"
        "assert all(callable(getattr(rc.figures, name)) for name in rc.figures.__all__)"
    )
    assert not loaded & HEAVY
    assert "plotly" in loaded_after(
        "import recsys_core as rc; rc.figures.rating_histogram(rc.datasets.music_party())"
    )


@pytest.mark.slow
def test_what_pages_draw_is_drawn_without_plotly():
    code = "from tests.every_figure import every_figure; every_figure('light')"
    assert "plotly" not in loaded_after(code)


def test_every_page_opens_without_plotly():
    """Streamlit imports it where it is installed; our pages must not need it."""
    loaded_after("""
import sys
sys.modules["plotly"] = None  # to import it is an error
import recsys_core as rc
from tests.app_harness import load, open_page, train
from tests.pages.test_pages import PAGES
train(load("a" * 32, rc.datasets.music_party()), rc.SGD(n_factors=2, n_epochs=2))
for page in PAGES:
    open_page(page, "a" * 32)
""")
    for path in (ROOT / "app.py", *(ROOT / "pages").rglob("*.py")):
        assert "plotly" not in {name.split(".")[0] for name in imported(path)}, path


def test_a_saved_model_is_read_without_the_packages_of_other_models(tmp_path):
    loaded = loaded_after(
        "import recsys_core as rc\n"
        f"path = {str(tmp_path / 'model.npz')!r}\n"
        "rc.ALS(n_epochs=1).fit(rc.datasets.music_party()).save(path)\n"
        "assert rc.load_model(path).predict([0], [0]).shape == (1,)"
    )
    assert not loaded & HEAVY
