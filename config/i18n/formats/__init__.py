"""How dates and times are written, by language. Every module has the same names; templates use no other."""
