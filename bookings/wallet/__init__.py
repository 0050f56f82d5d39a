"""Tickets for Apple Wallet and Google Wallet."""
