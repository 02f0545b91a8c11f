from datetime import UTC, datetime, timedelta

import pytest

from chatapp.core.errors import ToolError
from chatapp.tools.clock import current_time


@pytest.mark.parametrize(
    ("asked", "zone", "offset"),
    [
        ("Asia/Shanghai", "Asia/Shanghai", "+08:00"),
        ("asia/shanghai", "Asia/Shanghai", "+08:00"),
        ("Tokyo", "Asia/Tokyo", "+09:00"),
        ("kolkata", "Asia/Kolkata", "+05:30"),
        ("UTC", "UTC", "+00:00"),
    ],
)
def test_a_zone_is_found_by_name_or_city(asked: str, zone: str, offset: str) -> None:
    told = current_time(asked)
    assert told["timezone"] == zone
    assert told["utc_offset"] == offset


def test_the_time_is_now() -> None:
    told = current_time("Asia/Shanghai")
    moment = datetime.fromisoformat(f"{told['date']}T{told['time']}{told['utc_offset']}")
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert moment.strftime("%A") == told["weekday"]


def test_no_zone_is_the_person_s_own() -> None:
    offset = datetime.now().astimezone().isoformat()[-6:]
    assert current_time()["utc_offset"] == offset


@pytest.mark.parametrize("asked", ["Atlantis", "../../etc/passwd", "/etc/passwd", "Asia", "a\0b"])
def test_an_unknown_zone_is_said(asked: str) -> None:
    with pytest.raises(ToolError, match="there is no time zone"):
        current_time(asked)


def test_a_near_miss_is_helped() -> None:
    with pytest.raises(ToolError, match=r"did you mean .*America/New_York"):
        current_time("York")
