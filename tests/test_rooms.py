"""The rules that keep the rooms of the house in order: sizes, walls, circles, and the words of classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from otel import pipeline
from otel.events import Registry
from otel.settings import Settings
from tests.layers import table, written_table

ROOT = Path(__file__).parent.parent
PRODUCT = ("otel", "apps", "tformance")

MAX_MODULES = 12
MAX_EXPORTS = 12
MAX_PARAMETERS = 7

# The public face of the package, which gathers the verbs and declarations that a product needs.
FACADE = "otel"

# Imports inside functions: each guards an extra, or waits until Django is ready.
LAZY = {
    "otel/pipeline.py": "the extra `collector`",
    "otel/django/apps.py": "Django's models exist only in `ready`",
    "otel/django/management/bridge.py": "the extra `bridge`",
    "otel/testing/captured.py": "Django, which a product need not use",
    "otel/testing/plugin.py": "the pytest plugin is loaded in every project that installs the package",
    "tformance/run/records.py": "Django's models exist only after `django.setup`",
}

# Verbs that begin a class docstring as if the class were a function.
# fmt: off
IMPERATIVES = frozenset(
    {
        "Add", "Answer", "Ask", "Be", "Carry", "Check", "Collect", "Count", "Deliver", "Do",
        "Export", "Fail", "Find", "Follow", "Give", "Go", "Hand", "Have", "Hold", "Keep", "Know",
        "Let", "Limit", "Look", "Make", "Map", "Name", "Post", "Raise", "Read", "Record", "Refuse",
        "Remember", "Replace", "Return", "Say", "See", "Select", "Send", "Serve", "Show", "Speak",
        "Store", "Take", "Tell", "Turn", "Wait", "Warn", "Write",
    }
)
# fmt: on
SHARED = ("Lock(", "RLock(", "Thread(", "Timer(", "ThreadPoolExecutor(", "threading.Event(")


@cache
def sources() -> Mapping[Path, ast.Module]:
    """Return the product's modules, parsed, without migrations."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_text())
        for top in PRODUCT
        for path in sorted((ROOT / top).rglob("*.py"))
        if "migrations" not in path.parts
    }


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield path, node


def package_of(path: Path) -> str:
    return ".".join(path.parent.parts)


def from_imports(path: Path) -> Iterator[str]:
    """Give the full name of each imported object or module of the product."""
    for node in ast.walk(sources()[path]):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PRODUCT:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in PRODUCT)


def test_a_folder_holds_at_most_a_dozen_modules() -> None:
    counts: dict[Path, int] = {}
    for path in sources():
        if path.name != "__init__.py":
            counts[path.parent] = counts.get(path.parent, 0) + 1
    assert {str(folder): count for folder, count in counts.items() if count > MAX_MODULES} == {}


def test_no_private_module_or_name_is_imported_from_another_package() -> None:
    offending = []
    for path in sources():
        for name in from_imports(path):
            parts = name.split(".")
            private = next((at for at, part in enumerate(parts) if part[0] == "_" and part[1] != "_"), None)
            owner = ".".join(parts[:private])
            if private is not None and not f"{package_of(path)}.".startswith(f"{owner}."):
                offending.append(f"{path} imports {name}")
    assert offending == []


def test_a_package_exports_at_most_a_dozen_names() -> None:
    counts = {
        package_of(path): len(node.value.elts)
        for path, tree in sources().items()
        if path.name == "__init__.py"
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple)
        if [target.id for target in node.targets if isinstance(target, ast.Name)] == ["__all__"]
    }
    assert {name: n for name, n in counts.items() if n > MAX_EXPORTS and name != FACADE} == {}


def test_only_the_ledger_counts_losses_and_writes_to_the_quarantine() -> None:
    offending = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        if path != Path("otel/outcomes/ledger.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(
            ("counters.lost", "counters.delivered", "quarantine.add", "quarantine.keep")
        )
    ]
    assert offending == []


def test_hooks_that_run_after_a_fork_have_one_name() -> None:
    names = {
        ast.unparse(node.args[0])
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "call_in_child"
    }
    assert names == {"self._after_fork"}


def test_a_class_docstring_begins_with_an_article_or_a_noun() -> None:
    offending = [
        f"{path}: {node.name}: {text.splitlines()[0]}"
        for path, node in classes()
        if (text := ast.get_docstring(node)) and text.split()[0].rstrip(",.:") in IMPERATIVES
    ]
    assert offending == []


def test_a_class_with_a_lock_or_a_thread_says_who_may_use_it() -> None:
    offending = [
        f"{path}: {node.name}"
        for path, node in classes()
        if any(isinstance(one, ast.Call) and ast.unparse(one).startswith(_shared()) for one in ast.walk(node))
        and not any(words in (ast.get_docstring(node) or "") for words in ("Thread-safe", "Confined to"))
    ]
    assert offending == []


def _shared() -> tuple[str, ...]:
    return (*SHARED, *(f"threading.{one}" for one in SHARED), *(f"asyncio.{one}" for one in SHARED))


def test_a_constructor_has_at_most_seven_parameters() -> None:
    offending = [
        f"{path}: {node.name} has {count}"
        for path, node in classes()
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
        if (count := len(method.args.args) - 1 + len(method.args.kwonlyargs)) > MAX_PARAMETERS
    ]
    assert offending == []


def test_an_import_inside_a_function_guards_an_extra() -> None:
    lazy = {
        str(path)
        for path, tree in sources().items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert lazy == set(LAZY), "a new one needs a reason in LAZY, and a circle is not one"


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {_name(path): path for path in sources()}
    graph = {
        name: {
            target
            for imported in from_imports(path)
            if (target := imported if imported in names else imported.rpartition(".")[0]) in names
            and target != name
        }
        for name, path in names.items()
    }
    assert _circles(graph) == []


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _circles(graph: Mapping[str, set[str]]) -> list[str]:
    """Return what is left once everything without an import, or without an importer, is removed."""
    left = {name: set(targets) for name, targets in graph.items()}
    while True:
        imported = {target for targets in left.values() for target in targets}
        loose = {name for name, targets in left.items() if not targets or name not in imported}
        if not loose:
            return sorted(left)
        left = {name: targets - loose for name, targets in left.items() if name not in loose}


def test_a_class_named_error_can_be_raised() -> None:
    bases = {node.name: [ast.unparse(base) for base in node.bases] for _, node in classes()}
    offending = [
        name
        for name, parents in bases.items()
        if name.endswith("Error") and not any(base.endswith(("Error", "Exception")) for base in parents)
    ]
    assert offending == []


def test_the_table_of_layers_in_the_docs_is_current() -> None:
    assert written_table() == table(), "run `python -m tests.layers`"


def test_the_only_global_of_the_pipeline_is_the_pipeline() -> None:
    reassigned = {
        f"{path}: {name}"
        for path, tree in sources().items()
        if path.parts[0] == "otel"
        for node in ast.walk(tree)
        if isinstance(node, ast.Global)
        for name in node.names
    }
    assert reassigned == {"otel/pipeline.py: _running", "otel/_guard.py: _raises"}


def test_installing_with_another_registry_replaces_everything_that_reads_it() -> None:
    before = pipeline.running()
    assert before is not None
    registry = Registry()
    try:
        installed = pipeline.install(Settings(), registry=registry, url_templates=["/orgs/{name}"])
        assert pipeline.running() is installed
        assert pipeline.recorder() is installed.recorder
        assert installed.registry is installed.scrubber.registry is registry
    finally:
        pipeline.reinstall(before)
