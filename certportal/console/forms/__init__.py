"""The forms of the desk, by subject."""
