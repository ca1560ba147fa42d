"""python -m training.synthetic OUT.csv: made-up feature rows, to try the training without a replay. Never for service."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

DEFAULT_FEATURES = ("amount", "customer_age_days", "merchant_latitude", "merchant_longitude")


def synthetic_frame(features: list[str], rows: int, seed: int) -> pd.DataFrame:
    """Heavy-tailed features with missing values; fraud grows with the first few of them and their interaction."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(rows, len(features)))
    risk = raw[:, 0] + 0.8 * raw[:, 1 % len(features)] * (raw[:, 2 % len(features)] > 0)
    label = rng.random(rows) < 1 / (1 + np.exp(-(2.0 * risk - 6.0)))
    values = np.round(np.exp(raw) * 10, 3)
    values[rng.random(values.shape) < 0.05] = np.nan
    frame = pd.DataFrame(values, columns=features)
    start = np.datetime64("2026-01-01T00:00:00", "ms").astype("int64")
    frame.insert(0, "event_time", start + np.sort(rng.integers(0, 90 * 86_400_000, rows)))
    frame.insert(0, "transaction_id", [f"t{i}" for i in range(rows)])
    frame["label"] = label.astype(int)
    return frame


def main() -> None:
    out = Path(sys.argv[1])
    features = sys.argv[2].split(",") if len(sys.argv) > 2 else list(DEFAULT_FEATURES)
    synthetic_frame(features, 60_000, 1).to_csv(out, index=False)


if __name__ == "__main__":
    main()
