"""Which terms a buyer has to agree to."""

from legal.models import Kind, LegalText


class TermsNotAccepted(Exception):
    """The buyer hasn't agreed to the ``current`` terms; ``given`` is the version that they did agree to."""

    def __init__(self, current: LegalText, given: int | None) -> None:
        super().__init__(f"{current}, not {given}")
        self.current = current
        self.given = given


def current_terms() -> LegalText | None:
    """Return the terms that buyers agree to now, or None if the house has none."""
    return LegalText.objects.current(Kind.TERMS)


def require_accepted(version: int | None) -> LegalText | None:
    """Return the terms of a purchase; raise ``TermsNotAccepted`` unless ``version`` is the current one."""
    terms = current_terms()
    if terms and terms.version != version:
        raise TermsNotAccepted(terms, version)
    return terms
