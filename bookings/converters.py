class Reference:
    """A reference in a path: what can't be one is a 404 before anybody asks the database."""

    regex = "[A-Z2-7]{26}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
