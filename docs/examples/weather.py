"""A tool of your own: put this file into the folder `tools` beside config.toml."""


def get_weather(city: str) -> dict[str, str | int]:
    """获取指定城市的天气信息.

    Args:
        city: 城市名称，例如：北京
    """
    return {
        "city": city,
        "date": "明天",
        "temperature": 22,
        "weather": "小雨",
        "humidity": 85,
        "wind": "东北风3级",
    }
