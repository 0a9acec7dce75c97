"""The AI adoption tab: the share of assisted pull requests, the tools, and a comparison."""

from __future__ import annotations

from apps.metrics.figures.charts import Chart, Series
from apps.metrics.figures.figures import middle, share
from apps.metrics.figures.pulls import Pull
from apps.metrics.formatting import written
from apps.metrics.pull_requests.listing import Listing
from apps.metrics.tabs._scope import Scope
from apps.metrics.tabs.content import Cell, Content, Table, card

__all__ = ["content"]

# For assisted pull requests whose tool is not known.
_UNNAMED = "Not named"


def content(scope: Scope) -> Content:
    """Return the content of the tab.

    Args:
        scope: the pull requests and filters of the tab.
    """
    opened = scope.opened
    assisted = [pull for pull in opened if pull.is_ai_assisted]
    earlier = [pull for pull in scope.opened_before if pull.is_ai_assisted]
    return Content(
        cards=(
            scope.card("Assisted by AI", "ai_share", "percent"),
            card("Pull requests with AI", len(assisted), len(earlier) if scope.before else None),
            card("Tools in use", len(_tools(assisted)), len(_tools(earlier)) if scope.before else None),
        ),
        charts=(
            Chart(
                key="ai_share",
                title="Share of pull requests assisted by AI",
                across="From",
                labels=scope.step_labels,
                series=(Series("Assisted by AI", tuple(one.ai_share for one in scope.figures_by_step)),),
                unit="percent",
            ),
        ),
        tables=(_by_tool(scope, opened, assisted), _compared(scope, opened)),
    )


def _tools(assisted: list[Pull]) -> set[str]:
    return {pull.ai_tool or _UNNAMED for pull in assisted}


def _by_tool(scope: Scope, opened: list[Pull], assisted: list[Pull]) -> Table:
    by_tool: dict[str, list[Pull]] = {}
    for pull in assisted:
        by_tool.setdefault(pull.ai_tool, []).append(pull)
    most_first = sorted(by_tool.items(), key=lambda item: (-len(item[1]), item[0]))
    return Table(
        caption="By tool",
        columns=("Tool", "Pull requests", "Of all", "Time to merge", "Typical size"),
        rows=tuple(
            (
                Cell(tool, scope.list_url(Listing(ai=tool))) if tool else Cell(_UNNAMED),
                Cell(written(len(group), "count")),
                Cell(written(share(len(group), len(opened)), "percent")),
                Cell(written(middle(pull.cycle_hours for pull in group), "hours")),
                Cell(written(middle(pull.size for pull in group), "lines")),
            )
            for tool, group in most_first
        ),
        note="Found by what tools leave behind: co-authors of commits, descriptions, branches, accounts.",
        empty="No tool has left its mark on a pull request in this range.",
    )


def _compared(scope: Scope, opened: list[Pull]) -> Table:
    groups = (
        ("With AI", "yes", [pull for pull in opened if pull.is_ai_assisted]),
        ("Without", "no", [pull for pull in opened if not pull.is_ai_assisted]),
    )
    return Table(
        caption="With AI and without",
        columns=(
            "",
            "Pull requests",
            "Merged so far",
            "Time to merge",
            "Wait for the first review",
            "Typical size",
        ),
        rows=tuple(
            (
                Cell(label, scope.list_url(Listing(ai=choice))),
                Cell(written(len(group), "count")),
                Cell(
                    written(share(sum(pull.merged_at is not None for pull in group), len(group)), "percent")
                ),
                Cell(written(middle(pull.cycle_hours for pull in group), "hours")),
                Cell(written(middle(pull.review_hours for pull in group), "hours")),
                Cell(written(middle(pull.size for pull in group), "lines")),
            )
            for label, choice, group in groups
        ),
        note="Of what was opened in this range. People choose what to use AI for: more than that differs.",
    )
