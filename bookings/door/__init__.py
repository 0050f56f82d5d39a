"""The door: who is let in, once, also without a network. See ``docs/door.md``."""
