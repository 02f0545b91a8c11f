import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

import psutil
import pytest

from chatapp.core.errors import ToolError
from chatapp.core.ports import Policy, Tool
from chatapp.tools import allowed_folders, directory_listing, file_reader, file_search
from chatapp.tools.allowed_folders import AllowedFolders
from chatapp.tools.directory_listing import list_directory_tool
from chatapp.tools.file_reader import read_file_tool
from chatapp.tools.file_search import search_files_tool
from chatapp.tools.secret_files import is_secret

SECRET = "the secret outside"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text(SECRET)
    return folder


@pytest.fixture
def inside(tmp_path: Path, outside: Path) -> Path:
    folder = tmp_path / "inside"
    (folder / "sub").mkdir(parents=True)
    (folder / "poem.txt").write_text("床前明月光\n疑是地上霜\nThird line\n", encoding="utf-8")
    (folder / "sub" / "code.py").write_text("print('Moon')\n# 月\n", encoding="utf-8")
    (folder / "image.png").write_bytes(b"\x89PNG\0\0moon")
    (folder / ".env").write_text("KEY=moon")
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "link").symlink_to(outside)
    (folder / "inner.txt").symlink_to(folder / "poem.txt")
    (folder / "sub" / "env.txt").symlink_to(folder / ".env")
    return folder


async def run(tool: Tool, **arguments: str | int) -> str:
    return await tool.run(arguments, lambda _: None)


async def failure(tool: Tool, **arguments: str | int) -> str:
    with pytest.raises(ToolError) as caught:
        await run(tool, **arguments)
    assert SECRET not in str(caught.value)
    return str(caught.value)


async def test_lines_of_a_file(inside: Path) -> None:
    tool = read_file_tool([inside])
    assert await run(tool, path="poem.txt") == (
        f"{inside}/poem.txt, lines 1 to 3 of 3:\n床前明月光\n疑是地上霜\nThird line"
    )
    second = await run(tool, path=str(inside / "poem.txt"), start_line=2, line_count=1)
    assert second == f"{inside}/poem.txt, lines 2 to 2 of 3:\n疑是地上霜"
    assert "only 3 lines" in await failure(tool, path="poem.txt", start_line=9)
    assert "line_count" in await failure(tool, path="poem.txt", line_count=99_999)
    assert tool.default_policy is Policy.ALWAYS


async def test_a_link_that_stays_inside_is_followed(inside: Path) -> None:
    assert "床前明月光" in await run(read_file_tool([inside]), path="inner.txt")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "is empty."),
        ("\ufeffmark".encode(), ":\nmark"),
        ("中文文本".encode("gb18030"), "中文文本"),
        ("both\n".encode("utf-16"), ":\nboth"),
        (b"broken \xff\xff\xff", "broken \ufffd"),
        ("疑是地上".encode()[:-2], ":\n疑是地\ufffd"),
        ("低头思故乡，".encode() + b"\xa1\xa1", ":\n低头思故乡，\ufffd\ufffd"),
    ],
)
async def test_encodings(inside: Path, data: bytes, text: str) -> None:
    (inside / "file.txt").write_bytes(data)
    assert text in await run(read_file_tool([inside]), path="file.txt")


ESCAPES = (
    "../outside/secret.txt",
    "sub/../../outside/secret.txt",
    "link.txt",
    "link/secret.txt",
    "{outside}/secret.txt",
    "/etc/passwd",
    "/proc/self/root/{outside}/secret.txt",
    "~root/.profile",
    "../inside-too/file.txt",
)


@pytest.mark.parametrize("path", ESCAPES)
@pytest.mark.parametrize("make", [read_file_tool, list_directory_tool, search_files_tool])
async def test_no_path_leads_outside(
    inside: Path, outside: Path, path: str, make: Callable[[list[Path]], Tool]
) -> None:
    beside = inside.parent / "inside-too"  # begins like the allowed folder
    beside.mkdir()
    (beside / "file.txt").write_text(SECRET)
    tool = make([inside])
    more = {"text": "secret"} if make is search_files_tool else {}
    assert "outside the folders" in await failure(tool, path=path.format(outside=outside), **more)


