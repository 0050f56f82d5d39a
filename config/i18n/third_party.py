"""
Messages of third-party packages that customers see and that need our own translation.

Their German catalogs say “du”, ours says “Sie”. The project's catalogs take precedence, and ``make words``
finds the messages here.
"""

from django.utils.translation import gettext_noop

SENTENCES = [
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a valid URL."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("You have signed out."),
]
