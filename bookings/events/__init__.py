"""The life of an event, as the house leads it: from a draft to what is over."""
