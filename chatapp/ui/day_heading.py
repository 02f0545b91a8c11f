"""Days as a person names them, seen from today."""

from datetime import date, datetime

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_LAST_TIME = datetime(9998, 12, 31).timestamp()
"""Later times cannot be told in every time zone."""


def local_day(at: float) -> date:
    """The day of a time in seconds since the epoch, here; odd times give the nearest day."""
    # In this order, NaN becomes 0 too.
    return datetime.fromtimestamp(min(max(86_400.0, at), _LAST_TIME)).date()


def day_heading(day: date, today: date) -> str:
    """Name a day: Today, Yesterday, its weekday within a week, else its date.

    A day to come is Today: some clock was wrong.
    """
    days_ago = (today - day).days
    if days_ago <= 0:
        return "Today"
    if days_ago == 1:
        return "Yesterday"
    if days_ago < len(_WEEKDAYS):
        return _WEEKDAYS[day.weekday()]
    return f"{day.day} {_MONTHS[day.month - 1]}{_year(day, today)}"


def short_day(day: date, today: date) -> str:
    """The same in a few cells: "Tue", "3 Nov", "3 Nov 2019"."""
    days_ago = (today - day).days
    if days_ago < len(_WEEKDAYS):
        heading = day_heading(day, today)
        return heading if days_ago <= 1 else heading[:3]
    return f"{day.day} {_MONTHS[day.month - 1][:3]}{_year(day, today)}"


def _year(day: date, today: date) -> str:
    return "" if day.year == today.year else f" {day.year}"
