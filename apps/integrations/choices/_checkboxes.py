"""A form of check boxes over a list that may be long."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from apps.integrations.choices.base import Offer, Page
from apps.integrations.choices.forms import SelectionForm

__all__ = ["selected", "with_selection"]

# What a person reads through before searching is less trouble; Django takes 1,000 fields of a form at most.
_LISTED = 200
# A list of fewer is read faster than searched.
_SEARCHED = 20


def with_selection(
    page: Page, data: Any, *, label: str, chosen: Collection[str], needed: str, name: Callable[[Offer], str]
) -> Page:
    """Return the page with its form; what is chosen is always listed, or sending the form would drop it.

    Args:
        page: with its offers.
        data: what was sent; None to show the form.
        label: what is chosen.
        chosen: the ids chosen so far.
        needed: what to say if nothing is chosen; empty where that is fine.
        name: what people read for an offer.
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
    """Return what was chosen on a valid form.

    Args:
        page: with that form.
    """
    form = page.form
    ids = set(form.cleaned_data["chosen"]) if isinstance(form, SelectionForm) else set()
    return [one for one in page.offers if one.id in ids]
