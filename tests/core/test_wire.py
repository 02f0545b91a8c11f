"""What the wire's values keep to themselves, and who may watch."""

from collections.abc import Sequence

from chatapp.core.wire import (
    MASK,
    WireItem,
    WireRequest,
    WireTaps,
    masked_headers,
    masked_text,
    masked_url,
    noted_headers,
)


def test_only_harmless_headers_keep_their_values() -> None:
    sent = [
        ("Authorization", "Bearer sk-secret"),
        ("api-key", "sk-secret"),
        ("Cookie", "session=sk-secret"),
        ("X-Custom-Token", "sk-secret"),
        ("Content-Type", "application/json"),
        ("X-Stainless-Lang", "python"),
    ]
    masked = dict(masked_headers(sent))
    assert "sk-secret" not in str(masked)
    assert masked["authorization"] == masked["cookie"] == masked["x-custom-token"] == MASK
    assert (masked["content-type"], masked["x-stainless-lang"]) == ("application/json", "python")


def test_of_a_response_only_telling_headers_are_noted() -> None:
    came = [
        ("Content-Type", "text/event-stream"),
        ("Set-Cookie", "session=1"),
        ("X-Request-Id", "r-1"),
        ("x-ratelimit-remaining-tokens", "7"),
        ("Location", "https://me:pw@host/v1?token=abc"),
    ]
    assert dict(noted_headers(came)) == {
        "content-type": "text/event-stream",
        "x-request-id": "r-1",
        "x-ratelimit-remaining-tokens": "7",
        "location": "https://host/v1?token=***",
    }


def test_an_address_loses_its_password_and_its_query() -> None:
    assert masked_url("https://me:pw@host:8/v1?key=k&b") == "https://host:8/v1?key=***&b=***"
    assert masked_url("http://host/v1") == "http://host/v1"
    assert masked_url("http://host?a=b@c") == "http://host?a=***"


def test_a_short_key_is_not_looked_for_in_text() -> None:
    assert masked_text('{"none": 1}', "none") == '{"none": 1}'
    assert masked_text("wrong key sk-123456", "sk-123456") == "wrong key ***"


class Tap:
    def __init__(self) -> None:
        self.is_closed = False

    def open(self, request: WireRequest) -> "Tap":
        return self

    def take(self, items: Sequence[WireItem]) -> None: ...

    def close(self) -> None:
        self.is_closed = True


def test_taps_come_and_go() -> None:
    taps, first, second = WireTaps(), Tap(), Tap()
    assert not taps.is_open
    remove = taps.add(first)
    taps.add(second)
    assert (taps.is_open, taps.all) == (True, (first, second))
    remove()
    assert taps.all == (second,)
    taps.close()
    assert (taps.is_open, first.is_closed, second.is_closed) == (False, False, True)
