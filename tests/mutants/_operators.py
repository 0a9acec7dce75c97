"""What is changed: a selection of cosmic-ray's operators, and three that it does not have.

Cosmic-ray also replaces `is` with `<`, and `+` with each of ten other operators. Nearly all of those raise at
once and say nothing about the tests. Here, an operator is replaced with its opposite or its neighbor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import parso
from cosmic_ray.plugins import get_operator
from parso.python import tree
from parso.tree import BaseNode, NodeOrLeaf, search_ancestor

__all__ = ["OPERATORS", "MutationOperator", "is_cosmetic"]

Span = tuple[tuple[int, int], tuple[int, int]]


class MutationOperator(Protocol):
    """The part of cosmic-ray's `Operator` that its `mutate_code` uses."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        """Return the places where this operator changes a node."""
        ...

    def mutate(self, node: Any, index: int) -> Any:
        """Change a node at one of its places, and return it."""
        ...


class DropStatement:
    """Replaces a statement with `pass`: a call, a `return`, a `raise`, an assignment to an attribute or item.

    An assignment to a name is kept: without it, the next line raises.
    """

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """Return the place of a statement in a function."""
        if _is_droppable(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        """Return `pass`."""
        return tree.Keyword("pass", node.start_pos, node.get_first_leaf().prefix)  # type: ignore[no-untyped-call]  # of parso


class NegateFilter:
    """Negates the condition of a comprehension."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """Return the place of the condition."""
        if isinstance(node, BaseNode) and node.type == "comp_if":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        """Return the negated condition."""
        negated = f" not ({node.children[1].get_code().strip()})"
        node.children[1] = parso.parse(negated)  # type: ignore[no-untyped-call]  # as above
        return node


class NegateMembership:
    """Replaces `in` with `not in`, and the other way around."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """Return the place of the operator."""
        if isinstance(node, BaseNode) and node.type == "comparison" and _membership(node):
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        """Return the opposite comparison."""
        opposite = {"in": " not in", "not in": " in"}[_membership(node)]
        node.children[1] = tree.Operator(opposite, node.children[1].start_pos)
        return node


def is_cosmetic(node: NodeOrLeaf) -> bool:
    """Whether a change of a node says nothing about the tests.

    Type annotations, and the arguments of decorators such as `slots=True`, have no effect on what is tested.
    The stars of `**attributes` are not operators, but cosmic-ray takes them for one.
    """
    if isinstance(node, tree.Operator) and node.value in ("*", "**", "/"):
        return node.parent is None or node.parent.type not in ("term", "power", "expr_stmt")
    while (parent := node.parent) is not None:
        if parent.type == "decorator":
            return True
        if parent.type == "funcdef" and parent.children[3].type == "operator" and node is parent.children[4]:
            return True  # `-> …`
        if parent.type == "tfpdef" and node is parent.children[2]:
            return True
        if parent.type == "annassign" and node is parent.children[1]:
            return True
        node = parent
    return False


def _is_droppable(node: NodeOrLeaf) -> bool:
    statement = node.parent
    if statement is None or statement.type != "simple_stmt" or search_ancestor(node, "funcdef") is None:
        return False
    if node.type in ("return_stmt", "raise_stmt", "continue_stmt", "break_stmt"):
        return True
    if isinstance(node, tree.ExprStmt):
        target = node.children[0]
        is_augmented = node.children[1].type == "operator" and node.children[1].value != "="
        return is_augmented or target.type in ("atom_expr", "power")
    return node.type in ("atom_expr", "power", "await_expr")


def _membership(node: BaseNode) -> str:
    words = " ".join(node.children[1].get_code().split())
    return words if words in ("in", "not in") else ""


_REPLACED: Mapping[str, tuple[str, ...]] = {
    "Comparison": (
        "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is",
        "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt",
    ),
    "Binary": (
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Add", "Pow_Mul",
        "BitOr_BitAnd", "BitAnd_BitOr", "LShift_RShift", "RShift_LShift",
    ),
    "Unary": ("USub_UAdd", "Delete_Not"),
}  # fmt: skip
_SINGLE = (
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
)
_NAMES = (
    *(f"Replace{kind}Operator_{change}" for kind, changes in _REPLACED.items() for change in changes),
    *_SINGLE,
)

OPERATORS: Mapping[str, MutationOperator] = {
    **{name: get_operator(f"core/{name}")() for name in _NAMES},
    "DropStatement": DropStatement(),
    "NegateFilter": NegateFilter(),
    "NegateMembership": NegateMembership(),
}
