"""What the house sees of its door: how fast guests came in, who didn't, and every scan."""
