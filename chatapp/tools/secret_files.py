"""Which files hold secrets: no tool reads them, wherever they are."""

import re
from fnmatch import fnmatchcase
from pathlib import PurePath

_SECRET_FOLDERS = frozenset(
    {".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".password-store"}
)

_SYSTEM_FOLDERS = frozenset({"proc", "sys", "dev"})
"""Right below /: there the variables and the memory of every program can be read as files."""

_SECRET_NAMES = (
    *(".env", ".env.*", "*.env", ".envrc"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*_rsa", "*_ed25519"),
    *("*.pem", "*.key", "*.ppk", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.gpg"),
    *(".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".pypirc", ".git-credentials"),
    *(".bash_history", ".zsh_history", ".python_history", "fish_history"),
    *("credentials", "credentials.json", ".htpasswd", "secrets.*ml", "secrets.json"),
)

_HARMLESS_NAMES = ("*.pub", ".env.example", ".env.sample", ".env.template")


_PRIVATE_KEY = re.compile(
    rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=:,. \r\n-]{40}"
)


def holds_private_key(data: bytes) -> bool:
    """Whether a private key stands in the file, whatever it is called; its mere heading may."""
    return _PRIVATE_KEY.search(data) is not None


def is_secret(path: PurePath) -> bool:
    """Whether a file of this name, or in such a folder, is likely to hold a secret."""
    *folders, name = (_plain(part) for part in path.parts) if path.parts else ("",)
    if not _SECRET_FOLDERS.isdisjoint({*folders, name}):
        return True
    is_below_root = path.is_absolute() and not path.drive  # C:\dev holds anybody's projects
    if is_below_root and path.parts[1:2] and path.parts[1] in _SYSTEM_FOLDERS:
        return True
    is_harmless = any(fnmatchcase(name, pattern) for pattern in _HARMLESS_NAMES)
    return not is_harmless and any(fnmatchcase(name, pattern) for pattern in _SECRET_NAMES)


def _plain(name: str) -> str:
    """The name as a file system may take it: Windows ignores case, streams, ending dots."""
    return name.casefold().partition(":")[0].rstrip(". ") or name
