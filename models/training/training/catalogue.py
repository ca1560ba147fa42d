"""What a feature is when the store is down, read from the feature catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np
import yaml

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Absence:
    """Which features need history, and the value of every feature when it is absent (NaN: missing)."""

    needs_history: np.ndarray
    values: np.ndarray


def _default(entry: Any) -> float:
    value = entry.get("default") if isinstance(entry, dict) else None
    return np.nan if value is None else float(value)


def absence_of(catalogue: str | None, features: Sequence[str]) -> Absence:
    """Without a catalogue every feature counts as history.

    A derived feature needs history when its expression names one that does; its value is then its default, as the
    engine gives an unknown expression its default.
    """
    if catalogue is None:
        return Absence(np.ones(len(features), bool), np.full(len(features), np.nan))
    document = yaml.safe_load(catalogue) or {}
    defaults: dict[str, float] = {}
    for entity in (document.get("entities") or {}).values():
        for name, feature in (entity.get("features") or {}).items():
            defaults[name] = _default(feature)
    derived = document.get("derived") or {}
    # A derived feature may name one that stands after it: repeat until nothing is added.
    while True:
        found = {
            name: _default(entry)
            for name, entry in derived.items()
            if name not in defaults and set(_NAME.findall(str(entry["expression"]))) & set(defaults)
        }
        if not found:
            break
        defaults.update(found)
    return Absence(
        np.array([name in defaults for name in features], bool),
        np.array([defaults.get(name, np.nan) for name in features], np.float32),
    )
