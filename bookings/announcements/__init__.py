"""What staff write to the ticket holders of an event."""
