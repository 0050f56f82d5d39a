"""Languages: which one a request gets, what is translated, how dates and numbers look."""
