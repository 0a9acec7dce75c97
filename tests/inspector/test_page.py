"""The page and the JSON API: content is escaped, and other sites have no access."""

from __future__ import annotations

import threading

import pytest
from bs4 import BeautifulSoup

from otel.inspector import RunningInspector, running_inspector
from tests.inspector.sending import Sender, batch, event

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</tbody></table><h1>gone</h1>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}",
    "</script><!--",
    "\u202etxt.exe",
)


def test_the_page_shows_what_arrived_without_javascript(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(event("user_signed_up", properties={"team_slug": "acme"}), event("$exception")))
    page = BeautifulSoup(sender.send("GET", "/").data, "html.parser")
    rows = [row for row in page.select("#list tr[data-uuid]") if row["data-uuid"]]
    cells = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in rows]
    assert [row[:1] + row[2:] for row in cells] == [
        ["03:04:05.678", "u1", ""],
        ["03:04:05.678", "u1", "acme"],
    ]
    assert [row["data-kind"] for row in rows] == ["error", "funnel"]
    assert [count.get_text() for count in page.select("[data-count=good]")] == ["2"]
    assert inspector.all()["good"] == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_text(inspector: RunningInspector, sender: Sender, name: str) -> None:
    sender.post(batch(event(name, distinct_id=name, properties={"team_slug": name})))
    assert inspector.good()[0]["event"] == name
    page = BeautifulSoup(sender.send("GET", "/").data, "html.parser")
    [row] = [row for row in page.select("#list tr[data-uuid]") if row["data-uuid"]]
    shown = {field["data-field"]: field.get_text() for field in row.select("[data-field]")}
    assert (shown["event"], shown["person"], shown["team"]) == (name, name, name)
    assert [script.get("src") for script in page.select("script")] == ["/inspector/page/inspector.js"]
    assert [tag.name for tag in page.find_all(True) if any(key.startswith("on") for key in tag.attrs)] == []


def test_the_page_loads_files_only_from_the_inspector(inspector: RunningInspector, sender: Sender) -> None:
    page = sender.send("GET", "/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    document = BeautifulSoup(page.data, "html.parser")
    links = [tag.get("src") or tag.get("href") for tag in document.select("script, link, img")]
    assert all(str(link).startswith("/inspector/page/") for link in links)
    assert {sender.send("GET", str(link)).status for link in links} == {200}
    assert not document.select("[style], style")
    assert sender.send("GET", "/inspector/page/nothing.js").status == 404
    assert sender.send("GET", "/inspector/page/..%2f__init__.py").status == 404
    assert inspector.requests() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_can_neither_read_nor_reset(
    inspector: RunningInspector, sender: Sender, method: str
) -> None:
    sender.post(batch(event()))
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "null"},
    ):
        assert sender.send(method, "/inspector/reset", headers=headers).status == 403
    assert sender.send("GET", "/inspector/good", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert inspector.all()["good"] == 1


def test_the_page_itself_can_reset(inspector: RunningInspector, sender: Sender) -> None:
    sender.post(batch(event()))
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": inspector.url}
    assert sender.send("POST", "/inspector/reset", headers=headers).status == 200
    assert inspector.all()["total"] == 0


@pytest.mark.parametrize("path", ["/", "/inspector/all", "/batch/"])
def test_a_host_name_that_was_rebound_to_this_address_is_refused(
    inspector: RunningInspector, sender: Sender, path: str
) -> None:
    for host in ("evil.example", "evil.example:8010", "127.0.0.1.evil.example", ""):
        assert sender.send("GET", path, headers={"Host": host}).status in (400, 403)
    port = inspector.url.rpartition(":")[2]
    for host in (f"localhost:{port}", "LOCALHOST", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert sender.send("GET", "/inspector/all", headers={"Host": host}).status == 200


def test_the_health_check_answers(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.send("GET", "/inspector/health").json() == {"status": "ok"}
    assert inspector.all()["total"] == 0


def test_flags_can_be_set(inspector: RunningInspector, sender: Sender) -> None:
    assert sender.post({"token": "phc_test"}, "/flags/?v=2").json()["flags"] == {}
    assert sender.send("GET", "/array/phc_test/config").json()["hasFeatureFlags"] is False
    inspector.flags({"new-chart": True, "layout": "wide", "old": False})
    flags = sender.post({"token": "phc_test"}, "/flags/?v=4").json()["flags"]
    assert {key: (flag["enabled"], flag["variant"]) for key, flag in flags.items()} == {
        "new-chart": (True, None),
        "layout": (True, "wide"),
        "old": (False, None),
    }
    assert sender.send("GET", "/array/phc_test/config").json()["hasFeatureFlags"] is True
    assert sender.send("GET", "/flags/definitions?token=phc_test").status == 401
    definitions = sender.send("GET", "/flags/definitions", headers={"Authorization": "Bearer phx_1"}).json()
    assert [flag["key"] for flag in definitions["flags"]] == ["new-chart", "layout", "old"]
    assert sender.send("GET", "/array/phc_test/config.js").status == 404
    assert sender.post([1], "/inspector/flags").status == 400


def test_a_port_can_be_reused_immediately_and_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    with running_inspector() as first:
        port = int(first.url.rpartition(":")[2])
    with running_inspector(port) as second:
        assert second.all()["total"] == 0
        with pytest.raises(OSError, match="in use"), running_inspector(port):
            pass
    assert set(threading.enumerate()) == before
