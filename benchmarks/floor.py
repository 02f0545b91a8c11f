"""The least a person could write by hand: the SDK, input(), and print with flush."""

import os

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam


def main() -> None:
    """Chat until the input ends; Ctrl+C stops a reply."""
    client = OpenAI()
    messages: list[ChatCompletionMessageParam] = []
    while True:
        try:
            messages.append({"role": "user", "content": input("> ")})
        except EOFError:
            return
        reply = ""
        stream = client.chat.completions.create(
            model=os.environ.get("FLOOR_MODEL", "fake-model"),
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
        )
        try:
            for chunk in stream:
                if chunk.choices and (delta := chunk.choices[0].delta.content):
                    reply += delta
                    print(delta, end="", flush=True)
        except KeyboardInterrupt:
            stream.close()
        print()
        messages.append({"role": "assistant", "content": reply})


if __name__ == "__main__":
    main()
