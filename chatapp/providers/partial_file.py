"""A file on its way: `NAME.part`, beside it `NAME.part.json` saying what it is a part of."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part came from; `etag` is the server's word for one version of the file.

    Of the address only a digest is kept, for there may be a key in it.
    """

    url_digest: str
    etag: str = ""


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


class PartialFile:
    """What has arrived of `target`, kept over interruptions until it is whole."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._origin_path = target.with_name(target.name + ".part.json")
        self.lock_path = target.with_name(f".{target.name}.lock")

    @property
    def is_finished(self) -> bool:
        """Whether the whole file stands at `target`."""
        return self.target.exists()

    @property
    def size(self) -> int:
        """The bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def resume_headers(self, url: str) -> dict[str, str]:
        """The headers of a request for what is missing; no Range when all of it is."""
        origin = self._origin()
        if self.size == 0 or origin is None or origin.url_digest != _digest(url):
            return {}
        headers = {"Range": f"bytes={self.size}-"}
        if origin.etag.startswith('"'):  # a weak one cannot vouch for single bytes
            headers["If-Range"] = origin.etag
        return headers

    def note_origin(self, url: str, etag: str) -> None:
        """Remember what the bytes that follow are a part of."""
        origin = Origin(_digest(url), etag)
        self._origin_path.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def discard(self) -> None:
        """Forget what has arrived, whole or not."""
        for path in (self.target, self.path, self._origin_path):
            path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its name; it is whole."""
        self.path.replace(self.target)
        self._origin_path.unlink(missing_ok=True)

    def _origin(self) -> Origin | None:
        try:
            return Origin(**json.loads(self._origin_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
