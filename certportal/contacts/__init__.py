"""The contact update: one person's details, everywhere they are used."""
