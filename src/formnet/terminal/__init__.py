"""What a program owes to whoever started it: it stops when told, and its words arrive."""
