"""Every tool that is built in; a test fails when a module declares one that is not listed."""

from collections.abc import Sequence
from pathlib import Path

from chatapp.core.ports import Tool
from chatapp.tools.calculator import calculate_tool
from chatapp.tools.clock import current_time_tool
from chatapp.tools.directory_listing import list_directory_tool
from chatapp.tools.file_reader import read_file_tool
from chatapp.tools.file_search import search_files_tool
from chatapp.tools.weather import get_weather_tool
from chatapp.tools.web_page import fetch_url_tool


def built_in_tools(folders: Sequence[Path]) -> tuple[Tool, ...]:
    """Our own tools; those for files look into `folders` alone, and say so where there are none."""
    return (
        get_weather_tool(),
        current_time_tool(),
        calculate_tool(),
        read_file_tool(folders),
        list_directory_tool(folders),
        search_files_tool(folders),
        fetch_url_tool(),
    )
