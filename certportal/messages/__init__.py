"""Secure messages (link and PIN) and transfer codes."""
