"""How REST framework reads requests and forms answers here."""
