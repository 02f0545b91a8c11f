"""The tree: paths are led, cut and mended, and nothing in it is ever out of reach."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.message_tree import MessageTree
from chatapp.core.messages import (
    ALONE,
    ChatMessage,
    RemovedMessage,
    Role,
    SiblingPlace,
    TextPart,
)


def message(name: str, parent: str | None) -> ChatMessage:
    role = Role.USER if name.islower() else Role.ASSISTANT
    return ChatMessage(name, parent, role, (TextPart(name),), 1.0)


def tree(text: str, leaf: str | None = None) -> MessageTree:
    """A tree of messages named by letters: "ab" is b below a, "-a" begins a branch.

    Capital letters are replies.
    """
    pairs = [(pair[1], None if pair[0] == "-" else pair[0]) for pair in text.split()]
    return MessageTree([message(name, parent) for name, parent in pairs], leaf)


def path(of: MessageTree) -> str:
    return "".join(of.path_ids)


def remove(of: MessageTree, name: str) -> RemovedMessage:
    removed = of.remove(name)
    of.mend_path()
    return removed


def test_a_tree_comes_back_with_the_path_through_the_leaf() -> None:
    assert path(tree("-a ab bc ad de", leaf="c")) == "abc"
    assert path(tree("-a ab bc ad de", leaf="d")) == "ade"
    assert path(tree("-a ab bc ad de")) == "ade"
    assert path(tree("-a ab", leaf="gone")) == "ab"


def test_a_branch_comes_back_as_it_was_left() -> None:
    both = tree("-a ab bc bd ae ef", leaf="c")
    both.show_branch("e")
    assert path(both) == "aef"
    both.show_branch("b")
    assert path(both) == "abc"


def test_alternatives_know_their_places() -> None:
    alternatives = tree("-a ab ac ad")
    assert alternatives.place("c") == SiblingPlace(2, 3)
    assert alternatives.place("a") == ALONE
    assert [m.message_id for m in alternatives.siblings("b")] == ["b", "c", "d"]


def test_what_hung_below_a_removed_message_takes_its_place() -> None:
    mended = tree("-a ab bc cd ae", leaf="d")
    remove(mended, "b")
    assert path(mended) == "acd"
    assert mended.place("c") == SiblingPlace(1, 2)
    remove(mended, "a")
    assert path(mended) == "cd"
    assert {m.message_id: m.parent_id for m in mended.messages} == {"c": None, "d": "c", "e": None}


def test_an_alternative_takes_the_place_of_a_removed_end() -> None:
    both = tree("-a ab bc ad", leaf="d")
    remove(both, "d")
    assert path(both) == "abc"
    remove(both, "c")
    assert path(both) == "ab"


def test_a_removed_message_comes_back_where_it_was() -> None:
    whole = tree("-a ab bc cd ae", leaf="d")
    before = (whole.path, whole.messages)
    removed = remove(whole, "b")
    whole.restore(removed)
    whole.show_restored([removed], "d")
    assert (whole.path, whole.messages) == before
    assert whole.place("b") == SiblingPlace(1, 2)


def test_a_removed_alternative_comes_back_between_the_others() -> None:
    family = tree("-a ab ac ad", leaf="c")
    removed = remove(family, "c")
    assert path(family) == "ad"
    family.put(message("e", "a"))
    family.restore(removed)
    family.show_restored([removed], "c")
    assert family.children("a") == ("b", "c", "d", "e")
    assert path(family) == "ac"


def test_what_takes_the_place_of_a_removed_message_stands_as_it_came() -> None:
    family = tree("-a ab ac bd", leaf="d")
    remove(family, "b")
    assert family.children("a") == ("c", "d")


def test_what_followed_a_reply_follows_the_one_beside_it() -> None:
    for name, heir in (("R", "Q"), ("Q", "P"), ("P", "Q")):
        talk = tree("-a aP aQ aR Pb Qc Rd", leaf="bcd"["PQR".index(name)])
        follower = talk.path_ids[-1]
        removed = remove(talk, name)
        assert removed.heir_id == heir
        assert path(talk) == f"a{heir}{follower}"
        assert {each.role for each in talk.siblings(heir)} == {Role.ASSISTANT}
        assert {each.role for each in talk.siblings(follower)} == {Role.USER}


def test_without_a_reply_beside_it_what_followed_a_reply_moves_up() -> None:
    talk = tree("-a aP ab Pc", leaf="c")
    assert remove(talk, "P").heir_id is None
    assert path(talk) == "ac"
    assert talk.children("a") == ("b", "c")


def test_a_reply_comes_back_though_the_one_beside_it_went() -> None:
    talk = tree("-a aP aQ Qb", leaf="b")
    removed = remove(talk, "Q")
    remove(talk, "P")
    _, child_ids, heir_id = talk.restore(removed)
    talk.show_restored([removed], "b")
    assert (child_ids, heir_id) == (("b",), None)
    assert path(talk) == "aQb"


names = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(names, st.none() | names), unique_by=lambda pair: pair[0]), names)
def test_every_message_can_be_shown_whatever_the_parents_say(
    pairs: list[tuple[str, str | None]], leaf: str
) -> None:
    wild = MessageTree([message(name, parent) for name, parent in pairs], leaf)
    for name, _ in pairs:
        wild.show_branch(name)
        assert name in wild.path_ids
        assert wild.path_ids == list(dict.fromkeys(wild.path_ids))
        parents = [None, *wild.path_ids[:-1]]
        assert [m.parent_id for m in wild.path] == parents


@given(st.lists(names, max_size=12), st.data())
def test_removing_and_restoring_leaves_every_message_in_reach(
    removals: list[str], data: st.DataObject
) -> None:
    lasting = tree("-a ab bc cd ae ef bg -h")
    taken: list[RemovedMessage] = []
    for name in removals:
        if lasting.get(name) is not None and data.draw(st.booleans()):
            taken.append(remove(lasting, name))
        elif taken:
            lasting.restore(taken[-1])
            lasting.show_restored([taken.pop()], None)
        for known in lasting.messages:
            lasting.show_branch(known.message_id)
            assert known.message_id in lasting.path_ids


@given(st.lists(names, unique=True), names)
def test_restoring_in_reverse_order_brings_back_the_very_tree(
    removals: list[str], leaf: str
) -> None:
    lasting = tree("-a ab bc cd ae ef bg -h", leaf)
    before = (lasting.messages, lasting.path)
    families = {name: lasting.children(name) for name in (None, *"abcdefgh")}
    taken = [(lasting.leaf_id, remove(lasting, name)) for name in removals]
    for leaf_id, removed in reversed(taken):
        lasting.restore(removed)
        lasting.show_restored([removed], leaf_id)
    assert lasting.messages == before[0]
    assert {name: lasting.children(name) for name in families} == families
    if not removals or removals[0] in {each.message_id for each in before[1]}:
        assert lasting.path == before[1]
