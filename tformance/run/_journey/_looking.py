"""The steps in which a member uses a team's data: tabs, filters, lists, a file, insights, feedback."""

from __future__ import annotations

from tformance.run._journey._expected import in_team
from tformance.run._journey._stage import Stage, Step
from tformance.run.arrivals.arrival import A_NUMBER, A_WORD

__all__ = ["STEPS"]

_TABS = ("overview", "ai_adoption", "delivery", "quality", "team", "trends")


def _open_tabs(stage: Stage) -> None:
    for tab in _TABS:
        stage.grace.browser.open(f"/analytics/{tab}/")


def _choose_time(stage: Stage) -> None:
    stage.grace.browser.submit("Show", range="90d")
    stage.grace.browser.submit("Show")


def _choose_repository(stage: Stage) -> None:
    stage.grace.browser.submit("Show", repo=["analytical-engines/engine"])


def _filter_list(stage: Stage) -> None:
    stage.grace.browser.click("Pull requests")
    stage.grace.browser.submit("Show", state="merged", ai="yes")


def _open_pull_request(stage: Stage) -> None:
    stage.grace.browser.follow("tbody th a")


def _export(stage: Stage) -> None:
    stage.grace.browser.open("/analytics/pull-requests/")
    stage.grace.browser.click("Download as CSV")


def _open_insight(stage: Stage) -> None:
    stage.grace.browser.open("/insights/")
    stage.grace.browser.follow("main li h2 a")
    stage.grace.browser.submit("Dismiss")


def _send_feedback(stage: Stage) -> None:
    stage.grace.browser.open("/feedback/")
    stage.grace.browser.submit("Send feedback", category="praise", text="The tabs are what we were missing.")


STEPS = (
    Step(
        "Grace looks at each tab",
        _open_tabs,
        tuple(in_team("Grace", "analytics_viewed", tab=tab, date_range="30d") for tab in _TABS),
    ),
    Step(
        "Grace chooses another time, and the same again",
        _choose_time,
        (in_team("Grace", "date_filter_changed", date_range="90d", previous_range="30d", page="trends"),),
    ),
    Step(
        "Grace chooses a repository",
        _choose_repository,
        (in_team("Grace", "repo_filter_applied", repos_count=1, page="trends"),),
    ),
    Step(
        "Grace filters the list of pull requests",
        _filter_list,
        (in_team("Grace", "pr_list_filtered", filters=["state", "ai"], sort="-opened"),),
    ),
    Step(
        "Grace opens a pull request",
        _open_pull_request,
        (in_team("Grace", "pr_detail_viewed", pr_age_days=A_NUMBER, is_ai_assisted=True, state="merged"),),
    ),
    Step(
        "Grace downloads the list",
        _export,
        (in_team("Grace", "pr_list_exported", format="csv", row_count=A_NUMBER, has_filters=True),),
    ),
    Step(
        "Grace opens an insight, and dismisses it",
        _open_insight,
        (in_team("Grace", "insight_viewed", insight_type=A_WORD, priority=A_WORD, age_days=0),),
    ),
    Step(
        "Grace sends feedback",
        _send_feedback,
        (in_team("Grace", "feedback_submitted", category="praise", has_text=True),),
    ),
)
