"""Which terms a buyer has to agree to."""

import re

from legal.models import Kind, LegalText

VERSION = re.compile(r"[0-9]{1,7}", re.ASCII)


class TermsNotAccepted(Exception):
    """The buyer hasn't agreed to the ``current`` terms; ``given`` is the version that they did agree to."""

    def __init__(self, current: LegalText, given: int | None) -> None:
        super().__init__(f"{current}, not {given}")
        self.current = current
        self.given = given


def current_terms() -> LegalText | None:
    """Return the terms that buyers agree to now, or None if the house has none."""
    return LegalText.objects.current(Kind.TERMS)


def read_version(typed: str) -> int | None:
    """Return the version that a ticked box stands for, or None if it stands for none."""
    return int(typed) if VERSION.fullmatch(typed) else None


def require_accepted(version: int | None) -> LegalText | None:
    """Return the terms of a purchase; raise ``TermsNotAccepted`` unless ``version`` is the current one."""
    terms = current_terms()
    if terms and terms.version != version:
        raise TermsNotAccepted(terms, version)
    return terms
