"""The tree of a conversation's messages, and the path through it that is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chatapp.core.messages import ChatMessage, RemovedMessage, Role, SiblingPlace


class MessageTree:
    """Messages by id, in the order in which they came; those with one parent are alternatives.

    The path runs from a first message downwards. Below every message, also one that was removed,
    it is remembered which way the path went last, so that a branch comes back as it was left.
    """

    def __init__(self, messages: Iterable[ChatMessage] = (), leaf_id: str | None = None) -> None:
        self._messages = {message.message_id: message for message in messages}
        self._children: dict[str | None, list[str]] = {}
        self._ways: dict[str | None, str] = {}
        self._path: list[str] = []
        self._hang_up_strays()
        if leaf_id in self._messages:
            self._show(self._line_above(leaf_id))
            self._descend()
        elif self._messages:
            self._show(self._line_above(next(reversed(self._messages))))

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """All messages, those off the path included."""
        return tuple(self._messages.values())

    @property
    def path(self) -> tuple[ChatMessage, ...]:
        """The messages of the path, from the first."""
        return tuple(self._messages[message_id] for message_id in self._path)

    @property
    def path_ids(self) -> list[str]:
        """The ids of the path; not to be changed."""
        return self._path

    @property
    def leaf_id(self) -> str | None:
        """The id of the path's last message."""
        return self._path[-1] if self._path else None

    def get(self, message_id: str) -> ChatMessage | None:
        """The message with this id, or None."""
        return self._messages.get(message_id)

    def children(self, message_id: str | None) -> tuple[str, ...]:
        """The ids of the messages below one; of the first messages for None."""
        return tuple(self._children.get(message_id, ()))

    def siblings(self, message_id: str) -> tuple[ChatMessage, ...]:
        """The message and its alternatives. Raises KeyError."""
        parent_id = self._messages[message_id].parent_id
        return tuple(self._messages[child_id] for child_id in self._children[parent_id])

    def place(self, message_id: str) -> SiblingPlace:
        """Which of its alternatives a message is. Raises KeyError."""
        family = self._children[self._messages[message_id].parent_id]
        return SiblingPlace(family.index(message_id) + 1, len(family))

    def put(self, message: ChatMessage) -> None:
        """Add a message, or replace the one with its id, which has the same parent."""
        if message.message_id not in self._messages:
            self._children.setdefault(message.parent_id, []).append(message.message_id)
        self._messages[message.message_id] = message

    def end_path_at(self, message_id: str | None) -> None:
        """Let the path end with a message, or be empty."""
        self._show([] if message_id is None else self._line_above(message_id))

    def extend_path(self, message_id: str) -> None:
        """Add a child of the path's last message to the path."""
        self._ways[self.leaf_id] = message_id
        self._path.append(message_id)

    def show_branch(self, message_id: str) -> None:
        """Lead the path through a message, and below it as it went last."""
        self._show(self._line_above(message_id))
        self._descend()

    def with_replies(self, message_id: str) -> tuple[str, ...]:
        """What goes when a message is deleted, in order: a question goes after its replies.

        A summary is no reply: it stands for more than the question. Raises KeyError.
        """
        if self._messages[message_id].role is not Role.USER:
            return (message_id,)
        below = [self._messages[child_id] for child_id in self.children(message_id)]
        return (*(each.message_id for each in below if _is_answer(each)), message_id)

    def remove(self, message_id: str) -> RemovedMessage:
        """Take a message out, and hang what is below it elsewhere. Raises KeyError.

        What followed a reply follows the one beside it, so that alternatives stay of one kind;
        else it moves up. The path is left to `mend_path`.
        """
        order = [None, *self._messages]
        came_after = order[order.index(message_id) - 1]
        heir_id = self._heir_id(message_id)
        message = self._messages.pop(message_id)
        child_ids = tuple(self._children.pop(message_id, ()))
        self._children[message.parent_id].remove(message_id)
        self._hang(child_ids, message.parent_id if heir_id is None else heir_id)
        return RemovedMessage(message, child_ids, came_after, heir_id)

    def mend_path(self) -> None:
        """Let the path go on without the messages that are gone.

        Where nothing followed them, it goes on with an alternative.
        """
        kept = [message_id for message_id in self._path if message_id in self._messages]
        self._show(self._line_above(kept[-1]) if kept else [])
        self._descend()

    def restore(self, removed: RemovedMessage) -> tuple[ChatMessage, tuple[str, ...], str | None]:
        """Put a removed message back above those of its children that are still where it left them.

        Returns it as it stands now, these children, and the alternative below which they were, None
        for its parent. The path is left to `show_restored`.
        """
        message = removed.message
        parent_id = message.parent_id if message.parent_id in self._messages else None
        heir_id = removed.heir_id if removed.heir_id in self._messages else None
        holder_id = parent_id if heir_id is None else heir_id
        family = self._children.get(holder_id, [])
        child_ids = tuple(child_id for child_id in removed.child_ids if child_id in family)
        self._children[holder_id] = [each for each in family if each not in child_ids]
        self._insert(message, removed.came_after)
        self._hang((message.message_id,), parent_id)
        self._hang(child_ids, message.message_id)
        return self._messages[message.message_id], child_ids, heir_id

    def show_restored(self, removed: Sequence[RemovedMessage], leaf_id: str | None) -> None:
        """Lead the path as it went, or else through the last of those that were removed."""
        shown_id = removed[-1].message.message_id
        if leaf_id in self._messages and shown_id in self._line_above(leaf_id):
            shown_id = leaf_id
        self.show_branch(shown_id)

    def _heir_id(self, message_id: str) -> str | None:
        """The reply beside a reply, the nearest one before it, else after it; None for others."""
        if not _is_answer(self._messages[message_id]):
            return None
        replies = [each.message_id for each in self.siblings(message_id) if _is_answer(each)]
        place = replies.index(message_id)
        beside = (*reversed(replies[:place]), *replies[place + 1 :])
        return next(iter(beside), None)

    def _insert(self, message: ChatMessage, came_after: str | None) -> None:
        """Add a message at its place in the order in which they came; at the end if unknown."""
        order, items = [None, *self._messages], [*self._messages.items()]
        place = order.index(came_after) if came_after in order else len(items)
        items.insert(place, (message.message_id, message))
        self._messages = dict(items)

    def _hang(self, child_ids: Iterable[str], parent_id: str | None) -> None:
        """Add messages to those below one, in the order in which they came."""
        self._adopt(child_ids, parent_id)
        family = {*self._children.get(parent_id, ()), *child_ids}
        self._children[parent_id] = [each for each in self._messages if each in family]

    def _adopt(self, child_ids: Iterable[str], parent_id: str | None) -> None:
        for child_id in child_ids:
            self._messages[child_id] = replace(self._messages[child_id], parent_id=parent_id)

    def _show(self, path: list[str]) -> None:
        self._path = path
        self._ways.update(zip([None, *path], path, strict=False))

    def _line_above(self, message_id: str) -> list[str]:
        """The ids from a first message down to this one."""
        line: list[str] = []
        above: str | None = message_id
        while above is not None:
            line.append(above)
            above = self._messages[above].parent_id
        return line[::-1]

    def _descend(self) -> None:
        """Go on below the path's end the way it went last, or the newest."""
        while below := self._children.get(self.leaf_id):
            way = self._ways.get(self.leaf_id)
            while way is not None and way not in self._messages:
                way = self._ways.get(way)  # it was removed: what followed it is here now
            self.extend_path(way if way in below else below[-1])

    def _hang_up_strays(self) -> None:
        """Find every message's children; what hangs on nothing, or on itself, begins a branch."""
        for message in [*self._messages.values()]:
            if message.parent_id not in self._messages:
                self._adopt([message.message_id], None)
            parent_id = self._messages[message.message_id].parent_id
            self._children.setdefault(parent_id, []).append(message.message_id)
        reached: set[str] = set()
        self._reach(self._children.get(None, []), reached)
        for message_id, message in [*self._messages.items()]:
            if message_id not in reached:
                self._children[message.parent_id].remove(message_id)
                self._children.setdefault(None, []).append(message_id)
                self._adopt([message_id], None)
                self._reach([message_id], reached)

    def _reach(self, message_ids: Iterable[str], reached: set[str]) -> None:
        waiting = list(message_ids)
        while waiting:
            message_id = waiting.pop()
            if message_id not in reached:
                reached.add(message_id)
                waiting += self._children.get(message_id, ())


def _is_answer(message: ChatMessage) -> bool:
    """Whether a message answers the one above it; a summary stands for more than that."""
    return message.role is Role.ASSISTANT and not message.is_summary
