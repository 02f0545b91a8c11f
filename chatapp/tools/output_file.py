"""Where a tool's output goes that is too long for the model."""

import re
import time
from pathlib import Path

from chatapp.paths import make_private_file, make_private_folder


def keep_output(folder: Path, tool_call_id: str, text: str) -> str:
    """Write `text` to a new private file in `folder` and return its path. Raises OSError."""
    make_private_folder(folder)
    label = re.sub(r"[^a-zA-Z0-9_-]", "_", tool_call_id)[:40]
    file = make_private_file(folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{label}.txt")
    file.write_text(text, encoding="utf-8", errors="replace")
    return str(file)
