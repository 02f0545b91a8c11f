"""What a fragment of a long argument costs: the same at its end as at its beginning."""

import json
import time

import pytest

from chatapp.core.changes import Change, merge_changes
from chatapp.core.stream_events import ToolCallDelta, ToolCallStarted
from tests.ui.transcript.view.transcript_bench import bench

FRAGMENTS_A_FRAME = 40
TEXTS = {
    "code": "def f(x: int) -> str:\n    return f'{x} 北京'\n" * 4500,
    "note": 'words of a text that goes on and on, with \\ and " in it. ' * 3600,
    "lines": [{"number": number, "text": "文字"} for number in range(7000)],
}


@pytest.mark.parametrize("key", TEXTS)
async def test_a_fragment_costs_the_same_in_a_long_argument(key: str) -> None:
    text = json.dumps({key: TEXTS[key]}, ensure_ascii=False)[:200_000]
    fragments = [text[place : place + 10] for place in range(0, len(text), 10)]
    assert len(fragments) > 17_000
    spent: list[float] = []
    async with bench(width=100, height=40) as b:
        b.begin("hi", ToolCallStarted(0, "c0", "write_file"))
        for first in range(0, len(fragments), FRAGMENTS_A_FRAME):
            began = time.process_time()
            changes: list[Change] = []
            for fragment in fragments[first : first + FRAGMENTS_A_FRAME]:
                changes += b.conversation.apply(ToolCallDelta(0, fragment))
            b.view.apply(merge_changes(changes))
            spent.append(time.process_time() - began)
    tenth = len(spent) // 10
    early, late = sorted(spent[tenth : 2 * tenth]), sorted(spent[-tenth:])
    assert late[tenth // 2] < 3 * early[tenth // 2] + 0.001
    assert late[tenth // 2] < 0.03  # a frame of 40 fragments; measured 2 to 6 ms
