"""The cost of analytics for a page in Debian's Chromium, alternately with and without PostHog's API key.

Two processes serve the product from one database, as in production. With the key, the browser loads
posthog-js and sends events through the product to an inspector. Each page opens in its own browser context
with an empty cache.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.parse import urljoin
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from benchmarks._result import Result, Row, at_most
from benchmarks._timing import in_turn
from otel.inspector import running_inspector
from tformance.run.programs.ports import HOST, choose_port

__all__ = ["measure"]

_ROOT = Path(__file__).parent.parent
_DIST = _ROOT / "assets" / "dist"

# People see the first page most often; the second has charts.
_PAGES = {"dashboard": "/dashboard/", "analytics, AI adoption": "/analytics/ai_adoption/?range=all"}

# Seconds; long enough for posthog-js to load and to send events, so that a round includes its cost.
_WATCHED = 3.0

# Paints of the same page vary by a tenth, and their medians by less.
_NOISE = 1.1
# Milliseconds of the main thread before the page is usable; the taxonomy's issue sets this target.
_MAIN_THREAD = 50
# kB, gzipped: the code that a page loads only for analytics. posthog-js with the enabled features takes 95.
_BUNDLE = 110

_LARGEST_PAINT = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""

# The name of a thread's task in Chromium's traces, and the categories that contain it.
_TASK, _CATEGORIES = "RunTask", ["devtools.timeline", "disabled-by-default-devtools.timeline"]


def measure(*, is_quick: bool) -> Result:
    """Measure the largest paint, the main thread's time and the bundle.

    Args:
        is_quick: whether to run only a few rounds.
    """
    rows = []
    with _products() as (with_key, without_key, cookie), _chromium() as browser:
        for name, path in _PAGES.items():
            busy: dict[str, list[float]] = {"with": [], "without": []}
            ways = {
                "with": _opening(browser, with_key + path, cookie, busy["with"]),
                "without": _opening(browser, without_key + path, cookie, busy["without"]),
            }
            paints = in_turn(1 if is_quick else 15, ways)
            rows.append(
                Row(
                    f"largest contentful paint, with analytics to without: {name}",
                    "ms",
                    paints.median("with"),
                    paints.median("without"),
                    paints.ratio("with", "without"),
                    at_most(_NOISE, f"at most {_NOISE} x"),
                )
            )
            more = [one - other for one, other in zip(busy["with"], busy["without"], strict=True)]
            rows.append(
                Row(
                    f"main thread before the load event, what analytics adds: {name}",
                    "ms",
                    statistics.median(more),
                    wanted=at_most(_MAIN_THREAD, f"under {_MAIN_THREAD} ms"),
                )
            )
    bundle = at_most(_BUNDLE, f"at most {_BUNDLE} kB")
    rows.append(Row("analytics bundle, gzipped", "kB", _bundle(), wanted=bundle))
    return Result("browser", tuple(rows), "Chromium with an empty cache; paints from the start of navigation")


def _bundle() -> float:
    """Return the gzipped size of the chunk that a page loads only for analytics, in kB."""
    chunk = json.loads((_DIST / "manifest.json").read_text())["assets/javascript/posthog.ts"]
    return len(gzip.compress((_DIST / chunk["file"]).read_bytes())) / 1000


def _opening(browser: Browser, url: str, cookie: Mapping[str, str], busy: list[float]) -> Callable[[], float]:
    def open_page() -> float:
        """Open the page, append the main thread's time to `busy`, and return the largest paint, in ms."""
        context = browser.new_context()
        # Answer the consent notice, which would be the largest paint on one of the two sides.
        cookies = {cookie["name"]: cookie["value"], "analytics_opt_out": "0"}
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page = context.new_page()
        # Start the site's process before tracing: a new process might start too early to be traced.
        page.goto(urljoin(url, "/health/"))
        browser.start_tracing(page=page, categories=_CATEGORIES)
        page.goto(url, wait_until="load")
        page.wait_for_timeout(_WATCHED * 1000)
        painted = float(page.evaluate(_LARGEST_PAINT))
        busy.append(_busy_before_load(json.loads(browser.stop_tracing())["traceEvents"], url))
        # An open page may delay the closing of its context.
        page.goto("about:blank")
        context.close()
        return painted

    return open_page


def _busy_before_load(events: list[dict[str, Any]], url: str) -> float:
    """Return the busy time of the page's main thread from its first byte to its load event, in ms."""
    committed = next(
        one for one in events if one["name"] == "CommitLoad" and one["args"]["data"].get("url") == url
    )
    thread = (committed["pid"], committed["tid"])
    own = [one for one in events if (one["pid"], one["tid"]) == thread and one["ts"] >= committed["ts"]]
    loaded = min(one["ts"] for one in own if one["name"] == "MarkLoad")
    tasks = [one for one in own if one["name"] == _TASK and "dur" in one and one["ts"] < loaded]
    # Count the task that fires the event only up to the event.
    return float(sum(min(one.get("tdur", one["dur"]), loaded - one["ts"]) for one in tasks)) / 1000


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        msg = "Chromium is missing (on Debian: apt-get install chromium)"
        raise RuntimeError(msg)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def _products() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Run the product with and without an API key; yield both URLs and the cookie of a member."""
    with TemporaryDirectory() as folder, running_inspector() as inspector:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tformance.settings",
            "DATABASE_URL": "",
            "SQLITE_PATH": str(Path(folder) / "pages.sqlite3"),
            # As in production: templates and static files are looked up only once.
            "DEBUG": "false",
            "SECRET_KEY": "only-for-benchmarks",
            "ALLOWED_HOSTS": HOST,
            "LOG_LEVEL": "ERROR",
            "POSTHOG_HOST": inspector.url,
            "POSTHOG_BROWSER_PROXY": "true",
        }
        with_key, without_key = env | {"POSTHOG_API_KEY": "phc_benchmark"}, env | {"POSTHOG_API_KEY": ""}
        command = [sys.executable, "-m", "benchmarks._filling"]
        filled = subprocess.run(
            command, env=without_key, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        name, _, value = filled.stdout.split()[-1].partition("=")
        with _product(with_key) as one, _product(without_key) as other:
            yield one, other, {"name": name, "value": value}


@contextmanager
def _product(env: Mapping[str, str]) -> Iterator[str]:
    port = str(choose_port(0, 8000))
    options = ["--host", HOST, "--port", port, "--log-level", "error"]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *options, "tformance.asgi:application"], env=env, cwd=_ROOT
    )
    try:
        url = f"http://{HOST}:{port}"
        while not _answers(url):
            if process.poll() is not None:
                msg = "the product did not start"
                raise RuntimeError(msg)
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/health/", timeout=2):
            return True
    except (URLError, TimeoutError):
        return False
