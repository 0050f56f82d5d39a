from bookings.references import REFERENCE


class Reference:
    """Match a reference in a URL path; anything else is a 404 without a database query."""

    regex = REFERENCE.pattern

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
