"""Whether the service is well: told in words at the operator's desk, and as yes or no to a watching program."""
