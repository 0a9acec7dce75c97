"""The feedback form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from apps.feedback.models import Feedback

__all__ = ["FeedbackForm"]

# Django's form classes are generic for type checkers only.
if TYPE_CHECKING:
    FeedbackModelForm = forms.ModelForm[Feedback]
else:
    FeedbackModelForm = forms.ModelForm


class FeedbackForm(FeedbackModelForm):
    """A form with a category and an optional text."""

    class Meta:
        """The fields that people fill in; the view sets the user and the team."""

        model = Feedback
        fields = ("category", "text")
