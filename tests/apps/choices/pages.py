"""Readers for the pages of choices."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.test import Client

__all__ = ["choices", "slack_form", "ticked"]


def choices(client: Client, path: str) -> dict[str, str]:
    """Return the values of a page's options by their labels."""
    page = BeautifulSoup(client.get(path).content, "html.parser")
    boxes = {
        label.text.strip(): box["value"]
        for label in page.select("label")
        if (box := label.select_one("input"))
    }
    options = {option.text: option["value"] for option in page.select("select[name=channel_id] option")}
    return {name: str(value) for name, value in (boxes | options).items()}


def slack_form(client: Client, path: str = "/onboarding/slack/", **features: str) -> dict[str, str]:
    """Return a form that chooses #engineering and two of the features."""
    channel = {"channel_id": choices(client, path)["#engineering"]}
    return channel | (features or {"surveys_enabled": "on", "leaderboard_enabled": "on"})


def ticked(client: Client, path: str) -> list[str]:
    """Return the labels of the checked boxes."""
    page = BeautifulSoup(client.get(path).content, "html.parser")
    labels = [box.find_parent("label") for box in page.select("input[checked]")]
    return [label.text.strip() for label in labels if label is not None]
