"""Pages and the JSON interface for everything that is paid."""
