"""What one release of Stripe's API moved, and how to move it back."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.core.box import Box
from sandbox.core.store import Obj

Undo = Callable[[Box, Obj], None]


@dataclass(frozen=True)
class Release:
    """
    The breaking changes that came with ``version``.

    ``undo`` gives an object of a kind, in place, the shape from before. ``expanded`` are the members that
    could be expanded until then, each with the kind it pointed to.
    """

    version: str
    undo: dict[str, Undo]
    expanded: dict[str, dict[str, str | None]] = field(default_factory=dict)
