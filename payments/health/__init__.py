"""What the machines that watch this one are told: health, warnings and metrics."""
