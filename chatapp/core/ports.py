"""What the session needs from the world, as protocols; it sees nothing else of it."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from chatapp.core.messages import ChatMessage
from chatapp.core.preparation import Preparation
from chatapp.core.records import (
    ConversationHeader,
    ImportProblem,
    ReplyFigures,
    SearchHit,
    StoredConversation,
    Write,
)
from chatapp.core.stream_events import ProviderEvent

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model shall answer; None leaves it to the server."""

    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """A tool as the model is told of it; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


REPLY_LIMIT = 2_000_000
"""The longest response, in characters, where the person sets no other: several times what any
model writes."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for a reply: the path up to now, and what goes with it.

    `tool_choice` is "auto", "none", "required" or a tool's name; `has_parallel_tool_calls`
    None leaves it to the server. `continues_last` asks for the rest of the last message
    instead of a new one.
    `is_streamed` False asks for the whole reply at once; its events are the same.
    After `reply_limit` characters of a response, reasoning and arguments among them, it is cut.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    system: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    tools: tuple[ToolDeclaration, ...] = ()
    tool_choice: str = "auto"
    has_parallel_tool_calls: bool | None = None
    continues_last: bool = False
    is_streamed: bool = True
    reply_limit: int = REPLY_LIMIT


class Provider(Protocol):
    """An endpoint that answers chat requests."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Yield batches of events that together follow the grammar of one response.

        An empty batch says that the server was heard, no more. Never raises for what a
        server does: that is a ResponseInterrupted. Closing the generator closes the
        HTTP response at once.
        """
        ...

    async def list_models(self) -> tuple[str, ...]:
        """The model ids the endpoint offers. Raises ProviderError."""
        ...

    async def close(self) -> None:
        """Let go of connections and processes."""
        ...


@runtime_checkable
class PreparedProvider(Provider, Protocol):
    """A provider that has to be fetched or started first."""

    async def prepare(self, report: Callable[[Preparation], None]) -> None:
        """Bring it up, reporting each step; the last is Ready or Unavailable. Never raises."""
        ...


class Policy(StrEnum):
    """What happens when the model calls a tool."""

    ASK = "ask"
    ALLOW_HERE = "allow in this conversation"
    ALWAYS = "always allow"
    NEVER = "never"


class Tool(Protocol):
    """Something the model may call."""

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told of it."""
        ...

    @property
    def origin(self) -> str:
        """Where it comes from, for the person: "built in", a file's name, "mcp SERVER"."""
        ...

    @property
    def default_policy(self) -> Policy:
        """What holds until the person decides: ALWAYS only for what cannot do harm."""
        ...

    async def run(self, arguments: Mapping[str, JsonValue], report: Callable[[str], None]) -> str:
        """Do it and return what the model is told; `report` takes words of progress.

        Raises ToolError, also for arguments that do not fit.
        """
        ...


class Toolbox(Protocol):
    """The tools that are at hand now; they may come and go between turns."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All of them, by name unique."""
        ...


class ToolSupply(Toolbox, Protocol):
    """A toolbox that has to be opened: files to load, servers to start."""

    on_change: Callable[[], None]
    """Called on the event loop whenever the tools or the notes became other."""

    @property
    def notes(self) -> tuple[str, ...]:
        """In sentences, which tools are not there and why."""
        ...

    async def open(self) -> None:
        """Load what can be loaded and begin to start the rest; returns soon."""
        ...

    async def ready(self) -> None:
        """Return once what can be loaded is loaded, or it takes too long; servers may follow."""
        ...

    async def wait(self) -> None:
        """Return once every server has come up or failed to."""
        ...

    async def close(self) -> None:
        """End every server."""
        ...


class PolicyStore(Protocol):
    """Remembers the person's decisions about tools across runs."""

    def load(self) -> Mapping[str, Policy]:
        """The decided policies by tool name; ALLOW_HERE is never stored."""
        ...

    def save(self, policies: Mapping[str, Policy]) -> None:
        """Remember exactly these. Raises OSError."""
        ...


class ProviderDirectory(Protocol):
    """The configured endpoints by name."""

    @property
    def endpoint_names(self) -> tuple[str, ...]:
        """Every endpoint's name, the preferred first."""
        ...

    def provider(self, endpoint: str) -> Provider:
        """The provider of an endpoint, made on first use. Raises KeyError."""
        ...


class ConversationStore(Protocol):
    """Where conversations are kept. Every method raises StorageError.

    Calls do their work off the event loop, writes in the order in which they were begun, and
    return when it is done. `open` comes first and `close` last.
    """

    @property
    def is_lasting(self) -> bool:
        """Whether what is written is there for the next run."""
        ...

    async def open(self) -> None:
        """Open or make the database, upgrading an old one after a backup."""
        ...

    async def write(self, writes: Sequence[Write]) -> None:
        """Put all of them on disk, or none."""
        ...

    async def set_aside(self, writes: Sequence[Write], reason: str) -> Path | None:
        """Put what `write` will never take into a file beside, and return where; None if nowhere.

        `reason` says why, in a sentence.
        """
        ...

    async def headers(self) -> tuple[ConversationHeader, ...]:
        """All conversations that are not deleted, pinned ones first, then the newest."""
        ...

    async def load(self, conversation_id: str) -> StoredConversation:
        """A whole conversation."""
        ...

    async def search(self, words: str, limit: int = 50) -> tuple[SearchHit, ...]:
        """Where the words stand, best first: words, prefixes, "phrases", Chinese characters.

        All of the words must stand in a message; the empty search finds nothing.
        """
        ...

    async def recent_prompts(self, limit: int = 200) -> tuple[str, ...]:
        """What the person wrote last in any conversation, newest first, each text once."""
        ...

    async def has_neighbours(self) -> bool:
        """Whether another running program writes here, be it only unsent text."""
        ...

    async def neighbour_revision(self) -> int:
        """A number that is another one once another program has written here; cheap to ask.

        What this program writes does not count.
        """
        ...

    async def reply_figures(self, since: float | None = None) -> tuple[ReplyFigures, ...]:
        """The figures of all replies since then, in seconds since the epoch, in no order.

        Deleted ones are among them as long as they are kept, for they were paid for; the copies
        that a fork makes are not.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
        ...


class Exporter(Protocol):
    """Writes a conversation in one format."""

    @property
    def name(self) -> str:
        """What the person calls the format, and the ending of its files: "md"."""
        ...

    @property
    def label(self) -> str:
        """The format in a few words."""
        ...

    def export(self, conversation: StoredConversation) -> str:
        """The conversation as a file's text, without lone surrogates."""
        ...


class ImportSource(Protocol):
    """A file that may hold conversations. Every member raises CodecError and OSError."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def start(self) -> bytes:
        """Its first bytes."""
        ...

    @property
    def json_keys(self) -> frozenset[str]:
        """The keys of the first objects in it; empty where it is no JSON."""
        ...

    def json_values(self) -> Iterator[JsonValue]:
        """What stands in it as JSON, one value a conversation, read as they are asked for."""
        ...


class Importer(Protocol):
    """Reads conversations out of another program's file, or ours."""

    @property
    def name(self) -> str:
        """What the person calls the format: "chatgpt"."""
        ...

    @property
    def label(self) -> str:
        """The format in a few words."""
        ...

    def recognises(self, source: ImportSource) -> bool:
        """Whether the file seems to be of this format."""
        ...

    def read(self, source: ImportSource) -> Iterator[StoredConversation | ImportProblem]:
        """The file's conversations, and in the place of a broken one what is wrong with it.

        Raises CodecError and OSError where nothing more can be read. The same file gives the
        same ids every time.
        """
        ...
