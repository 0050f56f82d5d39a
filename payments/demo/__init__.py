"""What makes the demo look lived in: sales by the code that sells at the counter, and for nothing."""
