"""
Words that a row is found by: PostgreSQL's text search, in no particular language.

Accents, apostrophes and forms of a letter don't matter: the function ``bookings_words`` in the database folds
what is kept as ``fold`` does what is typed. PostgreSQL's own unaccent can't be used in an index.
"""

import unicodedata

from django.db.models import BooleanField, Func, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

APOSTROPHES = "'’‘ʼʻ`"
# People write a word with one of these as one word, too: ONeill, Jeanluc.
JOINTS = f"-{APOSTROPHES}"
# What separates words, in names, addresses and in what is typed.
SEPARATORS = f'@.,;:_+/"()&\\{JOINTS}'
TO_SPACES = str.maketrans(dict.fromkeys(SEPARATORS, " "))
LONGEST = 200  # characters of a word; text search takes ten times as many bytes
# Letters that Unicode doesn't take apart, and the accents of those that it does.
LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "đ": "d", "ħ": "h", "ı": "i", "ł": "l"}
LETTERS |= {"ø": "o", "ŧ": "t", "ς": "σ", **dict.fromkeys(map(chr, range(0x300, 0x370)), "")}


def fold(text: str) -> str:
    """Return ``text`` in small letters, without accents and in one form of each letter."""
    letters = unicodedata.normalize("NFKD", text.replace("´", "'")).lower()
    return unicodedata.normalize("NFC", "".join(LETTERS.get(letter, letter) for letter in letters))


def words_of(*columns: str) -> Func:
    """
    Return the words in these text columns, as ``to_tsvector`` gives them; an index can be made of it.

    A word with an apostrophe or a hyphen is among them in parts and as one.
    """
    joined = [part for column in columns for part in (column, Value(" "))][:-1]
    text = Concat(*joined, output_field=TextField()) if len(columns) > 1 else columns[0]
    return Func(text, function="bookings_words", output_field=TextField())


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
    plain = fold(typed)
    known = plain.translate(TO_SPACES)
    if any(unicodedata.category(letter)[0] in "PS" for letter in known):  # Text search would pass over ``%``.
        return ""
    return " & ".join(filter(None, map(_begun, plain.split())))


def _begun(word: str) -> str:
    """Return ``word`` as the beginning of one; what has joints may have been written with them or without."""
    parts = _in_a_row(word)
    if not parts or not set(word) & set(JOINTS):
        return parts
    return f"({parts} | {_in_a_row(word.translate(str.maketrans('', '', JOINTS)))})"


def _in_a_row(word: str) -> str:
    parts = [f"'{part[:LONGEST]}'" for part in word.translate(TO_SPACES).split()]
    if not parts:
        return ""
    return " <-> ".join(parts) + ("" if word[-1].isdecimal() else ":*")
