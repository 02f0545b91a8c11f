"""Where the style sheet is: beside the package when installed, at the top of a checkout."""

from pathlib import Path

FILE_NAME = "chat.tcss"


def stylesheet_path() -> Path:
    """Return the path of chat.tcss. Raises FileNotFoundError when the installation is broken."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package, package.parent):
        if (path := folder / FILE_NAME).is_file():
            return path
    raise FileNotFoundError(f"{FILE_NAME} is neither in {package} nor in {package.parent}")
