"""Makes the sessions of conversations as the settings want them."""

from dataclasses import replace

from chatapp.config.settings import Settings
from chatapp.core.conversation import Conversation
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.chat_session import ChatSession, TurnOptions
from chatapp.session.recorder import Recorder
from chatapp.session.tool_kit import ToolKit
from chatapp.session.turn import Pace


class SessionMaker:
    """Gives every session the same endpoints, tools and pace; without a `kit` no tools."""

    def __init__(
        self, settings: Settings, directory: EndpointDirectory, kit: ToolKit | None, pace: Pace
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._kit = kit
        self._pace = pace

    def make(
        self, conversation: Conversation, recorder: Recorder, options: TurnOptions | None
    ) -> ChatSession:
        """Return the session of a conversation, with the options of another, or the first ones.

        The system prompt is that of the settings: the other may be its conversation's own.
        """
        return ChatSession(
            self._directory,
            conversation.model,
            replace(options or self._first_options(), system=self._settings.system),
            self._kit.runner() if self._kit else None,
            conversation=conversation,
            recorder=recorder,
            pace=self._pace,
        )

    def _first_options(self) -> TurnOptions:
        """The settings' options; the local model, unasked, is not bothered with tools."""
        settings = self._settings
        is_local = self._directory.endpoint(settings.model.endpoint).is_embedded
        has_tools = not is_local if settings.tools is None else settings.tools != ("none",)
        return TurnOptions(
            settings.system,
            settings.sampling,
            tool_choice=settings.tool_choice,
            has_parallel_tool_calls=settings.parallel_tool_calls,
            has_tools=has_tools,
            reply_limit=settings.reply_limit,
        )
