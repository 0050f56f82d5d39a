"""The pages and the JSON API for events, bookings and tickets."""
