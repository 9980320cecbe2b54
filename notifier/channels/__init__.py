"""How a card goes out on each messenger."""
