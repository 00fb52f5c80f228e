"""Every mail and SMS: a row in the transaction that caused it, delivered by a job; providers behind one door."""
