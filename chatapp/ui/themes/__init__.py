"""Colour themes of our own."""
