"""Stripe, in the words of this project: the only package that imports ``stripe``."""
