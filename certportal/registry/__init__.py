"""The people and things: organisations, persons with the right to sign, technical contacts, channels, access rights, terms."""
