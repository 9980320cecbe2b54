"""Benchmarks: one module each; the last line of each is one JSON object with the figures by name."""
