"""The conversation: what people say to Schoolbell and what it answers."""
