"""Telling people: who is told what, how, when, and what became of it."""
