"""The expiry ladder and its sweep."""
