"""What all pages of metrics show around their content: the tabs, and the filters that they share."""

from __future__ import annotations

from typing import Any

from django.utils.http import urlencode

from apps.metrics.filters.query import RANGES
from apps.metrics.filters.view_state import MetricsView
from apps.metrics.tabs import TABS

__all__ = ["page_context"]


def page_context(seen: MetricsView) -> dict[str, Any]:
    """Return what the templates need besides their content.

    Args:
        seen: what the page looks at.
    """
    filters = seen.selection.filters
    return {
        "tabs": TABS.values(),
        "ranges": RANGES.items(),
        "repositories": seen.repositories.items(),
        "filters": filters,
        "query": urlencode(filters.query),
    }
