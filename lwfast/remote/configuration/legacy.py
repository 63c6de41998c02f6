"""What Lightworks' own client keeps on disk, read only: URL, require-online; where its other files are."""

from __future__ import annotations

import json
import locale
import platform
import re
from pathlib import Path
from typing import Any

from lwfast._base.files.edited_text import read_edited
from lwfast.errors import ConfigurationError, ResourceLimitError

SETTINGS = "remote_settings.yaml"
OLD_URL = "api_url.txt"

_FOLDERS = {
    "Windows": ".aegiq/lightworks",
    "Darwin": "Library/Application Support/Aegiq/lightworks",
}
_LINUX = ".local/share/Aegiq/lightworks"

# YAML 1.1, which the file is written in.
_WORDS: dict[str, Any] = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NOTHING = {"", "~", "null"}


def folder() -> Path | None:
    """Name the folder, or None where there is no home folder."""
    try:
        return Path.home() / _FOLDERS.get(platform.system(), _LINUX)
    except RuntimeError:
        return None


def read_setting(key: str) -> tuple[Any, str]:
    """Read `api_url` or `require_online`: its value or None, and the file it stands in.

    Raises:
        ConfigurationError: The file cannot be read; names it.
    """
    place = folder()
    if place is None:
        return None, ""
    path = place / SETTINGS
    value = _read_yaml(path).get(key)
    if value is None and key == "api_url":
        path = place / OLD_URL
        value = _read_text(path).strip() or None
    return value, str(path)


def _read_yaml(path: Path) -> dict[str, Any]:
    """Read the flat `key: value` lines that Lightworks writes; keys that we do not know are left alone."""
    text = _read_text(path).strip()
    in_braces = text[:1] == "{" and text[-1:] == "}"  # how PyYAML before 5.1 wrote a flat mapping
    lines = re.split(r",(?=\s*\w+\s*:)", text[1:-1]) if in_braces else text.splitlines()
    found = {}
    for line in lines:
        match = re.match(r"""["']?(api_url|require_online)["']?\s*:(?:\s+(.*))?$""", line.strip())
        if match:
            found[match[1]] = _scalar(match[2] or "", path)
    for key, kind in (("api_url", str), ("require_online", bool)):
        if found.get(key) is not None and not isinstance(found[key], kind):
            raise ConfigurationError(f"{key} in {path} should be a {kind.__name__}, got {found[key]!r}.")
    return found


def _scalar(text: str, path: Path) -> Any:
    text = text.strip()
    if text.startswith("'"):
        match = re.match(r"'((?:[^']|'')*)'\s*(?:#.*)?$", text)
        if match:
            return match[1].replace("''", "'")
    elif text.startswith('"'):
        match = re.match(r'("(?:[^"\\]|\\.)*")\s*(?:#.*)?$', text)
        if match:
            try:
                return json.loads(match[1])
            except ValueError:
                pass
    else:
        text = re.sub(r"(^|\s)#.*$", "", text).strip()
        if text.lower() in _NOTHING:
            return None
        return _WORDS.get(text.lower(), text)
    raise ConfigurationError(f"{path} cannot be read: the value {text!r} has no closing quote.")


def _read_text(path: Path) -> str:
    try:
        return read_edited(path, locale.getencoding())
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, ResourceLimitError) as error:
        raise ConfigurationError(f"{path} cannot be read: {str(error).removesuffix('.')}.") from error
