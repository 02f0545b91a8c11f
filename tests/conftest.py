"""Fixtures for the whole suite."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.chat_server import ChatServer

# The looks shall not hang on the terminal that the tests run in; Textual reads this when imported.
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


# Shared machines stall now and then: a slow example is not a failure of the property.
settings.register_profile("chatapp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chatapp")
