"""What an event asks those who have booked: names for their tickets, and questions."""
