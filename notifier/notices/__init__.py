"""One file per kind of event: event to card."""
