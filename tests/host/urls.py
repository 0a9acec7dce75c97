from __future__ import annotations

from django.urls import path

from tests.host import failing_views, views

urlpatterns = [
    path(f"{name}/", getattr(views, name), name=name)
    for name in (
        "ship",
        "ship_async",
        "ship_and_wait",
        "ship_and_wait_async",
        "ship_plainly",
        "ship_in_inner_span",
        "ship_and_roll_back",
        "sign_in",
        "raise_plainly",
        "raise_chained",
        "raise_async",
        "raise_in_inner_span",
        "raise_in_template",
        "raise_404",
        "raise_403",
        "raise_400",
        "raise_suspicious",
        "return_404",
        "return_500",
        "handle_database_error",
        "handle_inner_span",
        "handle_and_record",
        "handle_and_note",
        "handle_and_report",
        "record_and_reraise",
        "stream",
        "stream_async",
        "pid",
        "run_task",
        "enqueue",
    )
] + [
    path(f"{name}/", getattr(failing_views, name), name=name)
    for name in (
        "end",
        "end_async",
        "end_in_inner_span",
        "raise_changing",
        "raise_timeout",
        "raise_unspeakable",
        "report_three_alike",
        "rest",
    )
]
