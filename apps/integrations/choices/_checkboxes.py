"""Checkbox form for a list that may be long."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from apps.integrations.choices.base import Offer, Page
from apps.integrations.choices.forms import SelectionForm

__all__ = ["selected", "with_selection"]

# Longer lists are quicker to search than to read; Django accepts at most 1,000 fields in a form.
_LISTED = 200
# Shorter lists get no search box, because reading them is quicker.
_SEARCHED = 20


def with_selection(
    page: Page, data: Any, *, label: str, chosen: Collection[str], needed: str, name: Callable[[Offer], str]
) -> Page:
    """Return the page with its form.

    Chosen options are always listed: submitting the form would deselect those that are not.

    Args:
        page: the page with its offers.
        data: the submitted form; None to show the form.
        label: the label of the list.
        chosen: the ids of the current choice.
        needed: the error message for an empty choice; an empty string allows an empty choice.
        name: returns the label of an offer.
    """
    offers, more = page.offers, 0
    if data is None:
        words = page.query.lower().split()
        found = [one for one in offers if all(word in name(one).lower() for word in words)]
        listed = {one.id for one in found[:_LISTED]} | set(chosen)
        offers, more = [one for one in offers if one.id in listed], len(found[_LISTED:])
    form = SelectionForm(
        data,
        label=label,
        options=[(one.id, name(one)) for one in offers],
        chosen=chosen,
        needed=needed,
    )
    return replace(page, form=form, has_search=len(page.offers) > _SEARCHED, more=more)


def selected(page: Page) -> list[Offer]:
    """Return the offers that were chosen.

    Args:
        page: a page whose form is valid.
    """
    form = page.form
    ids = set(form.cleaned_data["chosen"]) if isinstance(form, SelectionForm) else set()
    return [one for one in page.offers if one.id in ids]
