"""`python -m tformance.run`: starts the programs, drives the journey and shows the events that arrived."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from otel.inspector import RunningInspector
from tformance.run._journey import STEPS, Stage
from tformance.run.arrivals.comparison import await_arrivals
from tformance.run.arrivals.coverage import cover, taxonomy
from tformance.run.arrivals.naming import Names
from tformance.run.arrivals.report import show_events, show_taxonomy, show_verdict, show_views
from tformance.run.browser import JourneyError
from tformance.run.console import BAD, Console
from tformance.run.programs.ports import HOST, PortTakenError, choose_port
from tformance.run.programs.processes import Program, ProgramError
from tformance.run.programs.programs import API_KEY, Site
from tformance.sandbox.running import RunningSandbox

__all__ = ["main"]

_PORT, _INSPECTOR_PORT, _SANDBOX_PORT = 8000, 8010, 8020

# The status that a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the journey, then stay up until interrupted unless `--once` is given; return the exit status.

    Args:
        arguments: the command line's arguments; this process's own by default.
    """
    options = _parser().parse_args(arguments)
    console = Console()
    # Both signals end the run the same way. Set SIGINT too: a shell ignores it for background processes.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)
    try:
        return _run(options, console)
    except (PortTakenError, ProgramError) as error:
        console.line(console.paint(BAD, str(error)))
        return 1
    except KeyboardInterrupt:
        console.line()
        return _INTERRUPTED if options.once else 0


def _run(options: argparse.Namespace, console: Console) -> int:
    port, inspector_port, sandbox_port = _ports(options, console)
    site = Site(options.folder.resolve(), port, inspector_port, sandbox_port, options.workers)
    site.folder.mkdir(parents=True, exist_ok=True)
    with _started(site, console) as programs:
        _show_addresses(console, site)
        try:
            is_whole = _journey(options, console, site, programs)
        except ConnectionError:
            _check(programs)
            raise
        if options.once:
            return 0 if is_whole else 1
        console.line(f"Logs and emails are in {os.path.relpath(site.folder)}. Ctrl-C stops everything.")
        while True:
            _check(programs)
            time.sleep(0.5)


def _ports(options: argparse.Namespace, console: Console) -> list[int]:
    """Return the ports of the product, the inspector and the sandbox."""
    chosen: list[int] = []
    for asked, usual in (
        (options.port, _PORT),
        (options.inspector_port, _INSPECTOR_PORT),
        (options.sandbox_port, _SANDBOX_PORT),
    ):
        port = choose_port(asked, usual, beside=chosen)
        if asked is None and port != usual:
            console.line(f"Port {usual} is in use by another program; using port {port}.")
        chosen.append(port)
    return chosen


@contextmanager
def _started(site: Site, console: Console) -> Iterator[list[Program]]:
    """Run the programs during the block, and always stop them in reverse order."""
    programs: list[Program] = []
    try:
        with console.step("Bringing the database up to date"):
            # These take as long to start as the migration, and do not need the database.
            programs += (site.start_inspector(), site.start_sandbox())
            site.migrate()
        with console.step("Starting the product and its services"):
            programs[0].wait_until(site.inspector_answers)
            programs[1].wait_until(site.sandbox_answers)
            programs.append(site.start_product())
            if site.has_worker:
                programs.append(site.start_worker())
                programs[3].wait_until(site.worker_answers)
            programs[2].wait_until(site.product_answers)
        yield programs
    finally:
        # Do not let a signal interrupt the shutdown, which takes a limited time.
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)
        for program in reversed(programs):
            program.stop()


def _check(programs: Iterable[Program]) -> None:
    """Raise `ProgramError` if any program has ended."""
    for program in programs:
        program.check()


def _journey(options: argparse.Namespace, console: Console, site: Site, programs: Iterable[Program]) -> bool:
    """Drive the journey, show what arrived, and return whether exactly the expected events arrived."""
    began = time.time()
    stage = Stage(
        site.product_url,
        API_KEY,
        site.mail,
        RunningSandbox(site.sandbox_url),
        is_unsampled=options.traceparent_unsampled,
    )
    is_done = _play(console, stage)
    _check(programs)
    names = Names(stage.people, site.records(person.email for person in stage.people))
    inspector = RunningInspector(HOST, site.inspector_port)
    with console.step("Waiting for the expected events"):
        outcome = await_arrivals(inspector, names, site.quarantine, began)
    show_events(console, outcome)
    show_views(console, inspector, names)
    show_taxonomy(console, cover(taxonomy(), inspector.good()))
    show_verdict(console, outcome)
    if not options.once:
        console.heading("Click around")
        _show_addresses(console, site)
        console.line("  Log in as")
        console.table(
            [
                [one.name, one.becomes, one.email, one.password or "(with GitHub)"]
                for one in stage.people
                if one.becomes
            ],
            indent="    ",
        )
    return is_done and outcome.is_whole


def _show_addresses(console: Console, site: Site) -> None:
    console.table(
        [["Product", site.product_url], ["Inspector", site.inspector_url], ["Sandbox", site.sandbox_url]]
    )


def _play(console: Console, stage: Stage) -> bool:
    """Take the steps in order; the journey ends at the first step that fails."""
    console.heading("A sample journey")
    try:
        for step in STEPS:
            with console.step(f"  {step.title}"):
                step.act(stage)
    except JourneyError as error:
        console.line(console.paint(BAD, f"  The journey ends here: {error}"))
        return False
    finally:
        for person in stage.people:
            person.browser.close()
    return True


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        msg = f"{text} is not a port"
        raise argparse.ArgumentTypeError(msg)
    return port


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tformance.run",
        description="Start the product, the inspector (a local stand-in for PostHog) and the sandbox (one "
        "for GitHub, Jira and Slack), drive a sample journey through the product's pages, and show which "
        "events arrived. Then stay up until Ctrl-C.",
        epilog="OTEL_* and POSTHOG_* variables apply, such as OTEL_TRACES_SAMPLER=always_off or "
        "POSTHOG_CAPTURE_MODE=v1; POSTHOG_API_KEY and POSTHOG_HOST are set to the inspector's. With "
        "DATABASE_URL the product uses that database; with CELERY_BROKER_URL a separate process runs tasks.",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="end after the journey, with a status other than 0 if an expected event did not arrive, or an "
        "unexpected one did",
    )
    parser.add_argument(
        "--port", type=_port, metavar="N", help=f"the product's port (default: {_PORT}, or a free one)"
    )
    parser.add_argument(
        "--inspector-port",
        type=_port,
        metavar="N",
        help=f"the inspector's port (default: {_INSPECTOR_PORT}, or a free one)",
    )
    parser.add_argument(
        "--sandbox-port",
        type=_port,
        metavar="N",
        help=f"the sandbox's port (default: {_SANDBOX_PORT}, or a free one)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="serve the product with N gunicorn processes, as in production (default: uvicorn alone)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(".run"),
        help="folder for the database, emails, logs and rejected events (default: %(default)s)",
    )
    parser.add_argument(
        "--traceparent-unsampled",
        action="store_true",
        help="send each request of the journey as part of a trace that its caller did not sample",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
