"""Lint rules for declarations: each rule is a function whose docstring explains it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from typing import Literal, get_args, get_origin

from otel.events.declaration import Declaration, Property, PropertySet
from otel.events.registry import Registry
from otel.events.sensitivity import Sensitivity

__all__ = ["RULES", "Finding", "lint"]

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# Past tenses that do not end in -ed, limited to verbs that product events use.
_IRREGULAR = frozenset(
    {
        "begun",
        "bought",
        "built",
        "chosen",
        "done",
        "drawn",
        "found",
        "given",
        "gone",
        "held",
        "kept",
        "left",
        "lost",
    }
    | {
        "made",
        "met",
        "paid",
        "read",
        "run",
        "said",
        "seen",
        "sent",
        "set",
        "shown",
        "sold",
        "spent",
        "taken",
        "won",
    }
)
# A state or an occasion instead of an action; the tracking plan uses this name (`events.md`).
_NOT_VERBS = frozenset({"view"})

# Names this similar are the same event written twice ("repo_synced", "repos_synced").
_TOO_SIMILAR = 0.93
# Prefixes that turn a word into its opposite: `connected` and `disconnected` are two events.
_OPPOSITES = ("de", "dis", "un")


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in a declaration.

    Args:
        rule: the rule's id, such as `E001`.
        subject: the class that declares the event or property.
        problem: the problem.
        hint: how to fix the problem.
    """

    rule: str
    subject: object
    problem: str
    hint: str


def snake_case(registry: Registry) -> Iterator[Finding]:
    """Names are snake_case, because PostHog sorts, searches and exports them as written."""
    for event in registry:
        for name in (event.name, *event.properties):
            if not _SNAKE_CASE.fullmatch(name):
                yield Finding(
                    "E001",
                    event.event_class,
                    f"{name!r} is not snake_case",
                    "Use a-z, 0-9 and single underscores.",
                )
    for declared in registry.property_sets:
        for name in declared.properties:
            if not _SNAKE_CASE.fullmatch(name):
                yield Finding(
                    "E001",
                    declared.set_class,
                    f"{name!r} is not snake_case",
                    "Use a-z, 0-9 and single underscores.",
                )


def past_tense(registry: Registry) -> Iterator[Finding]:
    """Events of tiers 1 and 2 are completed actions in the past tense: `connected`, not `connect`."""
    for event in registry:
        words = event.name.split("_")
        is_past = any(word.endswith("ed") or word in _IRREGULAR for word in words)
        if event.tier < 3 and not is_past and words[-1] not in _NOT_VERBS:
            yield Finding(
                "E002",
                event.event_class,
                f"{event.name!r} has no verb in the past tense",
                "Name the completed action, such as `report_exported`; a state belongs in tier 3.",
            )


def described(registry: Registry) -> Iterator[Finding]:
    """Every declaration has its own docstring, which is its entry in the catalog."""
    for one in (*registry, *registry.property_sets):
        subject = one.event_class if isinstance(one, Declaration) else one.set_class
        if not one.description:
            yield Finding("E003", subject, "it has no docstring", "Say in one sentence when it is recorded.")


def owned(registry: Registry) -> Iterator[Finding]:
    """Every declaration names its owner."""
    for one in (*registry, *registry.property_sets):
        if not one.owner.strip():
            subject = one.event_class if isinstance(one, Declaration) else one.set_class
            yield Finding("E004", subject, "it has no owner", "Name the responsible app or team.")


def not_personal(registry: Registry) -> Iterator[Finding]:
    """No property is personal: the id alone identifies a person."""
    for subject, prop in _properties(registry):
        if prop.sensitivity is Sensitivity.PERSONAL:
            yield Finding(
                "E005", subject, f"{prop.name!r} is personal", "Remove it; the distinct id is enough."
            )


def sensitivity_stated(registry: Registry) -> Iterator[Finding]:
    """Free text states its sensitivity, because a plain `str` can easily contain a customer's name."""
    for subject, prop in _properties(registry):
        if not prop.states_sensitivity and _holds_text(prop.annotation):
            yield Finding(
                "E006",
                subject,
                f"{prop.name!r} is free text and does not state its sensitivity",
                "Declare it as Technical or Organisation, or as a Literal of its values.",
            )


def distinct_names(registry: Registry) -> Iterator[Finding]:
    """No two events have nearly the same name, because the product team could not tell which one to trust."""
    for one, other in combinations(registry, 2):
        is_similar = SequenceMatcher(None, one.name, other.name, autojunk=False).ratio() >= _TOO_SIMILAR
        if is_similar and not _are_opposites(one.name, other.name):
            yield Finding(
                "W001",
                one.event_class,
                f"{one.name!r} and {other.name!r} are nearly the same name",
                "Merge them into one event with a property, or choose names that differ more.",
            )


RULES: tuple[Callable[[Registry], Iterator[Finding]], ...] = (
    snake_case,
    past_tense,
    described,
    owned,
    not_personal,
    sensitivity_stated,
    distinct_names,
)


def lint(registry: Registry) -> Iterator[Finding]:
    """Yield the problems in the declarations of a registry.

    Args:
        registry: the declared events and properties.
    """
    for rule in RULES:
        yield from rule(registry)


def _are_opposites(one: str, other: str) -> bool:
    """Whether the names differ in one word, and the two words are opposites."""
    differing = set(one.split("_")) ^ set(other.split("_"))
    return any({word, f"{prefix}{word}"} == differing for word in differing for prefix in _OPPOSITES)


def _properties(registry: Registry) -> Iterator[tuple[object, Property]]:
    for one in (*registry, *registry.property_sets):
        subject = one.set_class if isinstance(one, PropertySet) else one.event_class
        for prop in one.properties.values():
            yield subject, prop


def _holds_text(annotation: object) -> bool:
    if get_origin(annotation) is Literal:
        return False
    return annotation is str or any(_holds_text(arg) for arg in get_args(annotation))
