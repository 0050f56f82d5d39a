"""Read classes, annotations and methods of the ``stripe`` package from their syntax trees."""

import ast
from typing import Any

from tests.support.stripe_schema.openapi import PRIMITIVES, Schema
from tests.support.stripe_schema.selection import METHODS_KEPT, NOT_METHODS


def parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def flat(node: ast.expr) -> list[ast.expr]:
    """Return the alternatives in ``A | B``, ``Union[A, B]`` or ``Optional[A]``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return flat(parsed(node.value))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return flat(node.left) + flat(node.right)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Union" and isinstance(node.slice, ast.Tuple):
            return [part for each in node.slice.elts for part in flat(each)]
        if node.value.id == "Optional":
            return [*flat(node.slice), ast.Constant(None)]
        if node.value.id in ("NotRequired", "Annotated"):
            return flat(node.slice)
    return [node]


def literal_values(node: ast.Subscript) -> list[Any]:
    elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return [element.value for element in elements if isinstance(element, ast.Constant)]


def with_literals(alternatives: list[Schema], literals: list[Any], *, has_text: bool) -> list[Schema]:
    """Add the schema of a union's literals; with ``str`` beside them, other values are possible too."""
    if literals == [""] and has_text:  # a string, or "" to unset the value
        return [*alternatives, {"type": "string"}]
    if not literals:
        return [{"type": "string"}, *alternatives] if has_text else alternatives
    if all(isinstance(value, bool) for value in literals):
        return [*alternatives, {"type": "boolean", "enum": literals}]
    texts = [value for value in literals if isinstance(value, str)]
    if not texts:
        return [*alternatives, {"enum": literals}]
    return [*alternatives, {"type": "string", "enum": texts, **({"x-open-enum": True} if has_text else {})}]


def fields_of(node: ast.ClassDef) -> list[tuple[str, ast.expr, str]]:
    """Return the name, annotation and docstring of each annotated member of a class."""
    members = []
    for position, statement in enumerate(node.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = docstring_after(node.body, position)
            members.append((statement.target.id, statement.annotation, text))
    return members


def docstring_after(body: list[ast.stmt], position: int) -> str:
    following = body[position + 1] if position + 1 < len(body) else None
    if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
        return str(following.value.value)
    return ""


def is_required(written: str, kind: str) -> bool:
    return "NotRequired" not in written if kind == "params" else not written.startswith("Optional")


def is_other_method(member: str) -> bool:
    return member not in METHODS_KEPT | NOT_METHODS


def is_class(annotation: ast.expr) -> bool:
    """Return whether a member's type is a class, not a scalar, literals or a list of scalars."""
    return any(
        isinstance(part, ast.Name | ast.Attribute) and getattr(part, "id", "") not in PRIMITIVES
        for part in flat(annotation)
    )


def object_name_of(node: ast.ClassDef) -> Any:
    return next(
        (
            statement.value.value
            for statement in node.body
            if isinstance(statement, ast.AnnAssign)
            and getattr(statement.target, "id", "") == "OBJECT_NAME"
            and isinstance(statement.value, ast.Constant)
        ),
        None,
    )


def request_of(method: ast.FunctionDef) -> tuple[str, str]:
    """Return the HTTP method and the URL template that a service method requests."""
    call = next(
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_request"
    )
    verb, url = call.args[0], call.args[1]
    if isinstance(url, ast.Call) and isinstance(url.func, ast.Attribute):
        url = url.func.value  # "/v1/…/{id}".format(…)
    assert isinstance(verb, ast.Constant)
    assert isinstance(url, ast.Constant)
    return str(verb.value), str(url.value)
