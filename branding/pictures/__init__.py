"""Uploaded pictures: what is taken, how it is encoded anew, and where it is kept."""
