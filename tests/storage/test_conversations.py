"""The list of conversations: titles, order, what is deleted and comes back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.core.errors import StorageError
from chatapp.core.messages import ModelRef
from chatapp.core.records import (
    ConversationDeleted,
    ConversationRestored,
    MessagePutBack,
    MessageTakenOut,
    MessageWritten,
    ModelChosen,
    PathChosen,
    PinChosen,
    ReplyOpened,
    TitleChosen,
    TitleSource,
    UnsentTextKept,
)
from chatapp.storage import tidying
from chatapp.storage.sqlite_store import SqliteStore
from tests.storage.recording import MODEL, NOW, opened, replied, said

OTHER = ModelRef("home", "模型")


async def parents(store: SqliteStore, name: str = "c") -> dict[str, str | None]:
    messages = (await store.load(name)).messages
    return {message.message_id: message.parent_id for message in messages}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is a monad?", "What is a monad?"),
        ("\n\n  First   line \nsecond", "First line"),
        ("x" * 100, "x" * 79 + "…"),
        ("唐朝", "唐朝"),
        ("```python\n\ndef f():\n    pass\n```", "def f():"),
        ("---\n## **Refactor** the `parser`", "Refactor the parser"),
        ('{"city": "Paris"}', "city: Paris"),
        ("\n" * 2000 + "- buy milk\n- and bread", "buy milk"),
        ("  \n ", "New conversation"),
    ],
)
async def test_the_first_message_is_the_title(text: str, title: str) -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said(text))])
        await store.write([MessageWritten("c", said("Something else", "u2"))])
        (header,) = await store.headers()
        assert header.title == (title if text.strip() else "Something else")
        assert header.title_source is TitleSource.FIRST_MESSAGE


async def test_a_header_tells_of_unsent_text_without_it() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("asked"))])
        assert [header.has_unsent_text for header in await store.headers()] == [False]
        await store.write(
            [UnsentTextKept("c", "\n half a thought"), UnsentTextKept("d", "x" * 9999)]
        )
        await store.write([MessageWritten("e", said("\x00 is kept", "u2"))])
        await store.write([UnsentTextKept("e", "\x00")])
        headers = await store.headers()
        assert {each.conversation_id for each in headers if each.has_unsent_text} == {*"cde"}
        assert (await store.load("d")).unsent_text == "x" * 9999
        assert (await store.load("c")).header.has_unsent_text
        await store.write([UnsentTextKept("c", "")])
        assert not (await store.load("c")).header.has_unsent_text


async def test_a_reply_gives_no_title() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", replied("I am a reply"))])
        (header,) = await store.headers()
        assert header.title == "New conversation"


async def test_a_better_title_is_not_replaced_by_a_worse() -> None:
    async with opened(None) as store:
        await store.write([TitleChosen("c", "By the model", TitleSource.MODEL)])
        await store.write([MessageWritten("c", said("From the message"))])
        assert (await store.headers())[0].title == "By the model"
        await store.write([TitleChosen("c", "By the person", TitleSource.PERSON)])
        await store.write([TitleChosen("c", "By the model again", TitleSource.MODEL)])
        (header,) = await store.headers()
        assert (header.title, header.title_source) == ("By the person", TitleSource.PERSON)
        await store.write([TitleChosen("c", "Better still", TitleSource.PERSON)])
        assert (await store.headers())[0].title == "Better still"
        assert not await store.search("model")
        assert [hit.title for hit in await store.search("still")] == ["Better still"]


async def test_pinned_conversations_come_first_then_the_newest() -> None:
    async with opened(None) as store:
        for name, at in (("old", NOW), ("newest", NOW + 2), ("new", NOW + 1)):
            await store.write([MessageWritten(name, said(name, created_at=at))])
        await store.write([PinChosen("old", True)])
        headers = await store.headers()
        assert [header.title for header in headers] == ["old", "newest", "new"]
        assert [header.is_pinned for header in headers] == [True, False, False]
        await store.write([PinChosen("old", False)])
        await store.write([MessageWritten("new", said("more", "u2", created_at=NOW + 3))])
        assert [header.title for header in await store.headers()] == ["new", "newest", "old"]


async def test_unsent_text_makes_a_conversation_and_its_absence_none() -> None:
    async with opened(None) as store:
        await store.write([UnsentTextKept("c", "half a thought\nand more")])
        (header,) = await store.headers()
        assert (header.title, header.message_count) == ("half a thought", 0)
        assert (await store.load("c")).unsent_text == "half a thought\nand more"
        await store.write([UnsentTextKept("c", "")])
        assert await store.headers() == ()


async def test_the_model_is_that_of_the_first_message_until_one_is_chosen() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("hello"))])
        assert (await store.headers())[0].model == MODEL
        await store.write([MessageWritten("c", replied("regenerated", model=OTHER))])
        assert (await store.headers())[0].model == MODEL
        await store.write([ModelChosen("c", OTHER)])
        assert (await store.load("c")).header.model == OTHER


async def test_a_deleted_conversation_is_hidden_until_it_is_restored() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("findable"))])
        await store.write([ConversationDeleted("c")])
        assert await store.headers() == ()
        assert await store.search("findable") == ()
        assert await store.recent_prompts() == ()
        await store.write([ConversationRestored("c")])
        assert len(await store.headers()) == 1
        assert len(await store.search("findable")) == 1


async def test_writing_to_a_deleted_conversation_brings_it_back() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("first"))])
        await store.write([ConversationDeleted("c")])
        await store.write([MessageWritten("c", replied("late"))])
        (header,) = await store.headers()
        assert header.message_count == 2


async def test_what_was_deleted_long_ago_is_purged_when_the_store_opens(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(path) as store:
        for name in ("kept", "gone", "gone too"):
            await store.write([MessageWritten(name, said(f"secret {name}"))])
            await store.write([ReplyOpened(name, replied("so far", parts=()))])
        await store.write([MessageTakenOut("kept", "u")])
        await store.write([ConversationDeleted("gone"), ConversationDeleted("gone too")])
    async with opened(path) as store:
        await store.load("gone")
    monkeypatch.setattr(tidying, "KEPT_S", -1.0)
    async with opened(path) as store:
        await tidied(store)
        for name in ("gone", "gone too"):
            with pytest.raises(StorageError, match="no longer there"):
                await store.load(name)
        assert [message.message_id for message in (await store.load("kept")).messages] == ["r"]
    with closing(sqlite3.connect(path)) as other:
        rows = other.execute("SELECT message_id, body = '' FROM messages ORDER BY 1").fetchall()
        assert rows == [("r", 0), ("u", 1)]  # of the removed one only its place is left
        assert other.execute("SELECT count(*) FROM growth").fetchone() == (0,)
        check = "INSERT INTO message_words (message_words) VALUES ('integrity-check')"
        other.execute(check)


async def test_a_removed_message_leaves_its_children_to_its_parent() -> None:
    async with opened(None) as store:
        await chain(store)
        await store.write([MessageTakenOut("c", "b"), PathChosen("c", "d")])
        assert await parents(store) == {"a": None, "c": "a", "d": "c"}
        assert not await store.search("text-b")
        await store.write([MessagePutBack("c", replied("text-b", "b", "a"), ("c",))])
        assert await parents(store) == {"a": None, "b": "a", "c": "b", "d": "c"}
        assert [hit.message_id for hit in await store.search("text-b")] == ["b"]
        loaded = await store.load("c")
        assert [message.message_id for message in loaded.messages] == ["a", "b", "c", "d"]
        assert loaded.header.message_count == 4


async def test_what_is_written_below_a_removed_message_hangs_below_its_parent() -> None:
    async with opened(None) as store:
        await chain(store)
        await store.write([MessageTakenOut("c", "d"), MessageTakenOut("c", "b")])
        late = [replied("late", "e", "d"), replied("later", "f", "b"), replied("last", "g", "e")]
        await store.write([MessageWritten("c", each) for each in late])
        await store.write([PathChosen("c", "d")])
        assert await parents(store) == {"a": None, "c": "a", "e": "c", "f": "a", "g": "e"}
        assert (await store.load("c")).leaf_id == "c"


async def test_only_those_children_are_taken_back_that_are_still_there() -> None:
    async with opened(None) as store:
        await chain(store)
        await store.write([MessageTakenOut("c", "b"), MessageTakenOut("c", "c")])
        await store.write([MessagePutBack("c", replied("text-b", "b", "a"), ("c", "nobody"))])
        assert await parents(store) == {"a": None, "b": "a", "d": "a"}


async def test_a_message_that_is_not_there_can_be_taken_out() -> None:
    async with opened(None) as store:
        await chain(store)
        await store.write([MessageTakenOut("c", "nobody")])
        assert len(await parents(store)) == 4


async def test_recent_prompts_are_the_persons_newest_first_and_each_once() -> None:
    async with opened(None) as store:
        for number, text in enumerate(["one", "two", "one", "  ", "three"]):
            message = said(text, f"u{number}", created_at=NOW + number)
            await store.write([MessageWritten(f"c{number % 2}", message)])
        await store.write([MessageWritten("c0", replied("a reply", created_at=NOW + 9))])
        await store.write([MessageWritten("c2", said("removed", created_at=NOW + 9))])
        await store.write([MessageTakenOut("c2", "u")])
        assert await store.recent_prompts() == ("three", "one", "two")
        assert await store.recent_prompts(limit=2) == ("three", "one")


async def test_a_conversation_that_is_not_there_is_told_of() -> None:
    async with opened(None) as store:
        with pytest.raises(StorageError, match="no longer there"):
            await store.load("nowhere")


async def test_all_writes_of_a_group_are_kept_or_none(path: Path) -> None:
    async with opened(path) as store:
        await store.write([UnsentTextKept("c", "before")])
        with closing(sqlite3.connect(path)) as other:
            other.execute(
                "CREATE TRIGGER refusal BEFORE INSERT ON messages"
                " BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        with pytest.raises(StorageError, match="refused"):
            await store.write([UnsentTextKept("c", "after"), MessageWritten("c", said("x"))])
        assert (await store.load("c")).unsent_text == "before"


async def chain(store: SqliteStore) -> None:
    """Messages a, b, c, d, each below the one before."""
    names = "abcd"
    for above, name in zip([None, *names], names, strict=False):
        message = said(f"text-{name}", name, parent_id=above)
        await store.write([MessageWritten("c", message)])


async def tidied(store: SqliteStore) -> None:
    """Do all that waits to be tidied."""

    def work() -> None:
        while tidying.tidy_one(store._connections[store._writing], store._instance):
            pass

    await store._call(store._writing, work)
