"""One concern each, around every update."""
