"""The door of an event with 100,000 tickets."""
