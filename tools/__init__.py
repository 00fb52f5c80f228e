"""What developers run: `make catalogues`, `make vendor`. Nothing here runs in the portal."""
