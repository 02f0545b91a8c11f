"""Numbers as arguments."""

import argparse


def count(text: str) -> int:
    """A whole number from 1 up. Raises ArgumentTypeError, which does not repeat the text."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError("it takes a whole number above 0")
    return int(text)
