"""The phones and scanners at the door: how they are paired, known and stopped."""
