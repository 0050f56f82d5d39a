"""Draw what documents and pages show."""
