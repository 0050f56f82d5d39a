"""The order in which a line's characters stand on paper: Unicode's bidirectional algorithm (UAX #9)."""

import unicodedata
from typing import NamedTuple

from bidi import algorithm

from bookings.documents.typefaces import JOINERS

ISOLATES = {"LRI", "RLI", "FSI", "PDI"}  # python-bidi doesn't know them: neutral, as all other signs
RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}  # Unicode's names of the classes


class Place(NamedTuple):
    """The position of a character in its text, and whether what it is part of reads from right to left."""

    position: int
    is_rtl: bool


def visual_order(text: str) -> list[Place]:
    """
    Return the places of the characters of ``text``, from left to right on paper.

    These are the steps of python-bidi's ``get_display``, which returns the characters without their places.
    """
    if RIGHT_TO_LEFT.isdisjoint(map(unicodedata.bidirectional, text)):
        return [Place(position, False) for position in range(len(text))]
    level = algorithm.get_base_level(text)
    storage = {**algorithm.get_empty_storage(), "base_level": level, "base_dir": "LR"[level]}
    algorithm.get_embedding_levels(text, storage)
    for position, char in enumerate(storage["chars"]):
        char["position"] = position
        if char["ch"] in JOINERS:  # python-bidi drops them; marks stay with what they follow.
            char["type"] = char["orig"] = "NSM"
        elif not char["type"]:  # No letter yet, in this Python's Unicode.
            char["type"] = char["orig"] = "L"
        elif char["type"] in ISOLATES:
            char["type"] = char["orig"] = "ON"
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    algorithm.reorder_resolved_levels(storage, debug=False)
    return [Place(char["position"], char["level"] % 2 == 1) for char in storage["chars"]]
