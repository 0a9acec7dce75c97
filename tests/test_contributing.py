"""The pages for contributors are right: the hooks run `make check`; paths, links and versions exist."""

from __future__ import annotations

import configparser
import inspect
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from otel.version import __version__

ROOT = Path(__file__).parent.parent
ADRS = ROOT / "docs" / "adr"
RECORDS = sorted(ADRS.glob("[0-9]*.md"))
PAGES = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", ADRS / "README.md", *RECORDS]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = re.sub(r"\\\n\s*", "", (ROOT / "Makefile").read_text())

# Made by `make setup`, so a checkout may lack them.
_BUILT = ("node_modules/", ".venv/", "assets/dist")
# What is a path between backticks: one with a folder, or a file's name with a suffix that we use.
_PATH = re.compile(
    r"\.?[\w@-]+(?:/[\w.@-]+)*/"
    r"|[\w.@-]+(?:/[\w.@-]+)+"
    r"|\.?[\w-]+\.(?:md|py|toml|ya?ml|lock|example)"
)
# Names that many folders have a file of.
_ANYWHERE = frozenset({"events.py", "client.py", "exporter.py"})


def _named_paths(page: Path) -> list[str]:
    quoted = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page.read_text())
    paths = [one for one in quoted if _PATH.fullmatch(one) and one not in _ANYWHERE]
    return [path for path in paths if not path.startswith(_BUILT)]


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_hooks_run_what_make_check_runs() -> None:
    (recipe,) = re.findall(r"^check:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    checked = [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]
    config = re.sub(r">-\n\s+(.+)\n\s+(.+)\n", r"\1 \2\n", (ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook.strip() for hook in config.split("- id: ")[1:]]
    entries = [re.findall(r"^ +entry: (.+)$", hook, re.MULTILINE) for hook in hooks]
    assert len(checked) >= 6
    assert entries == [[command] for command in checked]
    # Whatever was changed, the whole tree is checked, by the checkout's own tools.
    for setting in ("language: system", "pass_filenames: false", "always_run: true"):
        assert [hook.splitlines()[0] for hook in hooks if setting not in hook] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_is_named_is_there(page: Path) -> None:
    assert [path for path in _named_paths(page) if not (ROOT / path).exists()] == []


def test_paths_are_recognized() -> None:
    assert len(_named_paths(ROOT / "CONTRIBUTING.md")) > 60
    assert len(_named_paths(ROOT / "SECURITY.md")) > 10
    assert [page.name for page in RECORDS if not _named_paths(page)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text())
    broken = []
    for target, anchor in links:
        linked = page.parent / target if target else page
        if "://" not in target and (not linked.exists() or (anchor and anchor not in _anchors(linked))):
            broken.append((target, anchor))
    assert broken == []


def test_every_record_is_numbered_and_listed_by_its_title() -> None:
    numbers = [record.name[:4] for record in RECORDS]
    assert numbers == [f"{number:04}" for number in range(1, len(RECORDS) + 1)]
    titles = [re.match(rf"# {record.name[:4]}\. (.+)\n", record.read_text()) for record in RECORDS]
    rows = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (ADRS / "README.md").read_text(), re.MULTILINE)
    assert rows == [
        (record.name[:4], record.name, title and title[1])
        for record, title in zip(RECORDS, titles, strict=True)
    ]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_its_four_sections_on_one_page(record: Path) -> None:
    text = record.read_text()
    sections = re.findall(r"^## (.+)\n\n(\S.+)$", text, re.MULTILINE)
    assert [heading for heading, _ in sections] == ["Status", "Context", "Decision", "Consequences"]
    assert re.match(r"(Proposed|Accepted|Rejected|Superseded by \[)", sections[0][1])
    assert len(text.splitlines()) <= 45


def test_the_newest_version_in_the_changelog_is_the_packages() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = headings[1:] if headings[0] == "Unreleased" else headings
    heading = re.compile(r"\d+\.\d+\.\d+(?:[ab]\d+)? - \d{4}-\d\d-\d\d")
    assert [one for one in released if not heading.fullmatch(one)] == []
    dates = [one.rpartition(" - ")[2] for one in released]
    assert dates == sorted(dates, reverse=True)
    newest = released[0].partition(" - ")[0]
    assert (PROJECT["project"]["version"], __version__) == (newest, newest)


def _is_there(name: str) -> bool:
    """Whether a name can be imported, and takes the argument that it is shown with."""
    path, _, argument = name.rstrip("=…)").partition("(")
    try:
        found = pkgutil.resolve_name(path)
    except (ImportError, AttributeError):
        return False
    return not argument or argument in inspect.signature(found).parameters


def test_what_the_next_version_renames_is_there_under_its_new_name() -> None:
    unreleased = (ROOT / "CHANGELOG.md").read_text().partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    renamed = re.findall(r"^\| `.+ \| (`.+) \|$", unreleased, re.MULTILINE)
    names = re.findall("`([^`]+)`", " ".join(renamed))
    assert [name for name in names if not _is_there(name)] == []


def test_the_license_is_whole_and_named() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.lstrip().startswith("Apache License\n                           Version 2.0, January 2004\n")
    assert "\n   Copyright 2026 Tformance\n" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert PROJECT["project"]["license-files"] == ["LICENSE"]
    assert '"license": "Apache-2.0"' in (ROOT / "package.json").read_text()


def test_editors_are_told_what_ruff_and_make_want() -> None:
    config = configparser.ConfigParser()
    config.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())
    assert config["*.py"]["max_line_length"] == str(PROJECT["tool"]["ruff"]["line-length"])
    assert config["*.py"]["indent_size"] == "4"
    (tabbed,) = [section for section in config.sections() if "Makefile" in section]
    assert config[tabbed]["indent_style"] == "tab"
