"""Text cut to a number of terminal cells, with an ellipsis where something is missing."""

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "\u2026"


def cut_end(text: str, width: int) -> str:
    """Keep the beginning of a text in at most `width` cells."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)) + ELLIPSIS


def cut_start(text: str, width: int) -> str:
    """Keep the end of a text in at most `width` cells: a model's name says most there."""
    if cell_len(text) <= width:
        return text
    kept = text[-max(0, width - 1) :] if width > 1 else ""
    while cell_len(kept) > width - 1:
        kept = kept[1:]
    return ELLIPSIS + kept
