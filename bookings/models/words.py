"""Words that a row is found by: PostgreSQL's text search, in no particular language."""

from unicodedata import category

from django.db.models import BooleanField, Func, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

# What separates words, in names, addresses and in what is typed.
SEPARATORS = "@.,;:_+-/'’\"()&\\"
LONGEST = 200  # characters of a word; text search takes ten times as many bytes
TO_SPACES = str.maketrans(dict.fromkeys(SEPARATORS, " "))


def words_of(*columns: str) -> Func:
    """Return the words in these text columns, as ``to_tsvector`` gives them; an index can be made of it."""
    joined = [part for column in columns for part in (column, Value(" "))][:-1]
    text = Func(
        Concat(*joined, output_field=TextField()),
        Value(SEPARATORS),
        Value(" " * len(SEPARATORS)),
        function="translate",
    )
    return Func(text, template="to_tsvector('simple', %(expressions)s)", output_field=TextField())


def have_words(words: Combinable, typed: str) -> Func:
    """
    Return the condition that ``words`` have all that is ``typed``, each word at least as its beginning.

    What is typed without a space, such as an e-mail address, must be there together. Of numbers the whole
    counts: many begin alike.
    """
    query = Func(Value(_query(typed)), template="to_tsquery('simple', %(expressions)s)")
    return Func(words, query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())


def _query(typed: str) -> str:
    """Return ``typed`` in the language of ``to_tsquery``; nothing if it isn't made of words."""
    known = typed.translate(TO_SPACES)
    if any(category(letter)[0] in "PS" for letter in known):  # Text search would pass over ``%``.
        return ""
    return " & ".join(filter(None, map(_begun, typed.split())))


def _begun(word: str) -> str:
    parts = [f"'{part[:LONGEST]}'" for part in word.translate(TO_SPACES).split()]
    if not parts:
        return ""
    return " <-> ".join(parts) + ("" if word[-1].isdecimal() else ":*")
