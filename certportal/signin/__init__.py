"""Who is at the keyboard, for whom they act, what they may do."""
