"""Bodies are compressed with isal or zlib; a receiver cannot tell the difference."""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel import Settings
from otel.delivery.http import _compression
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture
from otel.inspector.running import running_inspector
from otel.outcomes import Ledger

Compress = Callable[[bytes], bytes]


@pytest.fixture(params=["isal", "zlib"])
def compress(request: pytest.FixtureRequest) -> Iterator[Compress]:
    """Give the function as it is with and without the extra `fast`."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "zlib":
            patch.setitem(sys.modules, "isal.igzip", None)
        else:
            pytest.importorskip("isal.igzip")
        yield importlib.reload(_compression).compress
    importlib.reload(_compression)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text().map(lambda text: (text * 99).encode()))
def test_the_body_can_be_read_and_is_the_same_each_time(compress: Compress, raw: bytes) -> None:
    packed = compress(raw)
    assert gzip.decompress(packed) == raw
    assert compress(raw) == packed
    assert packed[4:8] == bytes(4)  # no time


def test_isal_is_used_where_it_is_installed(compress: Compress, request: pytest.FixtureRequest) -> None:
    raw = b"".join(b'{"event":"parcel_shipped","number":%d}' % number for number in range(500))
    is_zlib = compress(raw) == gzip.compress(raw, 1, mtime=0)
    assert is_zlib is (request.node.callspec.params["compress"] == "zlib")
    assert len(compress(raw)) < len(raw) / 3
    assert zlib.decompress(compress(raw), wbits=31) == raw


def test_posthogs_stand_in_reads_either(compress: Compress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otel.delivery.http._sender.compress", compress)
    time = "2026-11-23T09:00:00.000000Z"
    capture = Capture(
        "parcel_shipped", "anna", "019aafd4-4f40-7d3e-9f60-2a4b6c8d0e1f", time, {"note": "ab" * 900}
    )
    with running_inspector() as inspector:
        client = PostHogClient(Settings(api_key="phc_test", host=inspector.url), Ledger())
        assert not client.deliver([capture])
        client.close()
        (arrived,) = inspector.good()
    assert (arrived["event"], arrived["properties"]["note"]) == ("parcel_shipped", "ab" * 900)
