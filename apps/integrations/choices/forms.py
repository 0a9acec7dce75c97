"""Forms on which a team chooses of what it has connected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms

from apps.integrations.models import SlackFeatures

__all__ = ["Option", "SelectionForm", "SlackFeaturesForm"]

# What a form sends for a choice, and what people read.
Option = tuple[str, str]

# Django's form classes are generic for type checkers only.
if TYPE_CHECKING:
    SlackFeaturesModelForm = forms.ModelForm[SlackFeatures]
else:
    SlackFeaturesModelForm = forms.ModelForm


class SelectionForm(forms.Form):
    """Choose any number of what there is.

    Args:
        data: what was sent; None to show the form.
        label: what is chosen.
        options: all that may be.
        chosen: the values chosen so far.
        needed: what to say if nothing is chosen; empty where that is fine.
    """

    chosen = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self,
        data: Any,
        *,
        label: str,
        options: Sequence[Option],
        chosen: Collection[str],
        needed: str = "",
    ) -> None:
        super().__init__(data, initial={"chosen": list(chosen)})
        field = cast("forms.MultipleChoiceField", self.fields["chosen"])
        field.label, field.choices = label, options
        field.required, field.error_messages["required"] = bool(needed), needed
        # What has vanished since the page was shown cannot be chosen any more.
        field.error_messages["invalid_choice"] = "%(value)s is not there any more. Choose again."


class SlackFeaturesForm(SlackFeaturesModelForm):
    """Choose what to get in Slack, and where.

    Args:
        data: what was sent; None to show the form.
        channels: those that there are.
        instance: what was chosen before.
    """

    channel_id = forms.ChoiceField(
        label="Channel",
        error_messages={
            "required": "Choose a channel.",
            "invalid_choice": "This channel is not there any more. Choose another one.",
        },
    )

    class Meta:
        """Hold the features; the channel's name follows from its id."""

        model = SlackFeatures
        fields = ("channel_id", "surveys_enabled", "leaderboard_enabled", "reveals_enabled")

    def __init__(self, data: Any, *, channels: Sequence[Option], instance: SlackFeatures | None) -> None:
        super().__init__(data, instance=instance)
        field = cast("forms.ChoiceField", self.fields["channel_id"])
        # The empty one first, or a channel that is gone would give way to another one unseen.
        field.choices = [("", "Choose a channel"), *channels]