async def test_without_allowed_folders_it_is_said_how_to_allow_one(tmp_path: Path) -> None:
    for folders in ([], [tmp_path / "missing"]):
        assert "tool_folders" in await failure(read_file_tool(folders), path="x")


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".ENV", ".env.local", "prod.env", "id_rsa", "server.key", "my.pem", ".netrc"),
        *(".bash_history", ".local/share/fish/fish_history"),
        *(".ssh/config", ".aws/config", "sub/.gnupg/ring", "sub/env.txt", ".env::$DATA"),
    ],
)
async def test_secrets_are_never_read(inside: Path, name: str) -> None:
    file = inside / name
    file.parent.mkdir(exist_ok=True, parents=True)
    if not file.exists():
        file.write_text("KEY=moon")
    assert "secrets" in await failure(read_file_tool([inside]), path=name)


async def test_our_own_settings_with_their_keys_are_never_read(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_CONFIG_DIR", str(inside))
    (inside / "config.toml").write_text(f'api_key = "{SECRET}"')
    (inside / "sub" / "config.toml").write_text("harmless")
    (inside / "other.txt").hardlink_to(inside / "config.toml")
    tool = read_file_tool([inside])
    assert "secrets" in await failure(tool, path="config.toml")
    assert "secrets" in await failure(tool, path="other.txt")
    assert "harmless" in await run(tool, path="sub/config.toml")
    assert SECRET not in await run(search_files_tool([inside]), text="api_key")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no such files here")
async def test_variables_and_memory_of_programs_are_never_read() -> None:
    for folder in ("/", "/proc"):
        for path in ("/proc/self/environ", f"/proc/{os.getpid()}/environ", "/proc/self/root/proc"):
            assert "secrets" in await failure(read_file_tool([Path(folder)]), path=path)
    assert "secrets" in await failure(list_directory_tool([Path("/")]), path="/dev/fd")


def test_only_where_there_are_no_drives_do_folders_belong_to_the_system() -> None:
    assert is_secret(PurePosixPath("/dev/project/notes.txt"))
    assert not is_secret(PureWindowsPath("C:/dev/project/notes.txt"))


@pytest.mark.parametrize(
    "name", ["proc/notes.txt", "id_rsa.pub", ".env.example", "environment.txt", "key.txt"]
)
async def test_what_only_sounds_like_a_secret_is_read(inside: Path, name: str) -> None:
    (inside / name).parent.mkdir(exist_ok=True)
    (inside / name).write_text("harmless")
    assert "harmless" in await run(read_file_tool([inside]), path=name)


async def test_a_private_key_is_known_by_its_content(inside: Path) -> None:
    heading = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    (inside / "backup.txt").write_text(f"{heading}{'b3Blbn' * 12}\n")
    (inside / "about.txt").write_text(f"A key begins with\n{heading}")
    tool = read_file_tool([inside])
    assert "holds a private key" in await failure(tool, path="backup.txt")
    assert heading in await run(tool, path="about.txt") + "\n"
    assert "b3Blbn" not in await run(search_files_tool([inside]), text="b3")


async def test_what_is_no_readable_text_is_refused(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = read_file_tool([inside])
    os.mkfifo(inside / "pipe")
    assert "not a text file" in await failure(tool, path="image.png")
    assert "is not a file" in await failure(tool, path="sub")
    assert "is not a file" in await failure(tool, path="pipe")
    assert "there is no" in await failure(tool, path="missing.txt")
    assert "not a path" in await failure(tool, path="a\0b")
    monkeypatch.setattr(file_reader, "MAX_FILE_BYTES", 10)
    assert "larger than 10 bytes" in await failure(tool, path="poem.txt")


@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("can_open_below", [True, False])
def test_a_link_put_there_after_the_check_leads_nowhere(
    inside: Path, outside: Path, what: str, can_open_below: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed_folders, "_CAN_OPEN_BELOW", can_open_below)
    folders = AllowedFolders([inside])
    (inside / "sub" / "secret.txt").write_text("harmless")
    found = folders.find("sub/secret.txt")
    found.unlink()
    if what == "file":
        found.symlink_to(outside / "secret.txt")
    else:
        (inside / "sub").rename(inside / "old")
        (inside / "sub").symlink_to(outside)
    with pytest.raises(ToolError, match="cannot be opened"):
        folders.open_file(found)


def test_only_what_is_inside_is_opened(inside: Path, outside: Path) -> None:
    folders = AllowedFolders([inside])
    for place in (outside / "secret.txt", inside / ".env"):
        with pytest.raises(ToolError, match="must not be read"):
            folders.open_file(place)


def open_descriptors() -> int:
    return psutil.Process().num_fds()


def test_no_descriptor_is_left_open(inside: Path) -> None:
    folders = AllowedFolders([inside])
    before = open_descriptors()
    for _ in range(5):
        with folders.open_file(inside / "sub" / "code.py") as file:
            file.read()
        for place in (inside / "sub", inside / "missing", inside / "sub" / "missing"):
            with pytest.raises(ToolError):
                folders.open_file(place)
    assert open_descriptors() == before


async def test_a_listing(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = list_directory_tool([inside])
    size = (inside / "poem.txt").stat().st_size
    assert await run(tool) == "\n".join(
        [
            f"{inside}: 7 entries",
            "sub/",
            ".env 8",
            "image.png 10",
            "inner.txt (link)",
            "link (link)",
            "link.txt (link)",
            f"poem.txt {size}",
        ]
    )
    assert "cannot be listed" in await failure(tool, path="poem.txt")
    monkeypatch.setattr(directory_listing, "MAX_ENTRIES", 2)
    assert (await run(tool)).endswith("and 5 more")


async def test_several_folders_are_named_and_searched_in_turn(inside: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "note.txt").write_text("a note")
    both = [inside, other]
    assert await run(list_directory_tool(both)) == (f"The allowed folders:\n{inside}/\n{other}/")
    assert "a note" in await run(read_file_tool(both), path="note.txt")


async def test_a_search(inside: Path) -> None:
    tool = search_files_tool([inside])
    assert await run(tool, text="月") == "poem.txt:1: 床前明月光\nsub/code.py:2: # 月"
    assert await run(tool, text="moon") == "sub/code.py:1: print('Moon')"
    assert await run(tool, text="月", file_name="*.py") == "sub/code.py:2: # 月"
    assert await run(tool, text="月", path="poem.txt") == "poem.txt:1: 床前明月光"
    assert await run(tool, text="(a+)+$") == "No line contains the text."
    assert await run(tool, text="secret") == "No line contains the text."
    assert "empty" in await failure(tool, text="")


async def test_a_search_has_its_limits(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (inside / "many.txt").write_text("moon\n" * 500)
    (inside / "long.txt").write_text("sun" * 10_000)
    tool = search_files_tool([inside])
    lines = (await run(tool, text="moon")).splitlines()
    assert len(lines) == file_search.MAX_MATCHES + 1
    assert lines[-1] == "[only the first 200 matches are shown]"
    assert len(await run(tool, text="sun")) < 400
    monkeypatch.setattr(file_search, "_TIME_LIMIT_S", -1.0)
    assert "[stopped after" in await run(tool, text="moon")


async def test_a_long_search_tells_how_far_it_is(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_search, "_REPORT_EVERY_S", 0.0)
    said: list[str] = []
    await search_files_tool([inside]).run({"text": "月"}, said.append)
    assert "files searched" in said[-1]
