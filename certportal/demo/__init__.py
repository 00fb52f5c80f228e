"""The demo's people, channels and inbox; cannot start outside demo mode."""
