"""The table of recipes: functions in ``recipes/``. The module is their room, the docstring their summary."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.contract.play import Play

# In the order of ``sandbox/contract.md``.
ROOMS = (
    "shop",
    "bounds",
    "errors",
    "headers",
    "catalog",
    "customers",
    "subscriptions",
    "endpoints",
    "versions",
    "cards",
    "refunds",
    "disputes",
    "memberships",
)

Function = Callable[[Play], None]


@dataclass(frozen=True)
class Recipe:
    name: str  # "shop.guest"
    play: Function
    summary: str
    needs_browser: bool  # at Stripe; the sandbox can be paid through its control surface

    @property
    def room(self) -> str:
        return self.name.split(".")[0]


_RECIPES: dict[str, Recipe] = {}


def recipe(*, browser: bool = False) -> Callable[[Function], Function]:
    """Add a function to the table: one that pays hosted pages needs a ``browser``."""

    def add(function: Function) -> Function:
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        summary = (function.__doc__ or "").strip().splitlines()[0].rstrip(".")
        _RECIPES[name] = Recipe(name, function, summary, browser)
        return function

    return add


def recipes() -> dict[str, Recipe]:
    """Return the whole table."""
    for room in ROOMS:
        import_module(f"tests.contract.recipes.{room}")
    return _RECIPES
