"""A Django project with dj-stripe and nothing else. A copy of this folder runs in ``.venv-peers``."""
