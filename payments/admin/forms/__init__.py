"""What staff fill in before an action."""
