"""Who waits for places of an event that is sold out, and how places that come back are offered to them."""
