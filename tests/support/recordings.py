"""Recorded replies of real providers, where they lie beside the checkout."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "streams"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded stream and what must come out of it."""

    name: str
    body: bytes
    expected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorRecording:
    """One recorded error response."""

    name: str
    status: int
    headers: dict[str, str]
    body: bytes


def recordings() -> list[Recording]:
    """All recorded streams; none where there are none."""
    return [
        Recording(path.stem, path.read_bytes(), _sidecar(path)["expected"])
        for path in sorted(_FOLDER.glob("*.sse"))
    ]


def error_recordings() -> list[ErrorRecording]:
    """All recorded error responses; none where there are none."""
    found = []
    for path in sorted((_FOLDER / "errors").glob("*.body")):
        sidecar = _sidecar(path)
        headers = sidecar.get("headers") or {}
        found.append(ErrorRecording(path.stem, sidecar["status"], headers, path.read_bytes()))
    return found


needs_recordings = pytest.mark.skipif(
    not _FOLDER.is_dir(), reason="the recordings are not beside the checkout"
)


def _sidecar(path: Path) -> dict[str, Any]:
    sidecar: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return sidecar
