"""What is killed when, and in the middle of what."""
