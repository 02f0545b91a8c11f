"""A conversation that has everything, and what is hard about it."""

from pathlib import Path

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.records import ConversationHeader, StoredConversation, TitleSource
from chatapp.core.usage import Timing, Usage

GOLDEN = Path(__file__).parent / "golden"

AT = 1_700_000_000.0
MODEL = ModelRef("lab", "model-a")

QUESTION = "为什么空调能吹出冷热两种不同的风？\nAnd <script>alert('you')</script>?"
TABLE = "| 冷 | 热 |\n|---|---|\n| 蒸发 | 冷凝 |"
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> \x1b[31mred\x1b[0m \u202egnp.exe\n\n"
    "[good](https://example.com/a?b=1&c=2) [bad](javascript:alert(3)) "
    "![pixel](https://tracker.example/p.png) <!-- not a comment\n\n"
    "# A heading of the model's own"
)
OPEN_FENCE = '代码：\n\n````python\nprint("<b>```</b>")\n```\nstill code'


def _user(number: int, parent_id: str | None, text: str) -> ChatMessage:
    return ChatMessage(
        f"user-{number}", parent_id, Role.USER, (TextPart(text),), AT + 60 * number, MODEL
    )


WITH_TOOLS = ChatMessage(
    message_id="reply-1",
    parent_id="user-1",
    role=Role.ASSISTANT,
    parts=(
        ReasoningPart("The person asks about ```air```.\n</details> Let me look."),
        TextPart("我来查一下。"),
        ToolCallPart("call_0", "get_weather", '{"city": "北京", "note": "````"}'),
        ToolCallPart("call_1", "danger<ous>", '{"unfinished": '),
        ToolResultPart("call_1", "denied </code></pre>", ToolStatus.DENIED),
        ToolResultPart("call_0", '{"temperature": 22, "wind": "东北风3级"}', elapsed_s=0.42),
        TextPart(TABLE + "\n\n~~old~~ **bold** `code`"),
    ),
    created_at=AT + 90,
    model=MODEL,
    finish_reason="stop",
    usage=Usage(1204, 356, 1560, cached_tokens=1024, reasoning_tokens=120),
    timing=Timing(0.31, 3.1, 3.4),
    cost_usd=0.00123,
)
ALTERNATIVE = ChatMessage(
    message_id="reply-2",
    parent_id="user-1",
    role=Role.ASSISTANT,
    parts=(TextPart(HOSTILE),),
    created_at=AT + 120,
    model=ModelRef("home", "模型*<b>*"),
    ending=Ending.STOPPED,
    usage=Usage(10, 20, 30, is_estimated=True),
)
CUT = ChatMessage(
    message_id="reply-3",
    parent_id="user-2",
    role=Role.ASSISTANT,
    parts=(TextPart(OPEN_FENCE), RefusalPart("I cannot go on.")),
    created_at=AT + 150,
    model=MODEL,
    ending=Ending.CUT,
    failure=Failure(
        FailureKind.CUT, "The server closed the connection.", server_words="```\n<h1>502</h1>"
    ),
)

CONVERSATION = StoredConversation(
    header=ConversationHeader(
        conversation_id="0197-sample",
        title="空调 & <script> #1",
        created_at=AT,
        updated_at=AT + 150,
        model=MODEL,
        message_count=5,
        is_pinned=True,
        title_source=TitleSource.PERSON,
        has_unsent_text=True,
    ),
    messages=(
        _user(1, None, QUESTION),
        WITH_TOOLS,
        ALTERNATIVE,
        _user(2, "reply-2", "Go on.\nPlease."),
        CUT,
    ),
    leaf_id="reply-3",
    unsent_text="half a thought",
)

OTHER_BRANCH = StoredConversation(CONVERSATION.header, CONVERSATION.messages, "reply-1")
"""The same with the path that has the tools."""
