"""Figures: sums, speeds and estimates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.usage import ResponseMeter, Timing, Usage, estimate_tokens


def test_usage_adds_up_and_an_estimate_taints_the_sum() -> None:
    reported = Usage(39, 10, 49, cached_tokens=8)
    estimated = Usage(49, 5, 54, reasoning_tokens=3, is_estimated=True)
    assert reported + estimated == Usage(88, 15, 103, 8, 3, is_estimated=True)


def test_the_meter_measures_from_the_first_delta() -> None:
    meter = ResponseMeter(sent_at=10.0)
    meter.heard(10.5)
    assert meter.timing(10.6) == Timing(None, 0.0, pytest.approx(0.6))
    meter.add_delta("four", 11.0)
    meter.add_delta("four", 13.0)
    timing = meter.timing(14.0)
    assert timing == Timing(1.0, 2.0, 4.0)
    assert timing.tokens_per_second(5) == 2.0
    assert meter.silence_s(14.0) == 1.0
    assert meter.estimated_completion_tokens == 2


def test_a_continued_reply_is_timed_without_the_pause_between() -> None:
    whole = Timing(0.5, 2.0, 3.0) + Timing(0.2, 1.0, 1.5)
    assert whole == Timing(0.5, 3.0, 4.5)
    assert (Timing(None, 0.0, 1.0) + Timing(0.2, 1.0, 1.5)).ttft_s == 0.2


def test_no_speed_is_claimed_where_nothing_can_be_measured() -> None:
    assert Timing(None, 0.0, 1.0).tokens_per_second(9) is None
    assert Timing(0.1, 0.001, 1.0).tokens_per_second(9) is None


@given(st.text(), st.text())
def test_an_estimate_does_not_depend_on_the_cuts(first: str, second: str) -> None:
    whole = estimate_tokens(first + second)
    assert estimate_tokens(first) + estimate_tokens(second) == pytest.approx(whole)


def test_chinese_is_counted_by_the_character() -> None:
    assert estimate_tokens("热力学第二定律") == pytest.approx(4.9)
    assert estimate_tokens("thermodynamics, second law") == pytest.approx(6.5)
