"""A log keeps a window of the items, and figures of all of them."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.exchange_log import BYTES_KEPT, ExchangeLog, GapHistogram, WireLog
from chatapp.core.oddities import OddityKind
from chatapp.core.sparkline import sparkline
from chatapp.core.wire import (
    Closing,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireRequest,
    WireResponse,
)

REQUEST = WireRequest("test", "POST", "http://host/v1", (), '{"stream": true}', 10.0, 1e9)


def text(at: float, words: str = "four") -> WireEvent:
    data = json.dumps({"choices": [{"index": 0, "delta": {"content": words}}]})
    return WireEvent(at, data, size=100)


def usage(at: float, tokens: int) -> WireEvent:
    data = json.dumps({"choices": [], "usage": {"completion_tokens": tokens}})
    return WireEvent(at, data, size=50)


def test_figures_of_a_stream() -> None:
    log = ExchangeLog(REQUEST)
    log.take([WireResponse(10.5, 200, (("content-type", "text/event-stream"),))])
    log.take([WireEvent(10.6, '{"choices": [{"delta": {"role": "assistant"}}]}', size=10)])
    log.take([text(11.0), text(11.1), text(12.0)])
    log.take([usage(12.1, 11), WireEnd(12.1, Closing.DONE)])
    assert log.ttft_s == pytest.approx(1.0)
    assert log.elapsed_s == pytest.approx(2.1)
    assert (log.event_count, log.byte_count, log.item_count) == (5, 360, 7)
    assert log.completion_tokens == (11, False)
    assert log.tokens_per_second == pytest.approx(10.0)
    assert log.gaps.longest_s == pytest.approx(0.9)
    assert [round(entry.gap_s, 3) for entry in log.entries][:3] == [0.5, 0.1, 0.4]
    assert list(log.tokens_by_second) == [2.0, 1.0]
    assert log.end is not None
    assert log.exchange.items[-1] == log.end


def test_without_usage_the_tokens_are_estimated() -> None:
    log = ExchangeLog(REQUEST)
    log.take([text(11.0, "eight ch"), text(13.0, "eight ch")])
    assert log.completion_tokens == (4, True)
    assert log.tokens_per_second == pytest.approx(1.5)
    assert list(log.tokens_by_second) == [2.0, 0.0, 2.0]


def test_what_came_before_it_was_watched_is_not_measured() -> None:
    log = ExchangeLog(replace(REQUEST, is_whole=False))
    log.take([WireResponse(50.0, 200, (("content-type", "text/event-stream"),)), text(50.1)])
    log.take([text(51.1), usage(51.2, 900), WireEnd(51.2, Closing.DONE)])
    assert (log.ttft_s, log.tokens_per_second) == (None, None)
    assert list(log.tokens_by_second) == [1.0, 1.0]
    assert OddityKind.SILENCE not in [finding.oddity.kind for finding in log.findings]


def test_few_long_items_are_kept() -> None:
    log = ExchangeLog(REQUEST)
    log.take([WireEvent(11.0 + at, "{}", size=BYTES_KEPT // 4) for at in range(9)])
    assert [entry.number for entry in log.entries] == [6, 7, 8, 9]
    log.take([WireEvent(30.0, "{}", size=2 * BYTES_KEPT)])
    assert [entry.number for entry in log.entries] == [10]
    log.take([text(31.0)])
    assert [entry.number for entry in log.entries] == [11]


def test_the_window_is_bounded_and_the_figures_are_not() -> None:
    log = ExchangeLog(REQUEST, limit=10)
    for number in range(5_000):
        log.take([text(11.0 + number)])
    assert (len(log.entries), log.event_count, log.byte_count) == (10, 5_000, 500_000)
    assert [entry.number for entry in log.entries] == list(range(4_991, 5_001))
    assert (len(log.gaps), len(log.tokens_by_second)) == (4_999, 600)
    assert len(log.exchange.incoming) == 10


def test_every_log_is_told_of_and_only_the_last_are_kept() -> None:
    changes: list[int] = []
    wire_log = WireLog(lambda: changes.append(len(wire_log.exchanges)))
    for _ in range(25):
        wire_log.open(REQUEST).take([text(11.0)])
    wire_log.close()
    assert (len(wire_log.exchanges), len(changes)) == (8, 50)


gaps = st.lists(st.floats(0, 3600), min_size=1, max_size=60)


@given(gaps, st.sampled_from([50, 90, 99, 100]))
def test_percentiles_are_right_to_a_twentieth(seconds: list[float], percent: int) -> None:
    histogram = GapHistogram()
    for each in seconds:
        histogram.add(each)
    exact = sorted(seconds)[max(0, -(-len(seconds) * percent // 100) - 1)]
    assert histogram.percentile(percent) == pytest.approx(exact, rel=0.05, abs=2e-6)
    assert histogram.longest_s == max(seconds)
    assert sum(histogram.counts([0.001, 0.1, 1.0])) == len(histogram) == len(seconds)


def test_counts_by_bounds() -> None:
    histogram = GapHistogram()
    for each in (0.0, 0.002, 0.05, 0.5, 0.6, 30.0):
        histogram.add(each)
    assert histogram.counts([0.001, 0.01, 0.1, 1.0]) == [1, 1, 1, 2, 1]
    assert GapHistogram().percentile(50) == 0.0


@given(st.lists(st.floats(0, 1e9), max_size=300), st.integers(0, 80))
def test_a_sparkline_fits(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) == min(len(values), width)
    if drawn and max(values) > 0:
        assert "█" in drawn


def test_a_sparkline_shows_the_peaks() -> None:
    assert sparkline([0, 1, 0, 7, 0, 0], 3) == "▂█▁"


@given(st.lists(st.floats(0, 1e5), max_size=20))
def test_times_in_any_order_do_no_harm(times: list[float]) -> None:
    items: list[WireItem] = [text(at) for at in times]
    items += [WireComment(0.0, "late"), WireEnd(0.0, Closing.CLEAN)]
    log = ExchangeLog(None)
    log.take(items)
    assert log.item_count == len(times) + 2
    assert sum(log.tokens_by_second) <= len(times)
