"""Reads the feature file of an offline replay and cuts it by time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np
import pandas as pd

from .catalogue import Absence

NOT_FEATURES = ("transaction_id", "event_time", "label", "score")
# Abuse is a purchase its own customer made and then disputed: honest at the time of payment, as far as a model that
# looks at stolen credentials can tell.
LABELS = {"fraud": 1, "legit": 0, "abuse": 0, "unknown": 0, "1": 1, "0": 0, "true": 1, "false": 0}
BOOLEANS = {"true": 1.0, "false": 0.0, "True": 1.0, "False": 0.0}


class DatasetError(Exception):
    """The file cannot be trained on."""


@dataclass(frozen=True)
class Sources:
    """Files beside the features, for what those lack."""

    labels: Path | None = None
    transactions: Path | None = None


@dataclass(frozen=True)
class Dataset:
    """Rows in time order. Values are float32, as served; NaN is missing. Labels: 1 fraud, 0 honest."""

    features: list[str]
    values: np.ndarray
    labels: np.ndarray
    times: np.ndarray  # datetime64[ms], UTC

    def rows(self, part: slice | np.ndarray) -> "Dataset":
        return Dataset(self.features, self.values[part], self.labels[part], self.times[part])

    def __len__(self) -> int:
        return len(self.labels)


def _to_numbers(column: pd.Series) -> pd.Series | None:
    """Numbers and booleans as float32; None for a column of text."""
    if column.dtype.kind in "iuf":
        return column.astype(np.float32)
    if column.dtype.kind == "b":
        return column.astype(np.float32)
    text = column.dropna()
    if len(text) > 0 and set(text.unique()[:3].astype(str)) <= set(BOOLEANS):
        return column.astype("string").map(BOOLEANS).astype(np.float32)
    return None


def _to_times(column: pd.Series) -> np.ndarray:
    if column.dtype.kind in "iuf":
        return column.to_numpy().astype("int64").astype("datetime64[ms]")
    return pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy().astype("datetime64[ms]")


def _labels_of(column: pd.Series, source: Path) -> pd.Series:
    """1 fraud, 0 honest; an empty cell is honest: nobody complained."""
    words = column.fillna("legit").astype(str).str.strip().str.lower().str.removesuffix(".0")
    labels = words.map(LABELS)
    if labels.isna().any():
        unknown = sorted(words[labels.isna()].unique()[:3])
        raise DatasetError(f"{source}: the labels {unknown} are neither fraud nor legit")
    return labels.astype(np.int8)


def _last_labels(file: Path) -> pd.Series:
    """The last label of each transaction, by when it became known."""
    frame = pd.read_csv(file, usecols=["transaction_id", "label", "known_at"], dtype=str)
    frame = frame.sort_values("known_at", kind="stable").drop_duplicates("transaction_id", keep="last")
    return frame.set_index("transaction_id")["label"]


def _complete(frame: pd.DataFrame, file: Path, sources: Sources) -> pd.DataFrame:
    """Adds label and event_time from the files beside the features, where the features lack them."""
    ids = frame["transaction_id"].astype(str)
    if sources.labels is not None:
        frame["label"] = ids.map(_last_labels(sources.labels))
    if "event_time" not in frame.columns and sources.transactions is not None:
        columns = ["transaction_id", "event_time"]
        times = pd.read_csv(sources.transactions, usecols=columns, dtype=str)
        frame["event_time"] = ids.map(times.set_index("transaction_id")["event_time"])
    for name, option in (("label", "--labels"), ("event_time", "--transactions")):
        if name not in frame.columns:
            raise DatasetError(f"{file} has no column {name}: give the file that has it by {option}")
    return frame


def read_features(file: Path, sources: Sources, exclude: Sequence[str] = ()) -> Dataset:
    """Reads every numeric column of a replay's feature file; gzip by its ending."""
    frame = _complete(pd.read_csv(file, low_memory=False), file, sources)
    columns: dict[str, np.ndarray] = {}
    for name in frame.columns:
        if name in NOT_FEATURES or name in exclude:
            continue
        numbers = _to_numbers(frame[name])
        if numbers is not None:
            columns[name] = numbers.to_numpy(dtype=np.float32)
    times = _to_times(frame["event_time"])
    order = np.argsort(times, kind="stable")
    values = np.column_stack(list(columns.values()))
    return Dataset(
        list(columns),
        np.ascontiguousarray(values[order]),
        _labels_of(frame["label"], file).to_numpy()[order],
        times[order],
    )


@dataclass(frozen=True)
class TimeSplit:
    """Train, then early stopping, then calibration, then test: each later than the one before."""

    train: Dataset
    stopping: Dataset
    calibration: Dataset
    test: Dataset


def split_by_time(data: Dataset, shares: Sequence[float] = (0.6, 0.1, 0.1)) -> TimeSplit:
    """Cuts at quantiles of the row count; the test takes the rest."""
    cuts = [round(len(data) * share) for share in np.cumsum(shares)]
    bounds = [0, *cuts, len(data)]
    parts = [data.rows(slice(start, end)) for start, end in zip(bounds, bounds[1:])]
    for name, part in zip(("train", "stopping", "calibration", "test"), parts):
        frauds = int(part.labels.sum())
        if frauds < 10 or frauds == len(part):
            raise DatasetError(f"the {name} window has {frauds} frauds in {len(part)} rows")
    return TimeSplit(*parts)


def without_history(data: Dataset, absence: Absence) -> np.ndarray:
    """The rows as they are served while the store is down."""
    return np.where(absence.needs_history, absence.values, data.values).astype(np.float32)


def mask_some(data: Dataset, rng: np.random.Generator, absence: Absence) -> Dataset:
    """Adds copies with values absent, so that the model has learnt to live without them.

    Of 5 % of the rows a copy without any history (the store was down), of 5 % a copy with each value absent by one
    chance in five.
    """
    picked = rng.permutation(len(data))[: max(2, len(data) // 10)]
    copies = data.values[picked].copy()
    half = len(picked) // 2
    copies[:half] = without_history(data.rows(picked[:half]), absence)
    copies[half:] = np.where(rng.random(copies[half:].shape) < 0.2, absence.values, copies[half:])
    return Dataset(
        data.features,
        np.concatenate([data.values, copies]),
        np.concatenate([data.labels, data.labels[picked]]),
        np.concatenate([data.times, data.times[picked]]),
    )
