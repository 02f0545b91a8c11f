"""Which model answers next: lists them, lets the person choose, brings up the embedded one.

What is chosen here is kept for the next start; a model that a conversation brings along is not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import App

from chatapp.config.kept_choice import KeptChoice
from chatapp.core.endpoints import ModelList
from chatapp.core.errors import ProviderError, StorageError
from chatapp.core.messages import ModelRef
from chatapp.core.preparation import Preparation
from chatapp.core.records import ReplyFigures
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.chat_session import ChatSession
from chatapp.ui.model_choices import ModelGroup
from chatapp.ui.widgets.model_picker import ModelPicker

if TYPE_CHECKING:  # adding up is not needed before the first dropdown
    from chatapp.core.statistics import Speed

LIST_TIMEOUT_S = 5.0
"""How long an endpoint may take to list its models for the dropdown."""

SPEEDS_OF_S = 30 * 86400.0
"""How far back the dropdown looks for how fast a model is."""

FiguresSince = Callable[[float], Awaitable[Sequence[ReplyFigures]]]
"""The figures of the replies since then, in seconds since the epoch."""


class ModelSwitch:
    """Chooses the model of the session that `session` returns.

    `report` hears how far the embedded model is; `say` shows a sentence to the person;
    `figures_since` raises StorageError; `choice` keeps what is chosen, None keeps nothing.
    """

    def __init__(
        self,
        app: App[int],
        directory: EndpointDirectory,
        session: Callable[[], ChatSession],
        report: Callable[[Preparation], None],
        say: Callable[[str], None],
        figures_since: FiguresSince,
        choice: KeptChoice | None,
    ) -> None:
        self._app = app
        self._directory = directory
        self._session = session
        self._report = report
        self._say = say
        self._figures_since = figures_since
        self._choice = choice
        self._keeping = asyncio.Lock()
        self._speeds: Mapping[ModelRef, Speed] = {}
        self._lists: dict[str, ModelList] = {}
        self._recent: list[ModelRef] = []
        self._picker: ModelPicker | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Get everything ready in the background that the first request needs."""
        model = self._session().conversation.model
        self._prepare(model)
        if not model.model:
            self._spawn(self._resolve(model))
        elif self._directory.prepared_provider(model.endpoint) is None:
            self._spawn(asyncio.to_thread(self._directory.warm_up))

    def open(self) -> None:
        """Open the dropdown, and ask for every endpoint's list and each model's speed anew."""
        current = self._session().conversation.model
        groups = [self._group(name) for name in self._directory.endpoint_names]
        self._picker = ModelPicker(groups, current, self._recent, self._speeds)
        self._app.push_screen(self._picker, self._chosen)
        self._spawn(self._directory.list_all(LIST_TIMEOUT_S, self._take_list))
        self._spawn(self._tell_speeds())

    @property
    def known_names(self) -> list[str]:
        """The models known so far, each with its endpoint: the recent ones, then all listed."""
        groups = map(self._group, self._directory.endpoint_names)
        listed = (ModelRef(group.endpoint, model) for group in groups for model in group.models)
        return list(dict.fromkeys(map(str, (*self._recent, *listed))))

    def select(self, model: ModelRef) -> None:
        """Let `model` answer from now on, and at later starts, unless it is known to be missing."""
        endpoint = self._directory.endpoint(model.endpoint)
        if endpoint.is_embedded and model.model not in endpoint.models:
            known = ", ".join(endpoint.models)
            self._say(f"The local model is {known}; chatapp pull FILE makes another one it.")
            return
        self._recent = [model, *(other for other in self._recent if other != model)]
        self._session().select_model(model)
        self._prepare(model)
        if self._choice is not None and model.model:
            self._spawn(self._keep(self._choice, model))

    def _chosen(self, model: ModelRef | None) -> None:
        self._picker = None
        if model is not None:
            self.select(model)

    async def _keep(self, choice: KeptChoice, model: ModelRef) -> None:
        """Write it down beside the loop, after what was chosen before."""
        try:
            async with self._keeping:
                await asyncio.to_thread(choice.keep, str(model))
        except OSError as error:
            self._say(f"{model} answers, but cannot be kept for later starts: {error.strerror}.")

    def _take_list(self, listed: ModelList) -> None:
        self._lists[listed.endpoint] = listed
        if self._picker is not None:
            self._picker.show_models(self._group(listed.endpoint))

    async def _tell_speeds(self) -> None:
        from chatapp.core.statistics import speeds_by_model

        try:
            replies = await self._figures_since(time.time() - SPEEDS_OF_S)
        except StorageError:  # one can choose without
            return
        self._speeds = await asyncio.to_thread(speeds_by_model, replies)
        if self._picker is not None:
            self._picker.show_speeds(self._speeds)

    def _group(self, endpoint: str) -> ModelGroup:
        listed = self._lists.get(endpoint)
        if listed is None:
            known = self._directory.endpoint(endpoint).models
            is_embedded = self._directory.endpoint(endpoint).is_embedded
            return ModelGroup(endpoint, known, is_loading=not is_embedded, is_complete=is_embedded)
        failure = listed.failure.summary if listed.failure else ""
        is_complete = self._directory.endpoint(endpoint).is_embedded
        return ModelGroup(endpoint, listed.models, failure, is_complete=is_complete)

    def _prepare(self, model: ModelRef) -> None:
        provider = self._directory.prepared_provider(model.endpoint)
        if provider is not None:
            self._spawn(provider.prepare(self._report))

    async def _resolve(self, model: ModelRef) -> None:
        try:
            found = await self._directory.resolve(model)
        except ProviderError as error:
            self._say(f"{error.failure.summary} {error.failure.next_step}")
        else:
            if self._session().conversation.model == model:
                self._session().select_model(found)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Drop what runs in the background."""
        for task in self._tasks:
            task.cancel()
