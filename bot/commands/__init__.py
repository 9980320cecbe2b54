"""One file per capability; each makes its CAPABILITY, and nothing else needs to know of it."""
