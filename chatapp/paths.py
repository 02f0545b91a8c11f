"""Where the program keeps its files, and who may read them: the person alone."""

import os
import re
from pathlib import Path

import platformdirs

APP_NAME = "chatapp"

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

_SHELL_ESCAPE = re.compile(r"\\(.)")


def config_folder() -> Path:
    """The folder of `config.toml`; CHATAPP_CONFIG_DIR moves it. It need not exist."""
    return _chosen("CHATAPP_CONFIG_DIR") or platformdirs.user_config_path(APP_NAME, appauthor=False)


def config_file() -> Path:
    """The person's settings; need not exist."""
    return config_folder() / "config.toml"


def data_folder() -> Path:
    """The folder of everything the program writes; CHATAPP_DATA_DIR moves it. It need not exist."""
    return _chosen("CHATAPP_DATA_DIR") or platformdirs.user_data_path(APP_NAME, appauthor=False)


def models_folder() -> Path:
    """The folder of downloaded models; need not exist."""
    return data_folder() / "models"


def database_file() -> Path:
    """The conversations; need not exist."""
    return data_folder() / "chatapp.db"


def theme_file() -> Path:
    """The theme that was chosen last; need not exist."""
    return data_folder() / "theme.json"


def model_file() -> Path:
    """The model that was chosen last; need not exist."""
    return data_folder() / "model.json"


def log_file() -> Path:
    """The log; need not exist."""
    return data_folder() / "chatapp.log"


def with_home(path: str | Path) -> Path:
    """The path with the home folder that a leading `~` stands for, where it stands for one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # ~name, and nobody is called so
        return Path(path)


def typed(text: str) -> Path:
    """The path that a person typed, or that a terminal pasted for a file dropped on it.

    A terminal writes what a shell would read: in quotes, or with backslashes, which are taken
    for a shell's where no file is called so, and never on Windows.
    """
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        bare = bare[1:-1]
    path = with_home(bare)
    if os.name != "posix" or os.path.lexists(path):
        return path
    return with_home(_SHELL_ESCAPE.sub(r"\1", bare))


def refusal(error: OSError | ValueError) -> str:
    """Why a path cannot be opened, in words; a name that no system call takes is a ValueError."""
    if isinstance(error, UnicodeEncodeError):
        return "its name has characters that names of files cannot have here"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def make_private_folder(folder: Path) -> Path:
    """Make the folder if missing and close it to others. Raises OSError."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    _close_to_others(folder, PRIVATE_FOLDER)
    return folder


def make_private_file(file: Path) -> Path:
    """Make the file if missing, its folder too, and close it to others. Raises OSError."""
    make_private_folder(file.parent)
    file.touch(mode=PRIVATE_FILE)
    _close_to_others(file, PRIVATE_FILE)
    return file


def write_private_file(file: Path, text: str) -> None:
    """Put a file that only the person can read in the place of the old one, at once or not at all.

    Makes its folder if missing. Raises OSError.
    """
    import tempfile  # late: the first paint writes nothing

    make_private_folder(file.parent)
    # mkstemp makes a file that only the person can read
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        new.chmod(PRIVATE_FILE)
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _close_to_others(path: Path, mode: int) -> None:
    # Windows keeps a person's folders apart by access lists, which chmod does not know.
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(mode)


def _chosen(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return with_home(value) if value else None
