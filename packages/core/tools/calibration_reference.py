"""Reference values for packages/core/src/calibration and packages/core/src/stats.

Computed with numpy, scipy and scikit-learn, sharing no code with Spark. Writes JSON on standard output:

    python3 packages/core/tools/calibration_reference.py > packages/core/src/calibration/reference.json

Made with Python 3.11, numpy 1.24.2, scipy 1.10.1, scikit-learn 1.2.1.
"""

import json
import math
from fractions import Fraction

import numpy as np
from scipy import optimize, special, stats
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

rng = np.random.default_rng(20261125)
out = {}

# ln Gamma, ln Beta, normal distribution
points = [0.1, 0.5, 1.0, 1.5, 2.0, 7.25, 14.9, 15.0, 123.5, 1e4, 1e6]
out["logGamma"] = [[x, float(special.gammaln(x))] for x in points]
out["logBeta"] = [[a, b, float(special.betaln(a, b))] for a, b in [(0.5, 0.5), (1, 1), (3.5, 8), (120, 81), (1500.5, 700)]]
out["normalCdf"] = [[x, float(stats.norm.cdf(x))] for x in [-12, -6, -3.5, -3, -2.999, -1.96, -0.5, -1e-9, 0, 0.1, 1.64, 3, 5, 9]]
out["normalQuantile"] = [[p, float(stats.norm.ppf(p))] for p in [1e-12, 0.001, 0.025, 0.3, 0.5, 0.7, 0.95, 0.975, 0.999999]]
out["binomial"] = [{"trials": n, "p": p, "mass": [float(v) for v in stats.binom.pmf(range(n + 1), n, p)]} for n, p in [(6, 0.3), (9, 0.85)]]

# Wilson
out["wilson"] = []
for hits, trials in [(0, 1), (1, 1), (0, 20), (20, 20), (7, 12), (130, 200), (5210, 10000)]:
    low, high = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    out["wilson"].append([hits, trials, float(low), float(high)])

# Robbins: the uniform mixture, solved by brentq
out["share"] = []
for hits, trials, alpha in [(0, 10, 0.05), (10, 10, 0.05), (12, 20, 0.05), (120, 200, 0.05), (120.5, 200, 0.01), (4800, 10000, 0.05)]:
    miss = trials - hits

    def excess(p):
        return special.betaln(1 + hits, 1 + miss) - special.xlogy(hits, p) - special.xlog1py(miss, -p) + math.log(alpha)

    centre = hits / trials
    low = 0.0 if hits == 0 else optimize.brentq(excess, 1e-300, centre, xtol=1e-15, rtol=1e-15)
    high = 1.0 if miss == 0 else optimize.brentq(excess, centre, 1 - 1e-16, xtol=1e-15, rtol=1e-15)
    out["share"].append([hits, trials, alpha, low, high])

# Isotonic regression
out["isotonic"] = []
for size in (1, 5, 40):
    value = rng.normal(size=size).round(3) + np.linspace(0, 1.5, size)
    weight = rng.integers(1, 50, size=size).astype(float)
    fitted = IsotonicRegression().fit_transform(np.arange(size), value, sample_weight=weight)
    out["isotonic"].append({"value": value.tolist(), "weight": weight.tolist(), "fitted": fitted.tolist()})

# Labels: confidence, hit
confid = np.round(1 / (1 + np.exp(-3 * np.abs(rng.normal(scale=0.25, size=400)))), 9)
hit = (rng.random(400) < 0.42 + 0.2 * confid).astype(int)
bucket = np.minimum(np.floor(confid * 10) / 10, 0.9)
prob_true, prob_pred = calibration_curve(hit, confid, n_bins=10, strategy="uniform")
share = np.array([np.mean(bucket == b) for b in np.unique(bucket)])
rate = hit.mean()
out["labels"] = {
    "confid": confid.tolist(),
    "hit": hit.tolist(),
    "brier": float(brier_score_loss(hit, confid)),
    "logLoss": float(log_loss(hit, confid)),
    "hitRates": prob_true.tolist(),
    "meanConfids": prob_pred.tolist(),
    "calibrationError": float(np.sum(share * np.abs(prob_true - prob_pred))),
    "reliability": float(np.sum(share * (prob_pred - prob_true) ** 2)),
    "resolution": float(np.sum(share * (prob_true - rate) ** 2)),
    "uncertainty": float(rate * (1 - rate)),
    "fitted": IsotonicRegression().fit_transform(prob_pred, prob_true, sample_weight=share * 400).tolist(),
}

