"""The wheel has all it needs: it starts in an environment that never saw the checkout."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from chatapp import __version__
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.timeout(300)

PROJECT = Path(__file__).resolve().parents[2]
NOT_REACHED = ("Retrying (", "Temporary failure in name resolution")


def run_pip(python: str | Path, *arguments: str | Path) -> None:
    """Run pip, and skip the test where no package index can be reached."""
    done = subprocess.run(
        [python, "-m", "pip", "--no-input", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode and any(words in done.stdout + done.stderr for words in NOT_REACHED):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run_pip(sys.executable, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, PROJECT)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a clean environment with nothing but the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    run_pip(programs / "python", "install", "--quiet", wheel)
    return programs


def test_wheel_has_the_files_that_are_not_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "chatapp/chat.tcss",
        "chatapp/py.typed",
        "chatapp/providers/smollm2_tools.jinja",
    } <= names
    assert {name.split("/")[0] for name in names} == {"chatapp", f"chatapp-{__version__}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_version(programs: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [programs / "chatapp", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (f"chatapp {__version__}\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_full_screen_opens_and_says_how_to_get_a_model(programs: Path, tmp_path: Path) -> None:
    with Terminal([str(programs / "chatapp")], tmp_path, Home(tmp_path).environ) as terminal:
        terminal.wait_until(r"Message …", deadline_s=30)
        terminal.wait_until(r"pip install\s+xllamacpp==", deadline_s=30)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
