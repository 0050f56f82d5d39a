"""Stripe's bracketed form encoding: ``a[b][0][c]=1&d[]=2``."""

import re
from typing import Any
from urllib.parse import parse_qsl

BRACKETS = re.compile(r"\[([^\[\]]*)\]")
KEY = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])*")


def decode(text: str) -> dict[str, Any]:
    """
    Return the nested parameters of a form body or query string.

    Arrays stay dictionaries of index to value (``{"0": …}``): only the declaration of a parameter knows
    whether ``x[1]`` is the second item of an array or the entry ``1`` of a mapping.
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
    """Set ``value`` at ``path``, making the dictionaries on the way; an empty part means "append"."""
    *parents, last = (part for part in path)
    for part in parents:
        child = node.setdefault(part or str(len(node)), {})
        if not isinstance(child, dict):
            child = node[part] = {}
        node = child
    node[last or str(len(node))] = value
