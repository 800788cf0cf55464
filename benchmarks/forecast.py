"""Score the product's forecasts against no change and statsforecast's automatic methods on yearly windows.

    python benchmarks/forecast.py WINDOWS.parquet [--scores SCORES.csv] [--peers 6000]

Every indicator is scored with numbers fitted on the other half of the indicators
(benchmarks/priors_half_*.json, made by fit_priors.py). The peers are slow, so they get a dozen windows
of each of some indicators, drawn with a fixed seed, and the methods are compared on the windows on which
the peer does not fail; coverage of the product is taken on all windows. statsforecast asks for pandas 2
through one of its dependencies but runs with pandas 3: install it with `pip install --no-deps`. Without
it the table holds the product and no change only.

Scores are scaled by the window's mean yearly change (at least 15 % of what is usual for such a value);
windows without any change in their history have no such scale and count for coverage and events only.
"""

import argparse
import hashlib
import json
import resource
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from event_scores import brier_score, calibration_error, discrimination, pit_histogram, reliability

from sy_analysis.forecast import QUANTILE_LEVELS, forecast, forecast_panel
from sy_analysis.forecast.members import PRIORS
from sy_analysis.forecast.scores import is_covered, naive_panel, quantile_crps

STEPS = 5
LENGTHS = (4, 5, 6, 7, 8, 9, 10)
# targets at these multiples of the usual change from the last value, in the good direction
EVENTS = (-1.0, -0.25, 0.25, 1.0, 2.0)
SCALE_FLOOR = 0.15
# in a mean over windows of different indicators a score counts at most so many mean yearly changes: a forecast
# that runs away, as a fitted exponential trend does, would else be all that it shows
SCORE_CAP = 20
_SEED = 20261124


def read_windows(path):
    """One row a window and history length, values cut to that length."""
    windows = pd.read_parquet(path)
    cuts = [
        windows[windows["hist"].map(len) >= n].assign(
            n_values=n, values=lambda rows, n=n: rows["hist"].map(lambda v: list(v)[-n:])
        )
        for n in LENGTHS
    ]
    windows = pd.concat(cuts, ignore_index=True)
    return windows.assign(
        key=np.arange(len(windows)),
        half=[_half(group) for group in windows["group"]],
        scale=[
            _scale(values, bounded)
            for values, bounded in zip(windows["values"], windows["bounded"], strict=True)
        ],
        is_constant=[len(set(values)) == 1 for values in windows["values"]],
    )


def _half(group):
    return int(hashlib.md5(group.encode()).hexdigest(), 16) % 2


def _scale(values, is_bounded):
    values = np.asarray(values, float)
    share = np.clip(values[-1] / 100, 0.01, 0.99)
    usual = 5.5 * (share * (1 - share)) ** 0.84 if is_bounded else 0.05 * (np.abs(values).mean() or 1.0)
    return max(np.abs(np.diff(values)).mean(), SCALE_FLOOR * usual)


def as_table(windows):
    """Long table as `forecast_panel` takes it, every history ending in the year 0."""
    lengths = windows["n_values"].to_numpy()
    bounded = np.repeat(windows["bounded"].to_numpy(), lengths)
    return pd.DataFrame(
        {
            "key": np.repeat(windows["key"].to_numpy(), lengths),
            "year": np.concatenate([np.arange(1 - n, 1) for n in lengths]),
            "value": np.concatenate(windows["values"].to_list()),
            "lower": np.where(bounded, 0.0, -np.inf),
            "upper": np.where(bounded, 100.0, np.inf),
        }
    )


def our_forecasts(windows, table_of=as_table):
    """Out-of-sample forecasts: each half with the numbers fitted on the other."""
    parts = []
    for half, priors in enumerate(_half_priors()):
        with _numbers(priors):
            parts.append(forecast_panel(table_of(windows[windows["half"] != half]), STEPS).quantiles())
    return pd.concat(parts)


def _half_priors():
    folder = Path(__file__).parent
    return [json.loads((folder / f"priors_half_{half}.json").read_text(encoding="utf-8")) for half in (0, 1)]


@contextmanager
def _numbers(priors):
    """The model's numbers replaced for a while."""
    kept = dict(PRIORS)
    PRIORS.update(priors)
    yield
    PRIORS.update(kept)


