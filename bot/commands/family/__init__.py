"""What families ask."""
