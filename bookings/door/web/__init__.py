"""The door's JSON API and its page."""
