"""Days as a person names them, seen from today."""

from datetime import date

from chatapp.core.local_time import local_time

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def local_day(at: float) -> date:
    """The day here of a moment in seconds since the epoch."""
    return local_time(at).date()


def day_heading(day: date, today: date) -> str:
    """Say when a day was: Today, Yesterday, its weekday within a week, else its month.

    A day to come is Today: some clock was wrong.
    """
    days_ago = (today - day).days
    if days_ago <= 0:
        return "Today"
    if days_ago == 1:
        return "Yesterday"
    if is_within_week(day, today):
        return _WEEKDAYS[day.weekday()]
    if (day.year, day.month) == (today.year, today.month):
        return "Earlier this month"
    return f"{_MONTHS[day.month - 1]}{_year(day, today)}"


def short_day(day: date, today: date) -> str:
    """Name a day in a few cells: "Today", "Tue", "3 Nov", "3 Nov 2019"."""
    if is_within_week(day, today):
        heading = day_heading(day, today)
        return heading if (today - day).days <= 1 else heading[:3]
    return f"{day.day} {_MONTHS[day.month - 1][:3]}{_year(day, today)}"


def is_within_week(day: date, today: date) -> bool:
    """Whether the heading of a day is that of no other."""
    return (today - day).days < len(_WEEKDAYS)


def _year(day: date, today: date) -> str:
    return "" if day.year == today.year else f" {day.year}"
