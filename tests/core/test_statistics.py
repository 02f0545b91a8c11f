"""Totals and medians of replies, and the lines in which they are drawn."""

import statistics
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from math import isclose
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.bar_charts import ColumnChart, bar, plain_text
from chatapp.core.display_width import cut_start, display_width
from chatapp.core.messages import ModelRef
from chatapp.core.records import ReplyFigures
from chatapp.core.safe_text import safe_text
from chatapp.core.statistics import (
    DAY,
    WEEK,
    Speed,
    Total,
    local_day,
    local_midnight,
    period_of,
    speed_of,
    speeds_by_model,
    total,
    totals_by_model,
    totals_by_period,
)
from chatapp.core.statistics_report import Grouping, Window, dollars, report
from chatapp.core.usage import Timing, Usage

GOLDEN = Path(__file__).parent / "golden"
LAST = date(2026, 11, 23)
MODEL = ModelRef("lab", "model-a")

counts = st.integers(0, 10**9)
seconds = st.floats(0, 1e4)
models = st.builds(
    ModelRef,
    st.sampled_from(["lab", "深度求索", "openrouter"]),
    st.text(min_size=1, max_size=40) | st.sampled_from(["通义千问-max", "a/very/long/name" * 4]),
)
usages = st.builds(
    lambda prompt, completion, is_estimated: Usage(
        prompt, completion, prompt + completion, is_estimated=is_estimated
    ),
    counts,
    counts,
    st.booleans(),
)
figures = st.builds(
    ReplyFigures,
    models,
    st.floats(datetime(2025, 1, 1, tzinfo=UTC).timestamp(), datetime(2026, 12, 1).timestamp()),
    st.none() | usages,
    st.none() | st.builds(Timing, st.none() | seconds, seconds, seconds),
    st.none() | st.floats(0, 1e5),
    st.booleans(),
)
several = st.lists(figures, max_size=20)


