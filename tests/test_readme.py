"""What the README says is so: its Python runs, its commands and pages are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from otel.reasons import Reason
from otel.settings import ENVIRONMENT

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_examples_run_and_the_event_arrives(tmp_path: Path) -> None:
    declare, record, plain, error, fixture, _ = EXAMPLES
    program = f"""
from otel.testing import capturing
{declare}
with capturing() as captured:
    from opentelemetry import trace
    with trace.get_tracer("readme").start_as_current_span("request"):
{_indented(record)}
{_indented(plain)}
{_indented(error)}
    first, second = captured.of(ReportExported)
    assert first.properties == second.properties
    assert captured.named("$exception")[0].properties["handled"]
"""
    file = tmp_path / "test_example.py"
    file.write_text(f"{program}\nfrom otel import record\n\n{fixture}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider", str(file)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_browsers_example_compiles(tmp_path: Path) -> None:
    (example,) = re.findall(r"```typescript\n(.*?)```", README, re.DOTALL)
    (tmp_path / "example.ts").write_text(example.replace('"./', f'"{ROOT}/assets/javascript/'))
    (tmp_path / "tsconfig.json").write_text(f'{{"extends": "{ROOT}/tsconfig.json", "include": ["*.ts"]}}')
    command = [str(ROOT / "node_modules/.bin/tsc"), "--project", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.stdout, ended.returncode) == ("", 0)


def test_the_settings_for_another_project_are_ones_that_otel_knows() -> None:
    from otel.django._config import KEYS

    told = set(re.findall(r'^    "([A-Z_]+)":', EXAMPLES[-1], re.MULTILINE))
    assert told <= KEYS


def test_every_page_and_picture_that_is_linked_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    missing = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


def test_every_setting_and_every_reason_is_documented() -> None:
    settings, reasons = ((ROOT / "docs" / name).read_text() for name in ("settings.md", "reasons.md"))
    assert [variable for variable in ENVIRONMENT if f"`{variable}`" not in settings] == []
    assert [reason for reason in Reason if f"`{reason}`" not in reasons] == []


def _indented(code: str) -> str:
    return "\n".join(f"        {line}" for line in code.splitlines())


def test_the_products_settings_are_all_told_and_no_others() -> None:
    settings = (ROOT / "tformance" / "settings.py").read_text()
    read = set(re.findall(r'env_(?:str|bool|list|choice)\(\s*"([A-Z_]+)"', settings))
    page = (ROOT / "docs" / "product.md").read_text().partition("## Settings")[2]
    told = {
        name
        for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
        for name in re.findall("`([A-Z_]+)`", row)
    }
    assert told == read
