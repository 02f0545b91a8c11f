"""Titles of conversations, by the model that answers in them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from chatapp.core.changes import Change, DraftClosed
from chatapp.core.messages import ChatMessage, Ending, Role, TextPart
from chatapp.core.ports import ChatRequest, ProviderDirectory, Sampling
from chatapp.core.stream_events import TextDelta
from chatapp.session.chat_session import ChatSession

INSTRUCTION = (
    "Give this conversation a title of two to six words, in its language. "
    "Answer with the title alone."
)

LONGEST_TITLE = 80
_MOST_TOKENS = 60
_MOST_CHARACTERS_SHOWN = 4_000
"""Of each message; the beginning tells what it is about."""


class Titler:
    """Asks for a title once a conversation has its first whole reply.

    `entitle` gets the conversation's id and the title. Whatever goes wrong, the title that is
    there stays: nobody asked for a better one by hand.
    """

    def __init__(self, directory: ProviderDirectory, entitle: Callable[[str, str], None]) -> None:
        self._directory = directory
        self._entitle = entitle
        self._asking: set[asyncio.Task[None]] = set()

    def watch(self, session: ChatSession) -> None:
        """Entitle the session's conversation when the time comes."""
        session.subscribe(lambda changes: self._hear(session, changes))

    def close(self) -> None:
        """Ask no more."""
        for task in self._asking:
            task.cancel()

    def _hear(self, session: ChatSession, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, DraftClosed) and _is_first_reply(session, change.message):
                task = asyncio.create_task(self._ask(session), name="ask for a title")
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def _ask(self, session: ChatSession) -> None:
        model = session.conversation.model
        request = ChatRequest(
            model=model.model,
            messages=_shown(session.conversation.path),
            sampling=Sampling(max_tokens=_MOST_TOKENS),
            is_streamed=False,
        )
        texts: list[str] = []
        async with aclosing(self._directory.provider(model.endpoint).stream(request)) as batches:
            async for batch in batches:
                texts += [event.text for event in batch if isinstance(event, TextDelta)]
        if (title := clean_title("".join(texts))) and not session.is_deleted:
            self._entitle(session.conversation_id, title)


def clean_title(text: str) -> str:
    """The title in what a model answered: one line, without quotes, a label or a full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    title = lines[0].lstrip("#* ") if lines else ""
    if title.lower().startswith("title:"):
        title = title[len("title:") :]
    title = title.strip(" \"'“”‘’「」《》*_`").removesuffix(".").removesuffix("。")
    return title if len(title) <= LONGEST_TITLE else ""


def _is_first_reply(session: ChatSession, message: ChatMessage) -> bool:
    is_first = len(session.conversation.messages) == 2
    return is_first and message.ending is Ending.FINISHED and bool(message.text.strip())


def _shown(path: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """The beginnings of the messages, and what is asked."""
    shown = [
        replace(message, parts=(TextPart(message.text[:_MOST_CHARACTERS_SHOWN]),))
        for message in path
    ]
    parts = (TextPart(INSTRUCTION),)
    asking = ChatMessage("title request", shown[-1].message_id, Role.USER, parts, 0.0)
    return (*shown, asking)
