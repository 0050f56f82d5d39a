"""What comes from others: that it is pinned, that its licence fits, and that no weakness of it is known."""
