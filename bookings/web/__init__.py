"""Pages and the JSON interface for events, bookings and tickets."""
