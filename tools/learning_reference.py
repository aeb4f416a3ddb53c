"""Reference values of the weekly update: the mode by scipy's optimiser and root finder, the covariance by numpy.
A sample is rsi, macd, trend and what was right: long (1), short (-1), neither (0).

python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
venv/bin/python tools/learning_reference.py > packages/core/src/learning/weekly-update.golden.json
"""

import json

import numpy as np
from scipy.optimize import brentq, minimize, root
from scipy.special import expit, log_expit

KEPT, TAU, CAP = 0.95, 0.1, 0.15
random = np.random.default_rng(20251125)


def mode(precision, shift, x, y):
    sign = np.where(y, 1.0, -1.0)

    def height(beta):
        return -(log_expit(sign * (x @ beta)).sum() + shift @ beta - beta @ precision @ beta / 2)

    def slope(beta):
        return -(x.T @ (y - expit(x @ beta)) + shift - precision @ beta)

    def curvature(beta):
        p = expit(x @ beta)
        return (x * (p * (1 - p))[:, None]).T @ x + precision

    start = minimize(height, np.zeros(len(shift)), jac=slope, hess=curvature, method="trust-exact").x
    beta = root(slope, start, jac=curvature, tol=1e-14).x
    hessian = curvature(beta)
    return beta, hessian, hessian @ beta, np.sqrt(np.diag(np.linalg.inv(hessian)))


def unit(weights):
    return weights / np.abs(weights).sum()


def capped(now, wanted):
    far = lambda share: np.abs(unit((1 - share) * now + share * wanted) - now).sum() - CAP
    return wanted if far(1) <= 0 else unit((1 - (s := brentq(far, 0, 1, xtol=1e-15))) * now + s * wanted)


def week(number, size, beta):
    rows = []
    for at in range(size):
        parts = np.round(np.clip(random.normal(0, 0.3, 3), -1, 1), 3)
        up = bool(random.random() < expit(beta @ parts))
        neither = bool(random.random() < 0.05)
        outcome = 0 if neither else 1 if up else -1
        rows.append([*map(float, parts), outcome])
    return rows


prior = (np.eye(4) * TAU, np.eye(4) * TAU @ np.array([0, 1 / 3, 1 / 3, 1 / 3]))
known = prior
confidence = (np.eye(2) * TAU, np.eye(2) * TAU @ np.array([0.0, 3.0]))
weights, a, kappa = np.full(3, 1 / 3), 0.0, 3.0
weeks = []
for number in range(6):
    rows = week(number, 220 if number == 0 else 60, np.array([-1.5, 0.8, 0.4]))
    parts = np.array(rows)[:, :3]
    long, short = np.array(rows)[:, 3] > 0, np.array(rows)[:, 3] < 0
    score = parts @ weights
    hit = np.where(score > 0, long, short)
    logit = a + kappa * np.abs(score)
    loss = -log_expit(np.where(hit, logit, -logit)).mean()
    decided = long != short
    known = tuple(KEPT * now + (1 - KEPT) * before for now, before in zip(known, prior))
    x = np.column_stack([np.ones(decided.sum()), parts[decided]])
    beta, *known, deviation = mode(*known, x, long[decided])
    (a, kappa), *confidence, spread = mode(*confidence, np.column_stack([np.ones(len(score)), np.abs(score)]), hit)
    weights = capped(weights, unit(beta[1:]))
    weeks.append({
        "samples": rows,
        "coefficients": [*beta, a, kappa],
        "deviations": [*deviation, *spread],
        "weights": list(weights),
        "logLoss": float(loss),
        "hits": int(hit.sum()),
    })
print(json.dumps({"weeks": weeks}))