def peer_forecasts(windows, model):
    """Quantiles of a statsforecast model; a window on which it fails gets missing values."""
    widths = sorted({round(100 * abs(1 - 2 * level)) for level in QUANTILE_LEVELS if level != 0.5})
    rows, failures = [], 0
    for values, is_bounded in zip(windows["values"], windows["bounded"], strict=True):
        try:
            result = model.forecast(y=np.asarray(values, float), h=STEPS, level=widths)
            quantiles = np.stack(
                [np.asarray(result[_peer_column(level)], float) for level in QUANTILE_LEVELS], 1
            )
        except Exception:
            quantiles = np.full((STEPS, len(QUANTILE_LEVELS)), np.nan)
        failures += not np.isfinite(quantiles).all()
        rows.append(np.clip(quantiles, 0, 100) if is_bounded else quantiles)
    index = pd.MultiIndex.from_product([windows["key"], range(1, STEPS + 1)], names=["key", "year"])
    return pd.DataFrame(np.concatenate(rows), index=index, columns=list(QUANTILE_LEVELS)), failures


def _peer_column(level):
    if level == 0.5:
        return "mean"
    return f"{'lo' if level < 0.5 else 'hi'}-{round(100 * abs(1 - 2 * level))}"


def score(quantiles, windows):
    """One row a window and horizon: scaled scores and coverage, and the events with their probabilities."""
    quantiles = quantiles.reset_index()
    facts = windows.set_index("key").loc[quantiles["key"]]
    observed = np.array(
        [future[year - 1] for future, year in zip(facts["fut"], quantiles["year"], strict=True)]
    )
    levels = list(QUANTILE_LEVELS)
    values, scale = quantiles[levels], facts["scale"].to_numpy()
    rows = pd.DataFrame(
        {
            "key": quantiles["key"],
            "group": facts["group"].to_numpy(),
            "n_values": facts["n_values"].to_numpy(),
            "horizon": quantiles["year"],
            "is_constant": facts["is_constant"].to_numpy(),
            "crps": quantile_crps(values.to_numpy(), observed, levels) / scale,
            "absolute_error": np.abs(observed - values[0.5].to_numpy()) / scale,
            "coverage_80": is_covered(values, observed, 0.8),
            "coverage_95": is_covered(values, observed, 0.95),
        }
    )
    return rows, _events(values.to_numpy(), observed, facts, quantiles["year"].to_numpy())


def _events(quantiles, observed, facts, horizon):
    """Stated probability and outcome of reaching targets around the last value, read from the quantiles."""
    last, good = facts["values"].map(lambda values: values[-1]).to_numpy(), facts["dir"].to_numpy()
    parts = []
    for multiple in EVENTS:
        target = last + good * multiple * facts["scale"].to_numpy() * np.sqrt(horizon)
        is_open = (~facts["bounded"].to_numpy()) | ((target > 0) & (target < 100))
        below = np.array([_level_of(row, value) for row, value in zip(quantiles, target, strict=True)])
        happened = np.where(good > 0, observed >= target, observed <= target)
        stated = np.where(good > 0, 1 - below, below)
        parts.append(pd.DataFrame({"stated": stated, "happened": happened})[is_open])
    return pd.concat(parts, ignore_index=True)


def _level_of(quantiles, value):
    """Probability of less than a value by straight lines between quantiles, a tail beyond the outermost."""
    levels = np.asarray(QUANTILE_LEVELS)
    if value <= quantiles[0] or value >= quantiles[-1]:
        edge, level = (quantiles[0], levels[0]) if value <= quantiles[0] else (quantiles[-1], 1 - levels[-1])
        width = max(quantiles[-1] - quantiles[0], 1e-12)
        tail = level / (1 + abs(value - edge) / width * 4) ** 4
        return tail if value <= quantiles[0] else 1 - tail
    return np.interp(value, quantiles, levels)


