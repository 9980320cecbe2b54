"""How each messenger's updates come in."""
