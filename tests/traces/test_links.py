from __future__ import annotations

import pytest

from otel import record, record_error
from otel.settings import Settings, SettingsError
from tests.otel.shop import SETTINGS, ParcelShipped, shop


def test_each_event_and_error_links_to_its_trace() -> None:
    with shop(SETTINGS.replace(trace_url="https://jaeger.example/trace/{trace_id}?uiEmbed=v0")) as captured:
        record(ParcelShipped(number=1))
        record_error(ValueError("boom"))
    assert {one.event for one in captured} == {"parcel_shipped", "$exception", "shop_failed"}
    for one in captured:
        trace_id = one.properties["$trace_id"]
        assert one.properties["trace_url"] == f"https://jaeger.example/trace/{trace_id}?uiEmbed=v0"


def test_without_a_trace_url_there_is_no_link() -> None:
    with shop() as captured:
        record(ParcelShipped(number=1))
    (one,) = captured
    assert "trace_url" not in one.properties


@pytest.mark.parametrize("address", ["jaeger.example/{trace_id}", "https://jaeger.example/trace/"])
def test_an_invalid_trace_url_is_rejected(address: str) -> None:
    with pytest.raises(SettingsError, match="use a URL such as"):
        Settings(trace_url=address)
    assert Settings.from_environ({"POSTHOG_TRACE_URL": address}).trace_url == ""
