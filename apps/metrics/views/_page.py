"""Template context that all metrics pages share: the tabs and the filters."""

from __future__ import annotations

from typing import Any

from django.utils.http import urlencode

from apps.metrics.filters.query import RANGES
from apps.metrics.filters.view_state import MetricsView
from apps.metrics.tabs import TABS

__all__ = ["page_context"]


def page_context(seen: MetricsView) -> dict[str, Any]:
    """Return the template context that all metrics pages share.

    Args:
        seen: the view that the page shows.
    """
    filters = seen.selection.filters
    return {
        "tabs": TABS.values(),
        "ranges": RANGES.items(),
        "repositories": seen.repositories.items(),
        "filters": filters,
        "query": urlencode(filters.query),
    }
