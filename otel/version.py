"""The version of this distribution, as PostHog sees it in `$lib_version`."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
