"""Assigns features to the groups that scores are explained by."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Sequence

import yaml

DEFAULT_FILE = Path(__file__).parent / "reasons.yaml"


class ReasonError(Exception):
    """A feature belongs to no reason group."""


def group_features(features: Sequence[str], file: Path = DEFAULT_FILE) -> list[dict[str, Any]]:
    """The manifest's reasonGroups: every feature in the first group whose pattern matches its whole name."""
    groups = yaml.safe_load(file.read_text(encoding="utf-8"))
    members: dict[str, list[str]] = {group["code"]: [] for group in groups}
    homeless = []
    for name in features:
        code = next(
            (g["code"] for g in groups if any(re.fullmatch(p, name) for p in g["patterns"])), None
        )
        if code is None:
            homeless.append(name)
        else:
            members[code].append(name)
    if homeless:
        raise ReasonError(f"add a pattern to {file.name} for: {', '.join(homeless)}")
    return [
        {
            "code": group["code"],
            "message": group["message"],
            "public_message": group["public_message"],
            "features": members[group["code"]],
        }
        for group in groups
        if members[group["code"]]
    ]
