"""Six events to try the shop with: descriptions, as ``import_event`` follows them."""
