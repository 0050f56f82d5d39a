"""What staff type at the counter, and what is wrong with it."""
