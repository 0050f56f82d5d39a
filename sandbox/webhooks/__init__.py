"""Events, the endpoints they go to, and their signed delivery."""
