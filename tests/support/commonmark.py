"""The examples of the CommonMark specification, from the source package that carries them."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import platformdirs
import pytest

SOURCE_PACKAGE = "markdown-it-py==4.3.0"
MEMBER = "tests/test_cmark_spec/commonmark.json"


def require_examples() -> list[str]:
    """Return the Markdown of every example; fetched once, later runs share it.

    Skips the test where no package index can be reached. COMMONMARK_SPEC names another
    commonmark.json.
    """
    chosen = os.environ.get("COMMONMARK_SPEC")
    file = Path(chosen) if chosen else _kept_file()
    if not file.exists():
        _fetch(file)
    return [example["markdown"] for example in json.loads(file.read_text(encoding="utf-8"))]


def _kept_file() -> Path:
    return platformdirs.user_cache_path("chatapp-tests") / "commonmark.json"


def _fetch(file: Path) -> None:
    folder = file.parent / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    # the source package alone has its tests; nothing of it is installed
    download = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", folder]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--no-input", *download, SOURCE_PACKAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    archives = sorted(folder.glob("markdown_it_py-*.tar.gz"))
    if done.returncode or not archives:
        pytest.skip("the specification's examples cannot be fetched from a package index")
    with tarfile.open(archives[-1]) as archive:
        member = next(name for name in archive.getnames() if name.endswith(MEMBER))
        content = archive.extractfile(member)
        assert content is not None
        file.write_bytes(content.read())
