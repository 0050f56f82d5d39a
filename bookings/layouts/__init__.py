"""The seats of a house as text or CSV: read, written, drawn and applied to an event."""
