"""The billing portal: its sessions, configurations and what a customer does in it."""
