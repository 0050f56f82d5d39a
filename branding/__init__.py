"""How the shop looks: its name, logo and colours, and the pictures of its events."""
