from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class BadDescription(Exception):
    """A description can't be followed: ``words`` say what is wrong at a path, such as ``areas[0].rows``."""

    def __init__(self, path: str, words: str) -> None:
        super().__init__(f"{path}: {words}" if path else words)


def refused(error: ValidationError, path: str) -> BadDescription:
    """Return what a model's ``error`` means in a description whose object is at ``path``."""
    if not hasattr(error, "error_dict"):
        return BadDescription(path, " ".join(error.messages))
    name, words = next(iter(error.message_dict.items()))
    return BadDescription(path if name == NON_FIELD_ERRORS else join(path, name), " ".join(words))


def join(path: str, key: str) -> str:
    """Return the path of ``key`` in the object at ``path``, which is empty for the whole."""
    return f"{path}.{key}" if path else key
