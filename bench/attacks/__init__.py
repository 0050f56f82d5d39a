"""What attackers ask of a shop, measured."""