# Bets (Waudby-Smith and Ramdas 2023, diversified Kelly), over values that are multiples of 1/1024
BETS = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64]


def log_capital(x, low, high, mean, side):
    gain = (x - mean) / (mean - low) if side == "above" else (mean - x) / (high - mean)
    return float(special.logsumexp([np.log1p(c * gain).sum() for c in BETS]) - math.log(len(BETS)))


def mean_sequence(x, low, high, alpha):
    goal = -math.log(alpha)
    centre = x.mean()
    ends = []
    for side, outer in (("above", low), ("below", high)):
        edge = outer + (centre - outer) * 1e-12
        if log_capital(x, low, high, edge, side) < goal:
            ends.append(outer)
        else:
            ends.append(optimize.brentq(lambda m: log_capital(x, low, high, m, side) - goal, edge, centre, xtol=1e-15, rtol=1e-15))
    return [float(end) for end in ends]


out["bets"] = []
for low, high, scale, shift, size in [(-1.0, 1.0, 0.9, 0.15, 300), (-2.0, 2.0, 0.5, -0.02, 1000), (-1.0, 1.5, 0.4, 0.0, 5)]:
    x = np.round(np.clip(rng.normal(shift, scale, size), low, high) * 1024) / 1024
    out["bets"].append(
        {
            "low": low,
            "high": high,
            "values": x.tolist(),
            "above": log_capital(x, low, high, 0, "above"),
            "below": log_capital(x, low, high, 0, "below"),
            "alpha": 0.05 / 3,
            "interval": mean_sequence(x, low, high, 0.05 / 3),
        }
    )

# Population stability index, with 1/2 added to every bin; exact shares by fractions
out["stability"] = []
for then, now in [([100] * 10, [90, 110, 120, 80, 100, 95, 105, 130, 70, 100]), ([40, 40, 40], [0, 3, 9]), ([5, 0], [2, 2])]:
    total = 0.0
    for a, b in zip(then, now):
        before = Fraction(2 * a + 1, 2 * sum(then) + len(then))
        after = Fraction(2 * b + 1, 2 * sum(now) + len(now))
        total += float(after - before) * math.log(after / before)
    out["stability"].append({"then": then, "now": now, "index": total})

# Correlations
rows = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4))
out["correlation"] = {"rows": rows.tolist(), "matrix": np.corrcoef(rows.T).tolist()}

# Sharpe ratios
returns = stats.t.rvs(4, size=250, random_state=rng) * 0.01 + 0.001
baseline = rng.normal(0, 0.01, size=250)
sharpe = returns.mean() / returns.std(ddof=1)
skew, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
difference = returns - baseline
equity = np.concatenate([[0], np.cumsum(returns)])
deflated = []
for count, variance in [(1, 0.0), (2, 0.001), (45, 0.004), (1000, 0.0025)]:
    e = np.euler_gamma
    best = 0.0
    if count > 1:
        best = math.sqrt(variance) * ((1 - e) * stats.norm.ppf(1 - 1 / count) + e * stats.norm.ppf(1 - 1 / (count * math.e)))
    z = (sharpe - best) * math.sqrt(len(returns) - 1) / math.sqrt(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2)
    deflated.append({"count": count, "sharpeVariance": variance, "expectedMax": float(best), "deflated": float(stats.norm.cdf(z))})
out["sharpe"] = {
    "returns": returns.tolist(),
    "baseline": baseline.tolist(),
    "sharpe": float(sharpe),
    "informationRatio": float(difference.mean() / difference.std(ddof=1)),
    "maxDrawdown": float(np.max(np.maximum.accumulate(equity) - equity)),
    "deflated": deflated,
}

print(json.dumps(out))