def summary(method, rows, events, naive_rows):
    """One line: scaled scores, their ratio to no change over indicators, coverage and event scores."""
    moving = rows[~rows["is_constant"]]
    scores = moving.groupby("group")[["crps", "absolute_error"]].mean()
    naive = naive_rows[~naive_rows["is_constant"]].groupby("group")[["crps", "absolute_error"]].mean()
    return {
        "method": method,
        "windows": rows["key"].nunique(),
        "crps_to_naive": np.exp(np.log(scores["crps"] / naive["crps"]).mean()),
        "error_to_naive": moving["absolute_error"].mean()
        / naive_rows.loc[~naive_rows["is_constant"], "absolute_error"].mean(),
        "coverage_80": 100 * rows["coverage_80"].mean(),
        "coverage_95": 100 * rows["coverage_95"].mean(),
        "brier": brier_score(events["stated"], events["happened"]),
        "calibration_error": calibration_error(events["stated"], events["happened"]),
        "auc": discrimination(events["stated"], events["happened"]),
    }


def compare(windows, n_peers):
    """Table of methods on one subsample, with the number of windows on which a peer failed, and the product's
    CRPS relative to each peer's, by length and horizon."""
    moving = windows[~windows["is_constant"]]
    shuffled = moving.sample(frac=1, random_state=_SEED)
    shuffled = shuffled.assign(order=pd.factorize(shuffled["group"])[0])
    # a dozen windows of each of some indicators, so that a mean over an indicator's windows means something
    dozens = shuffled[shuffled.groupby("group").cumcount() < 12]
    indicators = dozens.groupby("group")["key"].transform("size") == 12
    sample = dozens[indicators].sort_values(["order", "key"]).head(n_peers // 12 * 12)
    naive, naive_events = score(naive_panel(as_table(sample), STEPS), sample)
    ours, our_events = score(our_forecasts(sample), sample)
    lines = [summary("product", ours, our_events, naive), summary("no change", naive, naive_events, naive)]
    cells = []
    for name, model, share in _peers():
        part = sample.iloc[: int(len(sample) * share) // 12 * 12]
        quantiles, failures = peer_forecasts(part, model)
        alive = quantiles.notna().all(axis=1).groupby("key").transform("all")
        part = part[part["key"].isin(quantiles.index[alive].get_level_values("key"))]
        reference = naive[naive["key"].isin(part["key"])]
        theirs, their_events = score(quantiles[alive], part)
        lines.append(summary(name, theirs, their_events, reference) | {"failures": failures})
        mine, my_events = score(our_forecasts(part), part)
        if len(part) < len(sample):
            lines.append(summary(f"product, windows of {name}", mine, my_events, reference))
        cells.append(_by_cell(mine, theirs).rename("crps_to_peer").reset_index().assign(method=name))
    return pd.DataFrame(lines), pd.concat(cells, ignore_index=True) if cells else pd.DataFrame()


def _by_cell(rows, other_rows):
    """Ratio of two methods' CRPS, capped, on windows that move, by history length and horizon."""
    ours, others = (
        part[~part["is_constant"]].groupby(["n_values", "horizon"])["crps"].agg(_capped_mean)
        for part in (rows, other_rows)
    )
    return ours / others


def _capped_mean(scores):
    return scores.clip(upper=SCORE_CAP).mean()


def peer_speed(windows, n_series=300):
    """Series per CPU second of AutoETS on ten values, on which it does not fail."""
    models = {name: model for name, model, _ in _peers()}
    if "AutoETS" not in models:
        return float("nan")
    long = windows[(windows["n_values"] == 10) & ~windows["is_constant"]].head(n_series)
    peer_forecasts(long.head(3), models["AutoETS"])
    start = time.process_time()
    peer_forecasts(long, models["AutoETS"])
    return len(long) / (time.process_time() - start)


def _peers():
    try:
        from statsforecast.models import AutoARIMA, AutoETS, AutoTheta
    except ImportError:
        return []
    # AutoARIMA takes thirty times as long as the others: a tenth of the sample
    return [
        ("AutoETS", AutoETS(season_length=1), 1.0),
        ("AutoTheta", AutoTheta(season_length=1), 1.0),
        ("AutoARIMA", AutoARIMA(season_length=1), 0.1),
    ]


def gap_cost(windows):
    """CRPS with the middle value of eight withheld, relative to the full history."""
    whole = windows[(windows["n_values"] == 8) & ~windows["is_constant"]]

    def with_gap(part):
        table = as_table(part)
        return table[table["year"] != -4]

    full, _ = score(our_forecasts(whole), whole)
    gap, _ = score(our_forecasts(whole, with_gap), whole)
    return gap["crps"].mean() / full["crps"].mean()


def speed(n_series=100_000, n_values=10):
    """Series per CPU second of the panel, its peak memory in MB, and milliseconds for a single series."""
    random = np.random.default_rng(_SEED)
    values = 80 + np.cumsum(random.normal(0, 0.3, (n_series, n_values)), axis=1)
    table = pd.DataFrame(
        {
            "series": np.repeat(np.arange(n_series), n_values),
            "year": np.tile(np.arange(2015, 2015 + n_values), n_series),
            "value": values.ravel(),
        }
    )
    start = time.process_time()
    forecast_panel(table, STEPS).quantiles()
    panel = n_series / (time.process_time() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    history = pd.Series(values[0], index=np.arange(2015, 2015 + n_values), name="one")
    start = time.process_time()
    for _ in range(100):
        forecast(history, STEPS, bounds=(0, 100)).quantiles()
    return panel, memory, 10 * (time.process_time() - start)


def by_length_and_horizon(rows, naive_rows):
    """Coverage in % and CRPS to no change for every history length and horizon."""
    cells = rows.groupby(["n_values", "horizon"])
    table = cells[["coverage_80", "coverage_95"]].mean() * 100
    return table.assign(crps_to_naive=_by_cell(rows, naive_rows), forecasts=cells.size()).reset_index()


def pit_and_reliability(method, quantiles, events, windows):
    """Tables of the PIT histogram (tenth, share) and of stated against observed probability of the events."""
    rows = quantiles.reset_index()
    facts = windows.set_index("key").loc[rows["key"], "fut"]
    observed = np.array([future[year - 1] for future, year in zip(facts, rows["year"], strict=True)])
    pit = pd.DataFrame({"tenth": range(1, 11), "share": pit_histogram(rows, observed)})
    reliable = reliability(events["stated"], events["happened"])
    return [pit.assign(table="pit", method=method), reliable.assign(table="reliability", method=method)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("windows", type=Path)
    parser.add_argument("--scores", type=Path, help="write the tables to this CSV")
    parser.add_argument("--peers", type=int, default=6000, help="windows on which the peers are run")
    arguments = parser.parse_args()
    panel_speed, memory, single = speed()
    print(
        f"panel: {panel_speed:,.0f} series/s, peak {memory:.0f} MB for 100,000 series; "
        f"one series {single:.1f} ms"
    )
    windows = read_windows(arguments.windows)
    ours, naive = our_forecasts(windows), naive_panel(as_table(windows), STEPS)
    rows, events = score(ours, windows)
    naive_rows, naive_events = score(naive, windows)
    whole = pd.DataFrame(
        [
            summary("product", rows, events, naive_rows),
            summary("no change", naive_rows, naive_events, naive_rows),
        ]
    )
    print("\nall windows, each indicator scored with numbers fitted on the other half")
    print(whole.round(4).to_string(index=False))
    cells = by_length_and_horizon(rows, naive_rows)
    print("\n", cells.round(3).to_string(index=False))
    print(f"\nCRPS with the middle of eight values missing, relative to all eight: {gap_cost(windows):.4f}")
    (methods, skill), ets_speed = compare(windows, arguments.peers), peer_speed(windows)
    print(
        f"\nsubsample of {arguments.peers} windows, seed {_SEED}; AutoETS {ets_speed:.0f} series/s, "
        f"panel {panel_speed / ets_speed:.0f} times as many"
    )
    print(methods.round(4).to_string(index=False))
    print("\nCRPS relative to a peer's, on the windows on which that does not fail")
    print(skill.round(3).to_string(index=False))
    if arguments.scores:
        pd.concat(
            [
                whole.assign(table="all windows"),
                methods.assign(table="subsample"),
                cells.assign(table="by length and horizon", method="product"),
                skill.assign(table="against peers by length and horizon"),
                *pit_and_reliability("product", ours, events, windows),
                *pit_and_reliability("no change", naive, naive_events, windows),
            ]
        ).round(4).to_csv(arguments.scores, index=False)


if __name__ == "__main__":
    main()
