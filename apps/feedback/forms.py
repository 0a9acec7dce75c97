"""Asking people what they want to tell us."""

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
    """Ask what it is about, and for as many words as one likes to spend."""

    class Meta:
        """Leave who says it, and of which team, to the request."""

        model = Feedback
        fields = ("category", "text")
