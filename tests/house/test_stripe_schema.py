"""The quick check of Stripe's schema says what the thorough one says."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.stripe_schema.check import Obj, explain, load, skeleton

KNOWN = load()
NAMES = sorted(name for name, schema in KNOWN.schemas.items() if "properties" in schema)
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 1.5, 10**30, "", "1", "true", "usd", "\x00", "ü", [], [None], [{}], {}]
) | st.builds(lambda name: skeleton(KNOWN, name), st.sampled_from(NAMES))


@st.composite
def mistaken(draw: st.DrawFn) -> tuple[str, Obj]:
    """Draw a component and an object of it, with up to three members replaced, removed or added."""
    name = draw(st.sampled_from(NAMES))
    obj = skeleton(KNOWN, name)
    members = sorted(KNOWN.schemas[name]["properties"])
    for _ in range(draw(st.integers(0, 3))):
        member = draw(st.sampled_from([*members, "bogus"]))
        if draw(st.booleans()):
            obj[member] = draw(VALUES)
        else:
            obj.pop(member, None)
    return name, obj


@settings(max_examples=1_000, deadline=None, derandomize=True)
@given(case=mistaken())
def test_both_find_the_same_objects_valid(case: tuple[str, Any]) -> None:
    name, obj = case
    validator = KNOWN.validator(name)

    assert validator.is_valid(obj) == validator.thorough.is_valid(obj)


def test_the_smallest_object_is_valid_and_a_stranger_is_not() -> None:
    for name in NAMES:
        validator = KNOWN.validator(name)
        assert explain(validator, skeleton(KNOWN, name)) == [], name
        assert explain(validator, "a stranger") == ["<root>: 'a stranger' is not of type 'object'"], name
