"""What homeroom teachers do for their class."""
