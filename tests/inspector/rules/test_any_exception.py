"""For any `$exception`, the inspector returns a verdict and all of its views work."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel.inspector.capture import Verdict
from otel.inspector.rules.frames import PLATFORMS
from tests.inspector.rules.cases_exceptions import one
from tests.inspector.rules.conftest import Harness
from tests.inspector.rules.test_frames_by_platform import WHOLE
from tests.inspector.sending import batch, event

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=9)
)
NAMES = st.sampled_from(sorted({field for fields in PLATFORMS.values() for field in fields} | {"platform"}))
ANY = st.recursive(
    SCALARS | st.sampled_from(sorted(PLATFORMS)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)
FRAMES = st.builds(
    lambda platform, changes: {"platform": platform, **WHOLE[platform], **changes},
    st.sampled_from(sorted(WHOLE)),
    st.dictionaries(NAMES, ANY, max_size=2),
)
STACKS = st.builds(
    lambda kind, frames: {"type": kind, "frames": frames},
    st.sampled_from(["raw", "resolved", "cooked"]) | ANY,
    st.lists(FRAMES | ANY, max_size=3) | ANY,
)
EXCEPTIONS = st.fixed_dictionaries(
    {"type": st.text(max_size=5) | ANY},
    optional={
        "value": st.text(max_size=5) | ANY,
        "stacktrace": STACKS | ANY,
        "mechanism": st.dictionaries(st.sampled_from(["type", "handled", "source"]), ANY) | ANY,
        "thread_id": ANY,
        "module": ANY,
    },
)
OTHERS = (
    "$exception_fingerprint", "$exception_handled", "$issue_name", "$debug_images", "$groups", "$set",
    "$release_id", "$lib", "$lib_version", "occurrences", "$process_person_profile",
)  # fmt: skip
PROPERTIES = st.fixed_dictionaries(
    {"$exception_list": st.lists(EXCEPTIONS | ANY, max_size=3) | ANY},
    optional=dict.fromkeys(OTHERS, ANY),
)
UNREADABLE = "error_tracking_exception_processing_errors"
VIEWS = ("all", "good", "bad", "persons", "groups", "errors", "warnings", "rules", "definitions")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(properties=PROPERTIES)
def test_any_exception_gets_a_verdict(harness: Harness, properties: dict[str, Any]) -> None:
    harness.inspector.reset()
    assert harness.sender.post(orjson.dumps(batch(event("$exception", properties=properties)))).status == 200
    [outcome] = [found["outcome"] for found in harness.inspector.good()]
    assert outcome["verdict"] in set(Verdict)
    assert (
        (outcome["issue"] is None) == (outcome["verdict"] == "no issue") == (harness.inspector.errors() == [])
    )
    if outcome["issue"] is None:
        assert UNREADABLE in [found["type"] for found in outcome["warnings"]]
    for view in VIEWS:
        assert harness.sender.send("GET", f"/inspector/{view}").status == 200
    assert harness.sender.send("GET", "/").status == 200


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stack=STACKS, off=st.sets(st.sampled_from([f"EX-{number}" for number in range(1, 19)])))
def test_no_rule_relies_on_another_to_keep_it_from_failing(
    harness: Harness, stack: Any, off: set[str]
) -> None:
    harness.inspector.reset()
    harness.project.disabled.clear()
    harness.project.disabled.update(off)
    sent = event("$exception", properties={"$exception_list": [one(stacktrace=stack)]})
    assert harness.sender.post(orjson.dumps(batch(sent))).status == 200
    assert harness.sender.send("GET", "/inspector/errors").status == 200
