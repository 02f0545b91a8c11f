"""The real default model for the tests that need it: fetched once, shared by later runs."""

import asyncio
import os
from functools import cache
from pathlib import Path

import platformdirs
import pytest

from chatapp.core.errors import LocalModelError
from chatapp.providers.local_model import LocalModel
from chatapp.providers.model_download import EmbeddedModel, pull


@cache
def fetch_real_model() -> EmbeddedModel | LocalModelError:
    """Fetch the model into CHATAPP_TEST_MODELS, or a cache folder of the tests' own."""
    chosen = os.environ.get("CHATAPP_TEST_MODELS")
    folder = Path(chosen) if chosen else platformdirs.user_cache_path("chatapp-tests") / "models"
    try:
        return asyncio.run(pull(None, folder, lambda _: None))
    except LocalModelError as error:
        return error


def require_real_model() -> EmbeddedModel:
    """Return the model, or skip the test where it cannot be had."""
    if not LocalModel.is_installed():
        pytest.skip("the extra `local` is not installed")
    model = fetch_real_model()
    if isinstance(model, LocalModelError):
        pytest.skip(f"the default model cannot be fetched: {model}")
    return model
