"""Pure rules of the school: no input or output, no clock, no database."""
