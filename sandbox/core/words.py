"""Long lists of names, kept readable."""


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()
