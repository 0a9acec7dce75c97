"""Files of PostHog/posthog that several groups of rules were read from, with their commits."""

from __future__ import annotations

from typing import Final

__all__ = ["ERROR_TRACKING", "EVENT_UTILS", "GROUPS_STEP", "PERSON_MERGE", "VALIDATE_PROPERTIES"]

ERROR_TRACKING: Final = "nodejs/src/ingestion/pipelines/errortracking/error-tracking-pipeline.ts @00e596b"
EVENT_UTILS: Final = "nodejs/src/common/utils/event.ts @07eec2a"
GROUPS_STEP: Final = (
    "nodejs/src/ingestion/common/steps/event-processing/process-groups-step.ts @0f2595d, @56f9a3f"
)
PERSON_MERGE: Final = "nodejs/src/ingestion/common/persons/person-merge-service.ts @03330ef, @ee17309"
VALIDATE_PROPERTIES: Final = (
    "nodejs/src/ingestion/common/steps/event-preprocessing/validate-event-properties.ts @2ae3efa"
)
