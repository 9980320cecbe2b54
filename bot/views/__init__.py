"""Read model and translator to card; pure."""
