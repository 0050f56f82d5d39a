"""How connections and requests are received: within limits of size, time and number."""
