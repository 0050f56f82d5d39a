from bookings.references import REFERENCE


class Reference:
    """A reference in a path: what can't be one is a 404 before anybody asks the database."""

    regex = REFERENCE.pattern

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