def day_of(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()


def streamed(ttft_s: float, rate: float, *, is_estimated: bool = False) -> ReplyFigures:
    usage = Usage(5, 101, 106, is_estimated=is_estimated)
    return ReplyFigures(MODEL, 0.0, usage, Timing(ttft_s, 100 / rate, 9.0))


class TestSpeed:
    def test_it_is_the_median(self) -> None:
        replies = [streamed(0.1, 10), streamed(0.5, 20), streamed(9.0, 80)]
        assert speed_of(replies) == Speed(0.5, 20.0)

    def test_one_estimate_makes_the_rate_an_estimate(self) -> None:
        replies = [streamed(0.1, 10), streamed(0.1, 10, is_estimated=True)]
        assert speed_of(replies) == Speed(0.1, 10.0, is_estimated=True)

    @pytest.mark.parametrize(
        "reply",
        [
            ReplyFigures(MODEL, 0.0, Usage(1, 9, 10)),
            ReplyFigures(MODEL, 0.0, Usage(1, 9, 10), Timing(None, 0.0, 3.0)),
            ReplyFigures(MODEL, 0.0, Usage(1, 9, 10), Timing(3.0, 0.0, 3.0)),
            ReplyFigures(MODEL, 0.0, Usage(1, 9, 10), Timing(1.0, 2.0, 3.0), is_finished=False),
        ],
        ids=["not timed", "nothing came", "came at once", "stopped"],
    )
    def test_only_finished_replies_that_streamed_count(self, reply: ReplyFigures) -> None:
        assert speed_of([reply]) is None
        assert speed_of([reply, streamed(0.1, 10)]) == Speed(0.1, 10.0)

    def test_a_short_reply_tells_ttft_alone(self) -> None:
        short = ReplyFigures(MODEL, 0.0, Usage(1, 1, 2, is_estimated=True), Timing(0.3, 0.2, 0.5))
        assert speed_of([short]) == Speed(0.3)

    @given(several)
    def test_each_model_has_the_median_of_its_own(self, replies: list[ReplyFigures]) -> None:
        speeds = speeds_by_model(replies)
        for model in {reply.model for reply in replies}:
            ttfts = [
                reply.timing.ttft_s
                for reply in replies
                if reply.model == model
                and reply.is_finished
                and reply.timing
                and reply.timing.ttft_s is not None
                and reply.timing.generation_s > 0
            ]
            assert (model in speeds) == bool(ttfts)
            if ttfts:
                assert speeds[model].ttft_s == statistics.median(ttfts)


def same(first: Total, second: Total) -> bool:
    costs = first.cost_usd, second.cost_usd
    return (first.replies, first.tokens, first.unpriced, first.is_estimated) == (
        second.replies,
        second.tokens,
        second.unpriced,
        second.is_estimated,
    ) and (costs == (None, None) or isclose(costs[0] or 0.0, costs[1] or 0.0, abs_tol=1e-6))


def added(totals: Sequence[Total]) -> Total:
    costs = [one.cost_usd for one in totals if one.cost_usd is not None]
    return Total(
        sum(one.replies for one in totals),
        sum(one.prompt_tokens for one in totals),
        sum(one.completion_tokens for one in totals),
        any(one.is_estimated for one in totals),
        sum(costs) if costs else None,
        sum(one.unpriced for one in totals),
        None,
    )


class TestTotals:
    @given(several, st.sampled_from([DAY, WEEK, 4 * WEEK]))
    def test_nothing_is_lost_or_told_twice(self, replies: list[ReplyFigures], days: int) -> None:
        whole = total(replies)
        assert same(added([*totals_by_model(replies).values()]), whole)
        periods = totals_by_period(replies, days, day_of)
        assert same(added([*periods.values()]), whole)
        assert [*periods] == sorted(periods)

    @given(several, st.randoms())
    def test_the_order_of_the_replies_does_not_matter(
        self, replies: list[ReplyFigures], random: Random
    ) -> None:
        shuffled = replies[:]
        random.shuffle(shuffled)
        assert total(shuffled) == total(replies)
        assert [*totals_by_model(shuffled).items()] == [*totals_by_model(replies).items()]
        assert totals_by_period(shuffled, DAY, day_of) == totals_by_period(replies, DAY, day_of)

    @given(st.dates(), st.integers(1, 100))
    def test_a_day_is_in_its_period(self, day: date, days: int) -> None:
        first = period_of(day, days)
        assert 0 <= (day - first).days < days
        assert period_of(first, days) == first
        if days % WEEK == 0:
            assert first.weekday() == 0

    @given(st.floats(-1e300, 1e300))
    def test_every_moment_is_on_some_day(self, at: float) -> None:
        assert 1969 <= local_day(at).year <= 3000

    @given(st.dates(date(1971, 1, 2), date(2999, 1, 1)))
    def test_a_day_begins_at_midnight(self, day: date) -> None:
        assert local_day(local_midnight(day)) == day
        assert local_day(local_midnight(day) - 1) == day - timedelta(days=1)

    def test_the_model_that_took_most_is_first(self) -> None:
        small = ReplyFigures(ModelRef("a", "small"), 0.0, Usage(1, 1, 2))
        large = ReplyFigures(ModelRef("b", "large"), 0.0, Usage(5, 5, 10))
        assert [*totals_by_model([small, large])] == [large.model, small.model]


class TestDrawing:
    @given(st.floats(0, 1), st.integers(1, 40))
    def test_a_bar_is_as_long_as_its_share(self, share: float, cells: int) -> None:
        drawn = bar(share, cells)
        assert len(drawn) <= cells
        assert abs(len(drawn) - share * cells) <= 1
        assert bool(drawn) == (share > 0)

    def test_a_bar_is_exact_to_an_eighth(self) -> None:
        assert [bar(eighth / 8, 1) for eighth in range(9)] == ["", *"▏▎▍▌▋▊▉█"]

    def test_columns_stand_on_the_axis(self) -> None:
        chart = ColumnChart([1, None, 0, 2], "2", "a", "b", height=2)
        assert [plain_text(line) for line in chart.lines(80)] == [
            "2 ┤            ███",
            "  │███         ███",
            "0 └a──────────────b",
        ]

    @given(st.text(max_size=20), st.integers(0, 20))
    def test_a_text_is_cut_to_what_fits(self, text: str, columns: int) -> None:
        cut = cut_start(text, columns)
        assert display_width(cut) <= columns
        assert cut == text or text.endswith(cut[1:])

    @pytest.mark.parametrize(
        ("usd", "words"),
        [(0, "$0.00"), (0.00001, "<$0.0001"), (0.25, "$0.2500"), (1234.5, "$1,234.50")],
    )
    def test_money_never_reads_as_free(self, usd: float, words: str) -> None:
        assert dollars(usd) == words


def a_month() -> list[ReplyFigures]:
    """Three models, used more and more; the second counts no tokens, the third has no price."""
    names = ("deepseek/deepseek-chat", "dashscope/通义千问-max", "local/SmolLM2-135M-Instruct")
    replies = []
    for number in range(90):
        endpoint, name = names[number % 3].split("/")
        moment = datetime(2026, 10, 26, 12, tzinfo=UTC) + timedelta(days=(number * 8 / 25) % 28)
        tokens = 100 + number * 13 % 700 + number * 10
        replies.append(
            ReplyFigures(
                ModelRef(endpoint, name),
                moment.timestamp(),
                Usage(3 * tokens, tokens, 4 * tokens, is_estimated=endpoint == "dashscope"),
                Timing(0.2 + number % 7 / 10, tokens / (30 + number % 11), 9.0),
                None if endpoint == "local" else tokens / 100_000,
            )
        )
    return replies


def drawn(replies: Sequence[ReplyFigures], columns: int, by: Grouping | None = None) -> str:
    lines = report(replies, Window.of_days(30, LAST), columns, by, day_of)
    return "".join(plain_text(line) + "\n" for line in lines)


class TestReport:
    @pytest.mark.parametrize("columns", [60, 100])
    @pytest.mark.parametrize("by", [None, *Grouping], ids=lambda by: by.value if by else "all")
    def test_it_looks_as_it_should(self, columns: int, by: Grouping | None) -> None:
        expected = GOLDEN / f"statistics-{by.value if by else 'all'}-{columns}.txt"
        assert drawn(a_month(), columns, by) == expected.read_text(encoding="utf-8")

    @given(several.filter(bool), st.integers(40, 200), st.sampled_from([None, *Grouping]))
    def test_no_line_is_wider_than_the_terminal_or_holds_anything_unsafe(
        self, replies: list[ReplyFigures], columns: int, by: Grouping | None
    ) -> None:
        for line in drawn(replies, columns, by).split("\n"):
            assert display_width(line) <= columns
            assert line == safe_text(line)

    @pytest.mark.parametrize("days", [1, 7, 30, 100, 365, 20_000, 10**8])
    def test_any_number_of_days_can_be_told_of(self, days: int) -> None:
        lines = report(a_month(), Window.of_days(days, LAST), 60, None, day_of)
        assert max(display_width(plain_text(line)) for line in lines) <= 60

    def test_a_year_is_told_by_weeks(self) -> None:
        old = ReplyFigures(MODEL, datetime(2025, 12, 1, tzinfo=UTC).timestamp(), Usage(1, 1, 2))
        replies = [*a_month(), old]
        lines = report(replies, Window.of_days(365, LAST), 80, None, day_of)
        assert "tokens a week" in map(plain_text, lines)

    def test_what_is_not_known_has_no_column(self) -> None:
        text = drawn([ReplyFigures(MODEL, datetime(2026, 11, 20).timestamp(), Usage(1, 1, 2))], 80)
        assert "cost" not in text
        assert "TTFT" not in text
        assert "No price is known of these models." in text

    def test_hostile_names_stay_text(self) -> None:
        hostile = ReplyFigures(ModelRef("a", "\x1b[2J\u202ex[bold]"), 0.0, Usage(1, 1, 2))
        text = drawn([hostile], 80, Grouping.MODEL)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold]" in text
