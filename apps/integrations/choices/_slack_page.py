"""The choice of the Slack channel and features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from apps.integrations.choices.base import Choice, Offer, Page, Saved
from apps.integrations.choices.forms import SlackFeaturesForm
from apps.integrations.choices.slack_features import Features, save_features
from apps.integrations.models import Connection, Provider, SlackFeatures, Trigger
from apps.integrations.providers import slack
from apps.teams.models import Team

__all__ = ["SLACK"]


_FEATURES = ("surveys_enabled", "leaderboard_enabled", "reveals_enabled")


class _SlackChoice(Choice):
    """The choice of a Slack channel and of the features that post to it."""

    provider = Provider.SLACK

    def chosen(self, team: Team) -> list[str]:
        features = _features(team)
        if features is None:
            return []
        enabled = [name for name in _FEATURES if getattr(features, name)]
        return [
            f"Channel: #{features.channel_name}" if features.channel_id else _gone(features),
            *(str(SlackFeaturesForm.base_fields[name].label) for name in enabled),
        ]

    def save(self, team: Team, page: Page, trigger: Trigger) -> Saved:  # noqa: ARG002 - nothing is synced
        sent = cast("SlackFeaturesForm", page.form).cleaned_data
        names = {one.id: one.name for one in page.offers}
        save_features(team, Features(**sent, channel_name=names[sent["channel_id"]]))
        return Saved()

    def _ask(self, team: Team, connection: Connection, *, may_keep: bool) -> list[Offer]:  # noqa: ARG002
        found = dict(slack.channels(connection.access_token))
        return [Offer(id=id_, name=name) for id_, name in sorted(found.items(), key=lambda one: one[1])]

    def _known(self, team: Team) -> list[Offer]:
        features = _features(team)
        return [Offer(id=features.channel_id, name=features.channel_name)] if features else []

    def _with_form(self, page: Page, team: Team, data: Any, *, is_needed: bool) -> Page:  # noqa: ARG002
        features = _features(team)
        channels = [(one.id, f"#{one.name}") for one in page.offers]
        form = SlackFeaturesForm(data, channels=channels, instance=features)
        is_lost = features is not None and not features.channel_id
        problem = f"{_gone(features)} Choose another one." if features and is_lost else ""
        return replace(page, form=form, problem=page.problem or problem)


def _gone(features: SlackFeatures) -> str:
    return f"The channel #{features.channel_name} is gone: nothing is posted."


def _features(team: Team) -> SlackFeatures | None:
    return SlackFeatures.objects.filter(team=team).first()


SLACK: Choice = _SlackChoice()
