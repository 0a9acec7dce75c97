"""`python -m benchmarks`: runs each benchmark in its own process, prints a table, writes `results.json`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks._page import page, rows_of
from benchmarks._picture import picture
from benchmarks._processes import own_process, run_benchmark
from benchmarks._quotes import QUOTES, with_figures
from benchmarks._result import table

__all__ = ["main"]

_NAMES = (
    "record",
    "record_journal",
    "request",
    "unsampled",
    "drain",
    "via",
    "bridge",
    "collector",
    "growth",
    "memory",
    "pages",
    "browser",
)
_ROOT = Path(__file__).parent.parent
_RESULTS = Path(__file__).with_name("results.json")
_NOTES = Path(__file__).with_name("notes.md")
_PAGE = _ROOT / "docs" / "performance.md"
_PICTURE = _ROOT / "docs" / "images" / "performance-growth.svg"
# The programs that a benchmark starts and `make setup` does not install, and how to install them.
_NEEDS = {
    "collector": (_ROOT / "collector" / "build" / "otelcol", "make collector"),
    "browser": (Path("chromium"), "apt-get install chromium"),
}
_PACKAGES = (
    "tformance-otel",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-django",
    "django",
    "posthog",
    "posthog-otel-exporter",
    "orjson",
    "urllib3",
)


def main() -> int:
    """Run the benchmarks; return 1 if a benchmark cannot run, otherwise 0, whatever the figures are."""
    options = _parser().parse_args()
    if options.page:
        _write_page(json.loads(_RESULTS.read_text()))
        return 0
    names = (options.only,) if options.only else _NAMES
    missing = _missing(names)
    if missing:
        print(*missing, sep="\n", file=sys.stderr)
        return 1
    results = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        with own_process() as process:
            results.append(process.submit(run_benchmark, name, is_quick=options.quick).result())
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(results))
    target = options.json or (None if options.quick or options.only else _RESULTS)
    if target is not None:
        document = {**_circumstances(is_quick=options.quick), "results": [one.as_json() for one in results]}
        target.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        print(f"\nwritten to {target}", file=sys.stderr)
        if target == _RESULTS:
            _write_page(document)
    return 0


def _write_page(document: Mapping[str, Any]) -> None:
    _PAGE.write_text(page(document, _NOTES.read_text()))
    rows = rows_of(document)
    _PICTURE.write_text(picture(rows))
    for name in {quote.page for quote in QUOTES}:
        quoting = _PAGE.with_name(f"{name}.md")
        quoting.write_text(with_figures(name, quoting.read_text(), rows))
    print(f"written to {_PAGE} and {_PICTURE}; figures of other pages updated", file=sys.stderr)


def _missing(names: Collection[str]) -> list[str]:
    """Return messages about missing programs, which would end a run halfway and lose its measurements."""
    return [
        f"{name}: {program.name} is missing: {how}"
        for name, (program, how) in _NEEDS.items()
        if name in names and shutil.which(program) is None
    ]


def _circumstances(*, is_quick: bool) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": is_quick,
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
        },
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
    }


def _processor() -> str:
    """Return the processor's name, which `platform.processor` leaves empty on Linux."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the costs of the pipeline, compared with the code that it replaces.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="run a few rounds of each, too few for a verdict"
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help=f"only write the pages again, from {_RESULTS.name} and {_NOTES.name}",
    )
    parser.add_argument("--only", choices=_NAMES, help="run one benchmark")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="PATH",
        help=f"the file for the figures (default: {_RESULTS.name} next to this program for a full run, "
        "no file for a quick or partial run)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
