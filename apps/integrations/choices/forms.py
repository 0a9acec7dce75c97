"""Forms for the choices that a team makes for its connections."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms

from apps.integrations.models import SlackFeatures

__all__ = ["Option", "SelectionForm", "SlackFeaturesForm"]

# The submitted value and the label.
Option = tuple[str, str]

# Django's form classes are generic for type checkers only.
if TYPE_CHECKING:
    SlackFeaturesModelForm = forms.ModelForm[SlackFeatures]
else:
    SlackFeaturesModelForm = forms.ModelForm


class SelectionForm(forms.Form):
    """A form for choosing any number of options.

    Args:
        data: the submitted form; None to show the form.
        label: the label of the list.
        options: all options.
        chosen: the values of the current choice.
        needed: the error message for an empty choice; an empty string allows an empty choice.
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
        # For an option that disappeared after the page was shown.
        field.error_messages["invalid_choice"] = "%(value)s is not there any more. Choose again."


class SlackFeaturesForm(SlackFeaturesModelForm):
    """A form for choosing a Slack channel and the features that post to it.

    Args:
        data: the submitted form; None to show the form.
        channels: the workspace's public channels.
        instance: the current choice; None if nothing was chosen yet.
    """

    channel_id = forms.ChoiceField(
        label="Channel",
        error_messages={
            "required": "Choose a channel.",
            "invalid_choice": "This channel is not there any more. Choose another one.",
        },
    )

    class Meta:
        """The channel's id and the features; the channel's name follows from its id."""

        model = SlackFeatures
        fields = ("channel_id", "surveys_enabled", "leaderboard_enabled", "reveals_enabled")

    def __init__(self, data: Any, *, channels: Sequence[Option], instance: SlackFeatures | None) -> None:
        super().__init__(data, instance=instance)
        field = cast("forms.ChoiceField", self.fields["channel_id"])
        # Start with an empty option: otherwise a deleted channel would silently be replaced by the first one.
        field.choices = [("", "Choose a channel"), *channels]
