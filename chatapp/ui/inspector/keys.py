"""What the keys of the inspector do, and what is said of them where it is."""

from collections.abc import Sequence

from textual.binding import Binding

from chatapp.ui.widgets.key_hint import KeyLabel

KEY_BINDINGS = (
    Binding("up", "move(-1)", "Event before", show=False, id="inspector.up"),
    Binding("down", "move(1)", "Next event", show=False, id="inspector.down"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="inspector.page-up"),
    Binding("pagedown", "page(1)", "Page down", show=False, id="inspector.page-down"),
    Binding("home", "edge(-1)", "First event", show=False, id="inspector.first"),
    Binding("end", "edge(1)", "Newest event", show=False, id="inspector.last"),
    Binding("n", "odd(1)", "Next odd event", show=False, id="inspector.next-odd"),
    Binding("N", "odd(-1)", "Odd event before", show=False, id="inspector.previous-odd"),
    Binding("enter", "look", "Look at the whole event", show=False, id="inspector.look"),
    Binding("r", "request", "Look at the request", show=False, id="inspector.request"),
    Binding("o", "only_odd", "Only what is odd", show=False, id="inspector.only-odd"),
    Binding("k", "next_kind", "Only one kind", show=False, id="inspector.kind"),
    Binding("slash", "filter", "Filter by text", show=False, id="inspector.filter"),
    Binding("space,p", "pause", "Pause or go on", show=False, id="inspector.pause"),
    Binding(
        "left_square_bracket", "flip(-1)", "Exchange before", show=False, id="inspector.earlier"
    ),
    Binding("right_square_bracket", "flip(1)", "Next exchange", show=False, id="inspector.later"),
    Binding("s", "save", "Save as a recording", show=False, id="inspector.save"),
    Binding("y", "copy", "Copy", show=False, id="inspector.copy"),
    Binding("escape", "leave", "Back to typing", show=False, id="inspector.leave"),
)

LIST_ACTIONS = ("move", "page", "edge", "look", "only_odd", "next_kind", "filter", "flip")
"""What makes sense only while the list is seen."""

FILTER_KEYS: tuple[KeyLabel, ...] = (("Enter", "done"), ("Esc", "show all"))
"""While one writes what events must hold."""

TEXT_KEYS: tuple[KeyLabel, ...] = (
    ("n N", "next odd"),
    ("y", "copy"),
    ("Esc", "back to the events"),
)
"""While a whole event or request is looked at."""

_LIST_KEYS: tuple[KeyLabel, ...] = (
    ("Enter", "event"),
    ("r", "request"),
    ("n N", "next odd"),
    ("o", "only odd"),
    ("k", "kind"),
    ("/", "filter"),
    ("Space", "pause"),
    ("s", "save"),
)
_FLIP_KEY: KeyLabel = ("[ ]", "exchange")
_LEAVE_KEY: KeyLabel = ("Esc", "to the chat")


def list_keys(close_key: str, *, has_others: bool) -> Sequence[KeyLabel]:
    """While the list is looked at; `has_others` says that there are several exchanges."""
    flip = (_FLIP_KEY,) if has_others else ()
    return (*_LIST_KEYS, *flip, _LEAVE_KEY, (close_key, "close"))
