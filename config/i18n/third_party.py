"""
Sentences of Django's companions that customers read, and whose own German says “du” to them.

A catalogue of the project wins over theirs; this is where `make words` finds what isn't in its own code.
"""

from django.utils.translation import gettext_noop

SENTENCES = [
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a valid URL."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("You have signed out."),
]
