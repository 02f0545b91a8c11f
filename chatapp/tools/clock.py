"""What time it is, anywhere."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.function_tool import FunctionTool

_MAX_SUGGESTIONS = 5


def current_time(timezone: str = "") -> Mapping[str, str]:
    """Get the current date and time in a time zone.

    Args:
        timezone: IANA name such as Asia/Shanghai, a city in one such as Tokyo, or UTC; empty
            for the time zone of the user.
    """
    now = datetime.now(ZoneInfo(_zone_name(timezone.strip()))) if timezone.strip() else _local()
    return {
        "timezone": str(now.tzinfo),
        "date": now.date().isoformat(),
        "time": now.strftime("%H:%M:%S"),
        "weekday": now.strftime("%A"),
        "utc_offset": now.isoformat()[-6:],
    }


def current_time_tool() -> FunctionTool:
    """The tool; it tells nobody anything but the time."""
    return FunctionTool(current_time, origin="built in", default_policy=Policy.ALWAYS)


def _local() -> datetime:
    return datetime.now().astimezone()


def _zone_name(wanted: str) -> str:
    """The zone that is meant, written as its database writes it. Raises ToolError."""
    if _is_zone(wanted):
        return wanted
    folded = wanted.replace(" ", "_").casefold()
    zones = available_timezones()
    alike = sorted(zone for zone in zones if zone.casefold() == folded)
    cities = sorted(zone for zone in zones if zone.casefold().rpartition("/")[2] == folded)
    if alike or cities:
        return (alike or cities)[0]
    near = sorted(zone for zone in zones if folded in zone.casefold())[:_MAX_SUGGESTIONS]
    advice = f"did you mean {' or '.join(near)}?" if near else "give a name like Asia/Shanghai"
    raise ToolError(f"there is no time zone named {wanted!r}; {advice}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        return False
    return True
