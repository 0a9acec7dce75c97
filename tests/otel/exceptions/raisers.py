"""All cases by name."""

from __future__ import annotations

from tests.otel.exceptions import chains, singles
from tests.otel.exceptions.cases import CASES, caught

__all__ = ["CASES", "caught", "chains", "singles"]
