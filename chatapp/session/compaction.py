"""Sums up a conversation that has become long, by the model itself."""

from dataclasses import replace

from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.ports import ChatRequest

INSTRUCTION = """\
Sum up our conversation so far, so that it can go on from your summary alone. Keep facts, \
decisions, open questions, names, numbers and code identifiers as they are. Write in the \
language of the conversation, without any introduction."""


def summary_request(request: ChatRequest) -> ChatRequest:
    """The request that asks for a summary of what `request` would send."""
    last = request.messages[-1]
    asking = ChatMessage(
        message_id="summary request",
        parent_id=last.message_id,
        role=Role.USER,
        parts=(TextPart(INSTRUCTION),),
        created_at=last.created_at,
    )
    return replace(request, messages=(*request.messages, asking), tools=(), continues_last=False)
