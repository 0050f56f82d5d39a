"""What an event that was moved or called off means for its bookings and their money."""
