"""The weather now and in the next days, from Open-Meteo, which asks for no key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from chatapp.core.errors import ToolError
from chatapp.core.ports import JsonValue, Policy
from chatapp.tools.function_tool import FunctionTool

if TYPE_CHECKING:
    import httpx2

GEOCODING_URL = "https://geocoding-api.open-meteo.com"
FORECAST_URL = "https://api.open-meteo.com"

_TIMEOUT_S = 20.0
_FORECAST_DAYS = 5

_CHINESE = re.compile("[\u4e00-\u9fff]")
_CHINESE_DIVISIONS = "市县区"

Words = tuple[str, str]
"""English and Chinese."""

_WEATHER_WORDS: Mapping[int, Words] = MappingProxyType(
    {
        0: ("clear sky", "晴"),
        1: ("mainly clear", "大致晴朗"),
        2: ("partly cloudy", "多云"),
        3: ("overcast", "阴"),
        45: ("fog", "雾"),
        48: ("freezing fog", "雾凇"),
        51: ("light drizzle", "小毛毛雨"),
        53: ("drizzle", "毛毛雨"),
        55: ("dense drizzle", "大毛毛雨"),
        56: ("light freezing drizzle", "轻微冻毛毛雨"),
        57: ("freezing drizzle", "冻毛毛雨"),
        61: ("light rain", "小雨"),
        63: ("rain", "中雨"),
        65: ("heavy rain", "大雨"),
        66: ("light freezing rain", "小冻雨"),
        67: ("freezing rain", "冻雨"),
        71: ("light snow", "小雪"),
        73: ("snow", "中雪"),
        75: ("heavy snow", "大雪"),
        77: ("snow grains", "米雪"),
        80: ("light showers", "小阵雨"),
        81: ("showers", "阵雨"),
        82: ("violent showers", "强阵雨"),
        85: ("light snow showers", "小阵雪"),
        86: ("snow showers", "阵雪"),
        95: ("thunderstorm", "雷暴"),
        96: ("thunderstorm with light hail", "雷暴伴小冰雹"),
        99: ("thunderstorm with hail", "雷暴伴冰雹"),
    }
)
"""What the WMO's weather codes mean, as far as Open-Meteo uses them."""

_WINDS: tuple[Words, ...] = (
    ("north", "北风"),
    ("northeast", "东北风"),
    ("east", "东风"),
    ("southeast", "东南风"),
    ("south", "南风"),
    ("southwest", "西南风"),
    ("west", "西风"),
    ("northwest", "西北风"),
)


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    latitude: float
    longitude: float
    country: str = ""
    admin1: str = ""


@dataclass(frozen=True, slots=True)
class _Places:
    results: tuple[_Place, ...] = ()


@dataclass(frozen=True, slots=True)
class _Current:
    time: str
    temperature_2m: float
    apparent_temperature: float
    relative_humidity_2m: float
    weather_code: int
    wind_speed_10m: float
    wind_direction_10m: float


@dataclass(frozen=True, slots=True)
class _Daily:
    time: tuple[str, ...]
    weather_code: tuple[int | None, ...]
    temperature_2m_min: tuple[float | None, ...]
    temperature_2m_max: tuple[float | None, ...]
    precipitation_probability_max: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class _Forecast:
    current: _Current
    daily: _Daily


Answer = TypeVar("Answer", _Places, _Forecast)


class WeatherService:
    """Open-Meteo, or what stands for it at other addresses."""

    def __init__(self, geocoding_url: str = GEOCODING_URL, forecast_url: str = FORECAST_URL):
        self._geocoding_url = geocoding_url
        self._forecast_url = forecast_url

    async def get_weather(self, city: str) -> Mapping[str, JsonValue]:
        """Get the current weather in a city and the forecast for the next days.

        Args:
            city: The city's name in any language, for example 北京 or Paris.
        """
        import httpx2

        name = city.strip()
        if not name:
            raise ToolError("city is empty")
        language = 1 if _CHINESE.search(name) else 0
        async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
            place = await self._find(client, name, ("en", "zh")[language])
            forecast = await self._forecast(client, place)
        return _report(place, forecast, language)

    async def _find(self, client: "httpx2.AsyncClient", name: str, language: str) -> _Place:
        url = f"{self._geocoding_url}/v1/search"
        # 北京市 is found by its short name only
        for candidate in dict.fromkeys((name, name.rstrip(_CHINESE_DIVISIONS) or name)):
            query = {"name": candidate, "count": "1", "language": language, "format": "json"}
            places = await _get(client, url, query, _Places)
            if places.results:
                return places.results[0]
        raise ToolError(f"no place named {name!r} is known; try another spelling")

    async def _forecast(self, client: "httpx2.AsyncClient", place: _Place) -> _Forecast:
        query = {
            "latitude": str(place.latitude),
            "longitude": str(place.longitude),
            "current": ",".join(name for name in _Current.__slots__ if name != "time"),
            "daily": ",".join(name for name in _Daily.__slots__ if name != "time"),
            "timezone": "auto",
            "forecast_days": str(_FORECAST_DAYS),
        }
        return await _get(client, f"{self._forecast_url}/v1/forecast", query, _Forecast)


def get_weather_tool(service: WeatherService | None = None) -> FunctionTool:
    """The tool; the person is asked, for it tells a third party which city they mean."""
    service = service or WeatherService()
    return FunctionTool(service.get_weather, origin="built in", default_policy=Policy.ASK)


async def _get(
    client: "httpx2.AsyncClient", url: str, query: Mapping[str, str], kind: type[Answer]
) -> Answer:
    import httpx2
    from pydantic import TypeAdapter, ValidationError

    try:
        response = await client.get(url, params=dict(query))
    except httpx2.RequestError as error:
        reason = str(error) or type(error).__name__
        raise ToolError(f"the weather service cannot be reached: {reason}") from error
    if response.status_code != httpx2.codes.OK:
        raise ToolError(f"the weather service answers {response.status_code}")
    try:
        return TypeAdapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise ToolError("the weather service gives an answer of another form") from error


def _report(place: _Place, forecast: _Forecast, language: int) -> Mapping[str, JsonValue]:
    now, daily = forecast.current, forecast.daily
    days = zip(
        daily.time,
        daily.weather_code,
        daily.temperature_2m_min,
        daily.temperature_2m_max,
        daily.precipitation_probability_max,
        strict=False,
    )
    return {
        "city": place.name,
        "region": place.admin1,
        "country": place.country,
        "local_time": now.time,
        "temperature_celsius": now.temperature_2m,
        "feels_like_celsius": now.apparent_temperature,
        "weather": _weather_words(now.weather_code, language),
        "humidity_percent": now.relative_humidity_2m,
        "wind": _wind_words(now.wind_direction_10m, language),
        "wind_kilometres_per_hour": now.wind_speed_10m,
        "next_days": [
            {
                "date": date,
                "weather": _weather_words(code, language),
                "lowest_celsius": lowest,
                "highest_celsius": highest,
                "rain_probability_percent": rain,
            }
            for date, code, lowest, highest, rain in days
        ],
    }


def _weather_words(code: int | None, language: int) -> str | None:
    if code is None:
        return None
    return _WEATHER_WORDS[code][language] if code in _WEATHER_WORDS else f"WMO code {code}"


def _wind_words(degrees: float, language: int) -> str:
    """Where the wind comes from."""
    return _WINDS[round(degrees % 360 / 45) % 8][language]
