"""`chatapp keys`: where each endpoint's key comes from, and keys in the keyring."""

from pathlib import Path

from chatapp.config import Settings
from chatapp.config.allowed_files import AllowedFiles, Verdict
from chatapp.config.exposure import place_in_words
from chatapp.config.key_sources import HeldBackKey
from chatapp.config.keyring_index import KeyringIndex
from chatapp.config.system_keyring import delete_key, read_key, store_key
from chatapp.config.variables import DotenvFile, read_dotenv
from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import KeyUnavailable
from chatapp.core.safe_text import safe_line
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output

_LEAST_TO_SHOW_AN_END = 16


def masked_key(key: Secret) -> str:
    """A key as it may be shown: its end alone, so that two can be told apart."""
    text = key.reveal()
    return f"…{text[-4:]}" if len(text) >= _LEAST_TO_SHOW_AN_END else "***"


def list_keys(settings: Settings, stdout: Output) -> ExitCode:
    """Print a line per endpoint; fetches no key."""
    rows = [_row(endpoint) for endpoint in settings.endpoints if not endpoint.is_embedded]
    if not rows:
        stdout.write("No endpoint is configured; `chatapp keys set openai` stores a key for one.\n")
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    for name, key, origin in rows:
        stdout.write(f"{name:{widths[0]}}  {key:{widths[1]}}  {origin}".rstrip() + "\n")
    return ExitCode.NO_READER if stdout.is_broken else ExitCode.OK


def _row(endpoint: Endpoint) -> tuple[str, str, str]:
    if endpoint.api_key is not None:
        key = masked_key(endpoint.api_key)
    elif isinstance(endpoint.key_source, HeldBackKey):
        key = "held back"
    elif endpoint.key_source is not None:
        key = "fetched when needed"
    else:
        key = "no key"
    origin = endpoint.key_origin
    if not origin and endpoint.needs_key:
        origin = f"{endpoint.key_variable} is not set"
    return safe_line(endpoint.name), key, safe_line(origin)


def can_keep(endpoint: Endpoint, stderr: Output) -> bool:
    """Whether the keyring answers, said where not; so nobody gives a key away in vain."""
    try:
        read_key(endpoint.name)
    except KeyUnavailable as error:
        _failed(error, stderr)
        return False
    return True


def set_key(
    endpoint: Endpoint, key: Secret, index: KeyringIndex, stdout: Output, stderr: Output
) -> ExitCode:
    """Store a key in the keyring, for the address that the endpoint has now."""
    text = key.reveal()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        stderr.write("chatapp: that is no key: it must be visible ASCII characters in one line\n")
        return ExitCode.USAGE
    try:
        store_key(endpoint.name, key)
        index.add(endpoint.name, endpoint.base_url)
    except KeyUnavailable as error:
        return _failed(error, stderr)
    except OSError as error:
        return _unwritten(error, stderr)
    stdout.write(
        f"The keyring has a key for {endpoint.name} at {place_in_words(endpoint.base_url)}.\n"
    )
    if endpoint.api_key is not None:
        stderr.write(f"chatapp: {endpoint.key_origin} is used in its place as long as it is set\n")
    return ExitCode.OK


def forget_key(endpoint: str, index: KeyringIndex, stdout: Output, stderr: Output) -> ExitCode:
    """Delete an endpoint's key from the keyring, also that of an endpoint that is gone."""
    try:
        delete_key(endpoint)
    except KeyUnavailable as error:
        return _failed(error, stderr)
    try:
        index.remove(endpoint)
    except OSError as error:
        return _unwritten(error, stderr)
    stdout.write(f"The keyring has no key for {safe_line(endpoint)} any more.\n")
    return ExitCode.OK


def decide_about(
    path: Path, verdict: Verdict, decisions: AllowedFiles, stdout: Output, stderr: Output
) -> ExitCode:
    """Remember whether a `.env` file may have the person's own key for its address."""
    try:
        file = path / ".env" if path.is_dir() else path
    except OSError as error:
        stderr.write(f"chatapp: {path} cannot be read: {error.strerror}\n")
        return ExitCode.USAGE
    if file.name != ".env":
        stderr.write(f"chatapp: {file}: only a file called .env is read from a folder\n")
        return ExitCode.USAGE
    dotenv = read_dotenv(file)
    if not dotenv.digest:
        stderr.write(f"chatapp: {file}: there is no such file that can be read\n")
        return ExitCode.USAGE
    try:
        decisions.decide(file, dotenv.digest, verdict)
    except OSError as error:
        return _unwritten(error, stderr)
    gets = f"may {_wants(dotenv)}" if verdict is Verdict.ALLOWED else "gets nothing of yours"
    stdout.write(f"{file.resolve()} {gets}, as long as its content stays as it is.\n")
    return ExitCode.OK


def _wants(dotenv: DotenvFile) -> str:
    """What the file may do once it is allowed, in words."""
    wants: list[str] = []
    if address := dotenv.values.get("OPENAI_BASE_URL", "").strip():
        wants.append(f"have your OPENAI_API_KEY for {place_in_words(address)}")
    if folders := dotenv.values.get("CHATAPP_TOOL_FOLDERS", "").strip():
        wants.append(f"let the tools read {folders}")
    return safe_line(" and ".join(wants)) or "have what it asks for, which is nothing now"


def _failed(error: KeyUnavailable, stderr: Output) -> ExitCode:
    stderr.write(f"chatapp: {error}\n")
    return ExitCode.FAILED


def _unwritten(error: OSError, stderr: Output) -> ExitCode:
    stderr.write(f"chatapp: that cannot be remembered: {error.strerror}\n")
    return ExitCode.FAILED
