import pytest

from chatapp.core.errors import Failure, FailureKind
from chatapp.core.preparation import Downloading, Preparation, Ready, Starting, Unavailable
from chatapp.ui.widgets import preparation_banner
from chatapp.ui.widgets.preparation_banner import PreparationBanner
from tests.ui.widgets.widget_bench import Bench

UNAVAILABLE = Unavailable(
    Failure(FailureKind.LOCAL_MODEL, "No wheel \x1b[2J[red]here.", "Set OPENAI_API_KEY. " * 5)
)


@pytest.mark.parametrize(
    ("preparation", "expected"),
    [
        (Downloading(40_000_000, 100_000_000), " 40.0 of 100.0 MB   40%"),
        (Downloading(5_000_000, 0), "5.0 MB"),
        (Downloading(120_000_000, 100_000_000), "100%"),
        (Starting(), "Starting the local model …"),
        (Ready(), "The local model is ready."),
        (UNAVAILABLE, "No wheel ␛[2J[red]here. Set OPENAI_API_KEY."),
    ],
)
async def test_every_step_is_told(preparation: Preparation, expected: str) -> None:
    banner = PreparationBanner()
    async with Bench(banner).shown():
        assert not banner.is_open
        banner.show(preparation)
        assert banner.is_open
        assert expected in str(banner.content)


async def test_ready_leaves_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation_banner, "READY_S", 0.01)
    banner = PreparationBanner()
    async with Bench(banner).shown() as pilot:
        banner.show(Ready())
        for _ in range(100):
            await pilot.pause(0.01)
            if not banner.is_open:
                break
        assert not banner.is_open


async def test_a_failure_wraps_and_stays_until_clicked() -> None:
    banner = PreparationBanner()
    async with Bench(banner).shown(60) as pilot:
        banner.show(Downloading(1, 2))
        await pilot.pause()
        assert banner.size.height == 1
        await pilot.click(banner)
        assert banner.is_open
        banner.show(UNAVAILABLE)
        await pilot.pause()
        assert banner.size.height > 1
        await pilot.click(banner)
        assert not banner.is_open
