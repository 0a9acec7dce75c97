"""The transport: what it sends, which responses it accepts, and how it describes a missing response."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest

from otel.delivery.http import Answer, NoResponse, Transport
from tests.otel.delivery.scripted import Scripted, Step

LARGEST = 8 * 1024 * 1024


@pytest.fixture
def transport(server: Scripted) -> Iterator[Transport]:
    made = Transport(f"{server.url}/prefix/")
    yield made
    made.close()


def test_a_request_has_the_hosts_path_its_own_headers_and_the_clients_name(
    transport: Transport, server: Scripted
) -> None:
    answer = transport.post("/batch/", b"body", {"X-Own": "1"}, 5.0)
    (asked,) = server.asked
    assert (asked.path, asked.raw) == ("/prefix/batch/", b"body")
    assert asked.headers["x-own"] == "1"
    assert asked.headers["user-agent"] == f"tformance-otel/{version('tformance-otel')}"
    assert (answer.status, answer.body) == (200, Step().body)


def test_a_response_of_any_status_is_an_answer(transport: Transport, server: Scripted) -> None:
    server.steps.append(Step(503, b"later", {"Retry-After": "7"}))
    answer = transport.post("/batch/", b"", {}, 5.0)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (503, b"later", "7")


def test_a_compressed_response_is_not_decompressed(transport: Transport, server: Scripted) -> None:
    server.steps.append(Step(200, b"not gzip", {"Content-Encoding": "gzip"}))
    assert transport.post("/batch/", b"", {}, 5.0).body == b"not gzip"


def test_a_response_of_more_than_8_mib_is_none(transport: Transport, server: Scripted) -> None:
    server.steps.extend([Step(body=b"x" * LARGEST), Step(body=b"x" * (LARGEST + 1))])
    assert len(transport.post("/batch/", b"", {}, 20.0).body) == LARGEST
    with pytest.raises(NoResponse, match=r"the response was not complete after 8[0-9]+ bytes"):
        transport.post("/batch/", b"", {}, 20.0)
    assert transport.post("/batch/", b"", {}, 5.0).status == 200


def test_a_response_that_is_cut_short_is_none(transport: Transport, server: Scripted) -> None:
    server.steps.append(Step(body=b"x" * 100, cut=True))
    with pytest.raises(NoResponse, match=f"^cannot reach {server.url}/prefix/: "):
        transport.post("/batch/", b"", {}, 5.0)


def test_the_time_is_for_the_whole_response(transport: Transport, server: Scripted) -> None:
    server.steps.append(Step(body=b"x" * 100, drip=0.02))
    with pytest.raises(NoResponse):
        transport.post("/batch/", b"", {}, 0.3)


def test_a_host_that_cannot_be_reached_is_named_without_the_clients_internals() -> None:
    transport = Transport("http://127.0.0.1:9")
    with pytest.raises(NoResponse) as raised:
        transport.post("/batch/", b"", {}, 5.0)
    assert str(raised.value) == "cannot reach http://127.0.0.1:9: Connection refused"


@pytest.mark.parametrize("host", ["http://[", "http://host\ud800.invalid"])
def test_a_host_that_is_not_valid_is_no_response(host: str) -> None:
    with pytest.raises(NoResponse) as raised:
        Transport(host).post("/batch/", b"", {}, 5.0)
    str(raised.value).encode()


def test_a_header_that_cannot_be_sent_is_not_quoted(transport: Transport, server: Scripted) -> None:
    with pytest.raises(NoResponse, match=r"^(UnicodeEncodeError|ValueError)$"):
        transport.post("/batch/", b"", {"Authorization": "Bearer phc_\u20ac"}, 5.0)
    assert server.asked == []


def test_a_closed_transport_opens_new_connections(transport: Transport, server: Scripted) -> None:
    for _ in range(2):
        transport.post("/batch/", b"", {}, 5.0)
    transport.close()
    transport.close()
    transport.post("/batch/", b"", {}, 5.0)
    first, second, third = (asked.port for asked in server.asked)
    assert first == second != third


def test_aborting_a_thread_without_a_request_does_nothing(transport: Transport) -> None:
    transport.abort(12345)
    assert isinstance(transport.post("/batch/", b"", {}, 5.0), Answer)
