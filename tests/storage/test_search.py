"""What a search finds, and what it shows of it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core.messages import (
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.records import (
    ConversationDeleted,
    MessageTakenOut,
    MessageWritten,
    SearchHit,
    TitleChosen,
    TitleSource,
)
from chatapp.core.stream_events import StreamEvent
from chatapp.storage import tidying
from chatapp.storage.rows import searchable_text
from chatapp.storage.search import parse_search, snippet
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.storage.words import placed_words, words
from tests.storage.recording import MODEL, NOW, opened, replied, run, said, writes_of
from tests.support.conversations import histories, played

TEXTS = {
    "china": "中国在亚洲东部。",
    "tang": "唐朝诗人李白",
    "apart": "中文和外国",
    "accents": "Les élèves du café naïf",
    "code": "call foo_bar(baz) in src/main.py",
    "english": "The quick brown fox jumps over the lazy dog",
    "korean": "한국어를 배웁니다",
    "thai": "ภาษาไทย",
    "decomposed": "re\u0301sume\u0301",
    "emoji": "Ship it 🚀 now",
    "operators": "this AND that OR NOT NEAR",
}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("中国", {"china"}),
        ("国", {"china", "apart"}),
        ("唐", {"tang"}),
        ("诗人李", {"tang"}),
        ("中 国", {"china", "apart"}),
        ("국어", {"korean"}),
        ("ไทย", {"thai"}),
        ("eleves", {"accents"}),
        ("ÉLÈVES", {"accents"}),
        ("cafe naif", {"accents"}),
        ("resume", {"decomposed"}),
        ("résumé", {"decomposed"}),
        ("qui", {"english"}),
        ("qui fox", set()),
        ("qui* fox", {"english"}),
        ("qui ", set()),
        ("fox quick", {"english"}),
        ('"fox quick"', set()),
        ('"quick brown"', {"english"}),
        ('"quick bro"', set()),
        ('"quick bro', {"english"}),
        ('"quick bro"*', set()),
        ("bar", {"code"}),
        ("foo_bar", {"code"}),
        ("main.py", {"code"}),
        ("main.p", {"code"}),
        ("🚀", {"emoji"}),
        ("AND OR", {"operators"}),
        ("NOT that", {"operators"}),
        ("NEAR(", {"operators"}),
        ("", set()),
        ("   ", set()),
        ('"', set()),
        ('""', set()),
        ("*", set()),
        ("-- ; ' \\", set()),
    ],
)
async def test_a_search_finds(search: str, found: set[str]) -> None:
    async with opened(None) as store:
        for name, text in TEXTS.items():
            await store.write([TitleChosen(name, "—", TitleSource.PERSON)])
            await store.write([MessageWritten(name, replied(text))])
        hits = await store.search(search)
        assert {hit.conversation_id for hit in hits} == found
        assert all(hit.matches for hit in hits)


async def test_text_refusals_and_tools_are_searched_but_not_reasoning() -> None:
    reply = replied(
        "",
        parts=(
            TextPart("alpha"),
            RefusalPart("beta"),
            ReasoningPart("gamma"),
            ToolCallPart("1", "get_weather", '{"city":"\\u4e2d\\u56fd","unit":"delta"}'),
            ToolResultPart("1", "epsilon"),
            ToolCallPart("2", "broken", '{"\\u4e2d'),
        ),
    )
    async with opened(None) as store:
        await store.write([MessageWritten("c", reply)])
        for word in ("alpha", "beta", "weather", "中国", "delta", "epsilon", "broken"):
            assert [hit.message_id for hit in await store.search(word)] == ["r"], word
        assert await store.search("gamma") == ()


async def test_a_hit_tells_where_and_when_it_was_said() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", said("Tell me of 唐朝"))])
        await store.write([MessageWritten("c", replied("In 唐代 …", created_at=NOW + 1))])
        reply, question = await store.search("唐")
        assert reply == SearchHit(
            "c", "r", "Tell me of 唐朝", "In 唐代 …", ((3, 4),), NOW + 1, MODEL
        )
        assert question.message_id == "u", "a title taken from it is no place of its own"
        await store.write([TitleChosen("c", "On 唐朝", TitleSource.PERSON)])
        title, *_ = await store.search("唐")
        assert title == SearchHit("c", None, "On 唐朝", "On 唐朝", ((3, 4),), NOW + 1, MODEL)


async def test_titles_come_first_then_the_newest_messages_up_to_the_limit() -> None:
    async with opened(None) as store:
        for number in (3, 1, 4, 2):
            message = replied("word", created_at=NOW + 100 * number)
            await store.write([MessageWritten(f"c{number}", message)])
        await store.write([TitleChosen("c1", "The word", TitleSource.PERSON)])
        hits = await store.search("word")
        assert [(hit.conversation_id, hit.message_id) for hit in hits] == [
            ("c1", None), ("c4", "r"), ("c3", "r"), ("c2", "r"), ("c1", "r"),
        ]  # fmt: skip
        assert await store.search("word", limit=2) == hits[:2]
        assert await store.search("word", limit=0) == ()


async def test_what_a_message_no_longer_says_is_no_longer_found() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", replied("before"))])
        await store.write([MessageWritten("c", replied("after"))])
        assert await store.search("before") == ()
        assert len(await store.search("after")) == 1


async def test_an_older_search_that_waits_gives_way_to_a_newer() -> None:
    async with opened(None) as store:
        await store.write([MessageWritten("c", replied("word"))])
        older, newer = await asyncio.gather(store.search("wor"), store.search("word"))
        assert older == ()
        assert len(newer) == 1


def test_a_snippet_is_the_line_around_the_first_match() -> None:
    text = "x " * 500 + "here\n\n  stands  the\tneedle and  goes on " + "y " * 500 + "needle"
    excerpt, matches = snippet(text, parse_search("needle"))
    assert " here stands the needle and goes on " in excerpt
    assert excerpt.startswith("…x ")
    assert excerpt.endswith("y…")
    assert [excerpt[start:end] for start, end in matches] == ["needle"]


@pytest.mark.parametrize(
    "search",
    [
        "中国",
        "eleves",
        "CAFE",
        "resume",
        "국어",
        "ไทย",
        "foo_bar",
        '"quick brown"',
        "qui* fox",
        "🚀",
    ],
)
def test_a_match_far_down_a_long_text_is_shown(search: str) -> None:
    terms = parse_search(search)
    text = "quicksand aquick 人 some fox_words that " * 5000 + "\n".join(TEXTS.values())
    excerpt, matches = snippet(text, terms)
    found = [words(excerpt[start:end]) for start, end in matches]
    assert found
    assert all(any(term.is_met(each) for term in terms) for each in found)


def test_terms_that_end_alike_are_all_marked() -> None:
    excerpt, matches = snippet("bar, then foo bar", parse_search('"foo bar" bar '))
    assert [excerpt[start:end] for start, end in matches] == ["bar", "foo bar"]


def test_a_snippet_of_what_does_not_match_is_the_beginning() -> None:
    assert snippet("some words", parse_search("other")) == ("some words", ())


def test_a_word_longer_than_a_snippet_is_cut() -> None:
    excerpt, ((start, end),) = snippet("a" * 10_000, parse_search("a"))
    assert (start, end) == (0, len(excerpt) - 1)
    assert len(excerpt) < 200


anything = st.text(st.characters() | st.sampled_from('\ud800 "*():^+-\n中国éé̀ßİ½ﬀ㎏ｶﾞ'), max_size=60)


@given(anything, anything)
@settings(max_examples=300)
def test_the_places_of_a_snippet_are_in_order_within_it(text: str, search: str) -> None:
    terms = parse_search(search)
    if not terms:
        return
    excerpt, matches = snippet(text, terms)
    ends = [0, *(place for match in matches for place in match)]
    assert ends == sorted(ends)
    assert ends[-1] <= len(excerpt)
    assert all(start < end for start, end in matches)
    assert "\n" not in excerpt


@given(anything)
@settings(max_examples=300)
def test_placed_words_are_the_words(text: str) -> None:
    placed = [*placed_words(text)]
    assert [word for word, _, _ in placed] == words(text)
    assert all(text[start:end].strip() for _, start, end in placed)


@given(st.lists(anything, min_size=1, max_size=4))
@settings(max_examples=60)
def test_no_search_is_an_error_and_every_text_is_found_by_itself(texts: list[str]) -> None:
    async def scenario() -> None:
        async with opened(None) as store:
            for number, text in enumerate(texts):
                await store.write([MessageWritten("c", replied(text, f"r{number}"))])
            for number, text in enumerate(texts):
                hits = await store.search(f'"{text.replace(chr(34), " ")}"')
                if words(text):
                    (hit,) = [hit for hit in hits if hit.message_id == f"r{number}"]
                    assert hit.matches
                await store.search(text)

    run(scenario())


@given(histories())
@settings(max_examples=25)
def test_every_message_of_a_history_is_found_and_nothing_is_left_of_deleted_ones(
    events: list[StreamEvent],
) -> None:
    async def scenario() -> None:
        conversation = played([])
        async with opened(None) as store:
            for writes in writes_of(conversation, events):
                await store.write(writes)
            draft = conversation.draft
            for message in conversation.messages:
                text = searchable_text(message)
                places = [end for _, _, end in placed_words(text)][:5]
                if places and not (draft and draft.message_id == message.message_id):
                    phrase = text[: places[-1]].replace('"', " ")
                    hits = await store.search(f'"{phrase}"')
                    assert message.message_id in {hit.message_id for hit in hits}
            await forget_everything(store)

    run(scenario())


async def forget_everything(store: SqliteStore) -> None:
    """Purge the conversation and see that no word of it is left in the index."""
    await store.write([ConversationDeleted("c")])

    def work() -> None:
        connection = store._reader()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tidying, "KEPT_S", -1.0)
            while tidying.tidy_one(connection, store._instance):
                pass
        for table in ("message_words", "title_words"):
            connection.execute(f"CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, {table}, row)")
            assert connection.execute("SELECT * FROM temp.v").fetchall() == []
            connection.execute("DROP TABLE temp.v")

    await store._call(store._writing, work)


async def test_a_damaged_row_does_not_hinder_the_search(path: Path) -> None:
    async with opened(path) as store:
        await store.write([MessageWritten("c", replied("word", f"r{n}")) for n in range(3)])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("UPDATE messages SET body = '{' WHERE message_id = 'r1'")
        assert {hit.message_id for hit in await store.search("word")} == {"r0", "r2"}
        await store.write([MessageTakenOut("c", "r1")])
        assert {hit.message_id for hit in await store.search("word")} == {"r0", "r2"}
