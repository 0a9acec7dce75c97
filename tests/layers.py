"""The layers of `otel/`, from the ground up; `python -m tests.layers` writes their table into the docs."""

from __future__ import annotations

import ast
from pathlib import Path

__all__ = ["LAYERS", "table", "written_table"]

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
_BEGIN, _END = "<!-- layers: python -m tests.layers -->", "<!-- /layers -->"

# Each layer may import those before it, and itself.
LAYERS = (
    (
        "otel.version",
        "otel.reasons",
        "otel.attributes",
        "otel._guard",
        "otel._fork",
        "otel._tracer",
        "otel.text",
        "otel.serving",
    ),
    ("otel.settings", "otel.envelope"),
    ("otel.identity", "otel.outcomes", "otel.exceptions"),
    ("otel.events",),
    ("otel.mapping",),
    ("otel.traces", "otel.recording", "otel.frameworks"),
    ("otel.selecting",),
    ("otel.delivery",),
    ("otel.pipeline",),
    ("otel.verbs",),
    ("otel.bridge",),
)


def table() -> str:
    """Return the table of the layers, with the first line of each module or package."""
    rows = ["| layer | what is in it |", "|---|---|"]
    for layer in reversed(LAYERS):
        names = [name for name in layer if not name.rpartition(".")[2].startswith("_")]
        rows.append(
            "| "
            + "<br>".join(f"`{_path(name)}`" for name in names)
            + " | "
            + "<br>".join(_first_line(name) for name in names)
            + " |"
        )
    return "\n".join(rows)


def written_table() -> str:
    """Return the table that the docs contain."""
    return PAGE.read_text().partition(_BEGIN)[2].partition(_END)[0].strip()


def _path(name: str) -> str:
    path = name.replace(".", "/")
    return f"{path}/" if (ROOT / path).is_dir() else f"{path}.py"


def _first_line(name: str) -> str:
    path = ROOT / _path(name)
    source = path / "__init__.py" if path.is_dir() else path
    return (ast.get_docstring(ast.parse(source.read_text())) or "").partition("\n")[0]


if __name__ == "__main__":
    text = PAGE.read_text()
    before, _, rest = text.partition(_BEGIN)
    PAGE.write_text(f"{before}{_BEGIN}\n\n{table()}\n\n{_END}{rest.partition(_END)[2]}")
    print(f"wrote {PAGE.relative_to(ROOT)}")
