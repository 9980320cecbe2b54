"""What a school's office has in the chat."""
