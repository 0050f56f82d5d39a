"""The base class of the state machine, and the decorator for its actions."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, TypeVar

from hypothesis import strategies as st

from payments.models import Payment
from tests.storm.log import LOG
from tests.storm.scene import look
from tests.storm.seed import Played
from tests.storm.world import World

T = TypeVar("T")

# An index into a list of candidates: actions use it modulo the list's length.
which = st.integers(0, 11)


class Base(Played):
    """A state machine with its own ``World``."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.scene = look(world)
        self.never: Collection[str] = ()

    def has(self, need: str) -> bool:
        """Return whether the scene's or the world's attribute ``need`` isn't empty."""
        return bool(getattr(self.scene, need) if hasattr(self.scene, need) else getattr(self.world, need))

    def pick_paid(self, number: int) -> Payment:
        return pick(number, list(Payment.objects.paid().with_booking().order_by("pk")))


def pick(number: int, things: Sequence[T]) -> T:
    """Return one of ``things``, which must not be empty."""
    return things[number % len(things)]


def action(*needs: str, often: int = 1, **given: Any) -> Callable[[Callable[..., None]], Any]:
    """
    Register a method as an action, with arguments drawn from the strategies ``given``.

    It is chosen ``often`` times as often as others, and only while the attributes in ``needs`` aren't empty.
    """

    def decorate(method: Callable[..., None]) -> Any:
        ACTIONS.append(Action(method.__name__, needs, often, st.fixed_dictionaries(given)))
        return method

    return decorate


class Action(NamedTuple):
    """A registered action."""

    name: str
    needs: tuple[str, ...]
    often: int
    arguments: st.SearchStrategy[dict[str, Any]]

    def is_possible(self, machine: Base) -> bool:
        return self.name not in machine.never and all(machine.has(need) for need in self.needs)


ACTIONS: list[Action] = []


class Step(NamedTuple):
    """An action with its arguments; a failing run prints it."""

    name: str
    arguments: dict[str, Any]

    def take(self, machine: Base) -> None:
        LOG.steps[self.name] += 1
        getattr(machine, self.name)(**self.arguments)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Choose a step that is possible for the machine now."""
    machine = draw(st.runner())
    possible = [one for one in ACTIONS for _ in range(one.often) if one.is_possible(machine)]
    chosen = draw(st.sampled_from(possible))
    return Step(chosen.name, draw(chosen.arguments))
