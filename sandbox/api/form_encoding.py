"""Stripe's bracketed form encoding: ``a[b][0][c]=1&d[]=2``."""

import re
from typing import Any
from urllib.parse import parse_qsl

BRACKETS = re.compile(r"\[([^\[\]]*)\]")
KEY = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")


def decode(text: str) -> dict[str, Any]:
    """
    Return the nested parameters of a form body or query string.

    Arrays are returned as dictionaries from index to value (``{"0": …}``): only a parameter's declaration
    tells whether ``x[1]`` is the second item of an array or the key ``1`` of a hash.
    """
    root: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if KEY.fullmatch(key) is None:
            root[key] = value
            continue
        head = key.split("[", 1)[0]
        put(root, [head, *BRACKETS.findall(key[len(head) :])], value)
    return root


def put(node: dict[str, Any], path: list[str], value: str) -> None:
    """Set ``value`` at ``path``, creating dictionaries as needed; an empty part appends."""
    *parents, last = (part for part in path)
    for part in parents:
        child = node.setdefault(part or str(len(node)), {})
        if not isinstance(child, dict):
            child = node[part] = {}
        node = child
    node[last or str(len(node))] = value
