import json
from collections.abc import Iterator

import pytest

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy
from chatapp.tools.function_tool import FunctionTool
from chatapp.tools.weather import WeatherService, get_weather_tool
from tests.support.web_server import Page, WebServer

PLACE = {
    "id": 1816670,
    "name": "北京",
    "latitude": 39.9075,
    "longitude": 116.39723,
    "country": "中国",
    "admin1": "北京市",
    "timezone": "Asia/Shanghai",
}
CURRENT = {
    "time": "2026-11-23T10:00",
    "interval": 900,
    "temperature_2m": 22.0,
    "apparent_temperature": 21.4,
    "relative_humidity_2m": 85,
    "weather_code": 61,
    "wind_speed_10m": 14.8,
    "wind_direction_10m": 44,
}
DAILY = {
    "time": ["2026-11-23", "2026-11-24"],
    "weather_code": [61, None],
    "temperature_2m_min": [15.1, 13.0],
    "temperature_2m_max": [23.9, 20.0],
    "precipitation_probability_max": [80, None],
}
FORECAST = {
    "utc_offset_seconds": 28800,
    "current_units": {"temperature_2m": "°C"},
    "current": CURRENT,
    "daily": DAILY,
}


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        server.pages["/v1/search"] = as_json({"results": [PLACE], "generationtime_ms": 1})
        server.pages["/v1/forecast"] = as_json(FORECAST)
        yield server


def as_json(value: object, status: int = 200) -> Page:
    return Page(json.dumps(value), "application/json", status)


def tool(server: WebServer) -> FunctionTool:
    return get_weather_tool(WeatherService(server.url(), server.url()))


async def failure(server: WebServer, city: str = "北京") -> str:
    with pytest.raises(ToolError) as caught:
        await tool(server).run({"city": city}, lambda _: None)
    return str(caught.value)


async def test_the_weather_of_a_chinese_city(server: WebServer) -> None:
    text = await tool(server).run({"city": "北京"}, lambda _: None)
    assert "小雨" in text  # not escaped
    assert json.loads(text) == {
        "city": "北京",
        "region": "北京市",
        "country": "中国",
        "local_time": "2026-11-23T10:00",
        "temperature_celsius": 22.0,
        "feels_like_celsius": 21.4,
        "weather": "小雨",
        "humidity_percent": 85,
        "wind": "东北风",
        "wind_kilometres_per_hour": 14.8,
        "next_days": [
            {
                "date": "2026-11-23",
                "weather": "小雨",
                "lowest_celsius": 15.1,
                "highest_celsius": 23.9,
                "rain_probability_percent": 80,
            },
            {
                "date": "2026-11-24",
                "weather": None,
                "lowest_celsius": 13.0,
                "highest_celsius": 20.0,
                "rain_probability_percent": None,
            },
        ],
    }
    search, forecast = server.asked
    assert search.query == {
        "name": ["北京"],
        "count": ["1"],
        "language": ["zh"],
        "format": ["json"],
    }
    assert forecast.query["latitude"] == ["39.9075"]
    assert set(forecast.query["current"][0].split(",")) == CURRENT.keys() - {"time", "interval"}
    assert set(forecast.query["daily"][0].split(",")) == DAILY.keys() - {"time"}


async def test_other_cities_are_told_in_english(server: WebServer) -> None:
    told = json.loads(await tool(server).run({"city": "Paris"}, lambda _: None))
    assert (told["weather"], told["wind"]) == ("light rain", "northeast")
    assert server.asked[0].query["language"] == ["en"]


async def test_a_city_is_looked_for_without_its_division_too(server: WebServer) -> None:
    server.pages["/v1/search"] = as_json({"generationtime_ms": 1})
    assert "no place named '北京市'" in await failure(server, "北京市")
    assert [asked.query["name"] for asked in server.asked] == [["北京市"], ["北京"]]


async def test_what_goes_wrong_is_told(server: WebServer) -> None:
    assert await failure(server, " ") == "city is empty"
    server.pages["/v1/forecast"] = as_json({"reason": "limit"}, 429)
    assert await failure(server) == "the weather service answers 429"
    for odd in (Page("<html>", "text/html"), as_json([]), as_json({"current": {}})):
        server.pages["/v1/forecast"] = odd
        assert "another form" in await failure(server)


async def test_an_unreachable_service_is_told() -> None:
    with WebServer() as server:
        pass
    assert "cannot be reached" in await failure(server)


def test_the_person_is_asked(server: WebServer) -> None:
    assert tool(server).default_policy is Policy.ASK
