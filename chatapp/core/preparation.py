"""How far an endpoint is that has to be fetched or started before it can answer."""

from dataclasses import dataclass

from chatapp.core.errors import Failure


@dataclass(frozen=True, slots=True)
class Downloading:
    """The model is on its way; `total_bytes` is 0 while unknown."""

    received_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Starting:
    """The model's file is here and its server loads it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Requests are answered."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It cannot be had here; `failure` says why and how to go on."""

    failure: Failure


Preparation = Downloading | Starting | Ready | Unavailable
