"""What the dropdown of models offers for what is typed into it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatapp.core.messages import ModelRef
from chatapp.core.safe_text import safe_line
from chatapp.ui.fuzzy import has_all_words

if TYPE_CHECKING:  # adding up is not needed before the first dropdown
    from chatapp.core.statistics import Speed


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """One endpoint's models in the dropdown; `failure` is a sentence why there are none.

    `is_complete` says that there are no others: a typed name is no use there.
    """

    endpoint: str
    models: tuple[str, ...] = ()
    failure: str = ""
    is_loading: bool = False
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A group begins."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A line about the group that cannot be chosen."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that can be chosen; an unlisted one was typed and may not exist."""

    model: ModelRef
    is_listed: bool = True
    is_recent: bool = False


Line = Heading | Note | Choice


def model_choices(
    groups: Sequence[ModelGroup], recent: Sequence[ModelRef], typed: str
) -> Iterator[Line]:
    """Yield the dropdown's lines: recent models, then each endpoint's, then the typed name.

    A model fits when every typed word is somewhere in "endpoint/model".
    """
    fitting = [model for model in recent if has_all_words(typed, str(model))]
    if fitting:
        yield Heading("recent")
        yield from (Choice(model, is_recent=True) for model in fitting)
    for group in groups:
        yield from _endpoint_lines(group, typed)
    yield from _typed_lines(groups, safe_line(typed))


def speed_words(speed: "Speed") -> str:
    """How fast a model was, in words that stand below each other."""
    rate = speed.tokens_per_s
    mark = "~" if speed.is_estimated else ""
    told = "" if rate is None else f"{mark}{rate:.{0 if rate >= 9.95 else 1}f} tok/s"
    return f"TTFT {speed.ttft_s:.2f} s {told:>11}"


def _endpoint_lines(group: ModelGroup, typed: str) -> Iterator[Line]:
    refs = [ModelRef(group.endpoint, model) for model in group.models]
    fitting = [ref for ref in refs if has_all_words(typed, str(ref))]
    if not typed or fitting:
        yield Heading(group.endpoint)
        yield from map(Choice, fitting)
    if typed:
        return
    if group.is_loading:
        yield Note("loading \u2026")
    elif group.failure:
        yield Note(group.failure)
    elif not refs:
        yield Note("lists no models; type a name")


def _typed_lines(groups: Sequence[ModelGroup], typed: str) -> Iterator[Line]:
    open_groups = [group for group in groups if typed and not group.is_complete]
    unlisted = [group.endpoint for group in open_groups if typed not in group.models]
    if unlisted:
        yield Heading("not in the lists")
    for endpoint in unlisted:
        yield Choice(ModelRef(endpoint, typed), is_listed=False)
