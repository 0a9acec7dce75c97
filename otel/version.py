"""Version of this distribution, which PostHog shows as `$lib_version`."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
