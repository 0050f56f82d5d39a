"""Languages: which one a request gets, the translations, and the formats of dates."""
