"""TypeScript types of the browser's events: their text, and whether the compiler accepts calls with them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated, Literal

import pytest
from django.core.management import CommandError, call_command

from otel.events import Event, Organisation, Registry, TeamEvent, Technical, event
from otel.events.sensitivity import Sensitivity
from otel.generate import typescript

ROOT = Path(__file__).parents[3]


def _everything() -> Registry:
    """Return a registry with an event for each kind of property, each scope and each source."""
    registry = Registry()

    @event("page_drawn", tier=3, owner="tests", source="browser", registry=registry)
    class PageDrawn(Event):
        """A page was drawn.

        Args:
            words: how many /* of them */ there are.
        """

        words: int
        seconds: float
        is_first: bool
        title: Technical
        kind: Literal["a", 'b"c', 1, True]
        tags: tuple[Technical, ...]
        kinds: list[Literal["x", "y"]]
        nobody: Technical | None
        note: Technical | None = None
        carrier: Literal["post", "bike"] = "post"
        steps: list[Annotated[str, Sensitivity.ORGANISATION]] | None = None

    @event("bell_rung", tier=3, owner="tests", source="browser", registry=registry)
    class BellRung(TeamEvent):
        """A bell was rung."""

        customer: Organisation

    @event("lamp_lit", tier=3, owner="tests", source="browser", registry=registry)
    class LampLit(Event):
        """A lamp was lit."""

        team_slug: Organisation | None = None

    @event("mail_sent", tier=1, owner="tests", registry=registry)
    class MailSent(Event):
        """A mail was sent, by the server."""

    return registry


USE = """
import { type EventName, type EventProperties, ORGANISATION, TEAM_EVENTS } from "./events.generated";

function capture<Name extends EventName>(name: Name, properties: EventProperties[Name]): void {
  console.log(name, properties, TEAM_EVENTS.has(name), ORGANISATION[name].length);
}

const drawn: EventProperties["page_drawn"] = {
  words: 1, seconds: 0.5, is_first: true, title: "t", kind: 'b"c', tags: ["t"], kinds: ["x", "y"],
  nobody: null,
};
capture("page_drawn", drawn);
capture("page_drawn", { ...drawn, kind: 1, note: null, carrier: "bike", steps: ["s"] });
capture("page_drawn", { ...drawn, kind: true, steps: null });
capture("bell_rung", { team_slug: "acme", customer: "ACME" });
capture("lamp_lit", {});

// @ts-expect-error not declared
capture("page_drawm", drawn);
// @ts-expect-error a server event
capture("mail_sent", {});
// @ts-expect-error not one of the choices
capture("page_drawn", { ...drawn, kind: "b" });
// @ts-expect-error not one of the choices, in a list
capture("page_drawn", { ...drawn, kinds: ["z"] });
// @ts-expect-error text instead of a number
capture("page_drawn", { ...drawn, words: "many" });
// @ts-expect-error not nullable
capture("page_drawn", { ...drawn, carrier: null });
// @ts-expect-error undefined is not a value
capture("page_drawn", { ...drawn, note: undefined });
// @ts-expect-error a property is missing
capture("bell_rung", { team_slug: "acme" });
// @ts-expect-error a property is not declared
capture("bell_rung", { team_slug: "acme", customer: "ACME", colour: "red" });
"""


def test_the_browsers_events_are_written_with_their_docstrings_and_the_servers_are_not() -> None:
    text = typescript(_everything())

    assert "/** A page was drawn. */\nexport interface PageDrawn {" in text
    assert "  /** how many /* of them *\\/ there are. */\n  words: number;" in text
    assert "mail_sent" not in text
    assert text == typescript(_everything())


def test_team_events_and_organization_properties_are_listed() -> None:
    text = typescript(_everything())

    assert 'new Set<EventName>([\n  "bell_rung",\n]);' in text
    assert '  bell_rung: ["team_slug", "customer"],' in text
    assert '  lamp_lit: ["team_slug"],' in text
    assert '  page_drawn: ["steps"],' in text


@pytest.mark.slow
@pytest.mark.parametrize("is_empty", [False, True])
def test_the_compiler_accepts_valid_calls_and_rejects_invalid_ones(tmp_path: Path, is_empty: bool) -> None:
    (tmp_path / "events.generated.ts").write_text(typescript(Registry() if is_empty else _everything()))
    if not is_empty:
        (tmp_path / "use.ts").write_text(USE)
    (tmp_path / "tsconfig.json").write_text(
        f'{{"extends": "{ROOT}/tsconfig.json", "compilerOptions": {{"paths": {{}}}}, "include": ["*.ts"]}}'
    )

    compiled = subprocess.run(
        [ROOT / "node_modules/.bin/tsc", "--project", tmp_path], capture_output=True, text=True, check=False
    )

    assert compiled.stdout == ""
    assert compiled.returncode == 0


def test_the_products_own_types_are_current() -> None:
    call_command("telemetry", "generate", "--check", str(ROOT / "assets/javascript"))


def test_a_stale_module_is_reported_with_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"events.generated.ts in .* run `telemetry generate --write"):
        call_command("telemetry", "generate", "--check", str(tmp_path))
    call_command("telemetry", "generate", "--write", str(tmp_path))
    call_command("telemetry", "generate", "--check", str(tmp_path))
