"""What staff's pages have in common: who has to do with which events, and what is kept for good."""
