"""Compares what `variance quote --json` printed with what independent clients received from the same venue.

    python compare.py VARIANCE_JSON NAME=CLIENT_JSON...

One line per check, then `N passed, N failed`; exit code 1 when anything differs. Needs the standard library only.
"""

import json
import math
import statistics
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
PRICES = ("bid", "ask", "last", "prev_close")
WINDOW = 30
TRADING_DAYS = 252
COMPUTED_TOLERANCE = 1e-9
# Market metrics give a volatility in percent with two decimals.
METRICS_TOLERANCE = 0.5e-4 + 1e-12


class Checks:
    """Prints and counts the checks."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def add(self, is_good: bool, text: str) -> None:
        if is_good:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok  ' if is_good else 'FAIL'}  {text}")


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read(path: str) -> tuple[dict | None, str]:
    """The document, or why there is none."""
    try:
        document = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return None, "it stopped with an error"
    except (OSError, ValueError) as error:
        return None, str(error)
    return (document, "the document has none") if isinstance(document, dict) else (None, "not a JSON object")


def session_date(bar_time_ms: int) -> date:
    """A daily bar is stamped at midnight UTC of its session's date."""
    return datetime.fromtimestamp(bar_time_ms / 1000, UTC).date()


def compare_prices(checks: Checks, name: str, symbol: str, row: dict, received: dict) -> None:
    for price in PRICES:
        ours, theirs = row.get(price), received.get(price)
        checks.add(
            is_number(ours) and is_number(theirs) and ours == theirs,
            f"{name}: {symbol} {price}: variance {ours}, client {theirs}",
        )


def volatility_up_to(last_day: date, bars: list[tuple[date, float]]) -> float | None:
    """HV30 from the bars up to `last_day`; `None` when they are too few or not prices."""
    closes = [close for day, close in bars if day <= last_day][-(WINDOW + 1) :]
    if len(closes) <= WINDOW or not all(is_number(close) and close > 0 for close in closes):
        return None
    returns = [math.log(later / earlier) for earlier, later in zip(closes, closes[1:])]
    return statistics.stdev(returns) * math.sqrt(TRADING_DAYS)


def compare_volatility(checks: Checks, name: str, symbol: str, row: dict, received: dict, now: datetime) -> None:
    label = f"{name}: {symbol} hv30"
    ours = row.get("hv30")
    provenance = row.get("provenance", {}).get("hv30", {})
    if not is_number(ours) or "as_of" not in provenance:
        checks.add(False, f"{label}: variance printed no value with its provenance ({ours})")
        return
    bars = sorted((session_date(bar["time"]), bar["close"]) for bar in received["candles"])
    today, clock = now.astimezone(NEW_YORK).date(), now.astimezone(NEW_YORK).time()
    if provenance.get("source") == "dxlink-candles":
        tolerance = COMPUTED_TOLERANCE
        as_of = datetime.fromisoformat(provenance["as_of"])
        last_days = [as_of.astimezone(NEW_YORK).date()]
        is_running = clock < (time(17) if symbol.startswith("/") else time(16))
        newer = [day for day, _ in bars if day > last_days[0]]
        checks.add(
            as_of <= now and all(day > today or (day == today and is_running) for day in newer),
            f"{label}: bars used end on {last_days[0]}, bars of running sessions after it: {[str(day) for day in newer]}",
        )
    else:
        # Metrics do not say which bar was their last: on an early close it is today's from 13:00 on.
        tolerance = METRICS_TOLERANCE
        last_days = [today - timedelta(days=1)] + ([today] if clock >= time(13) else [])
    theirs = [value for day in last_days if (value := volatility_up_to(day, bars)) is not None]
    nearest = min(theirs, key=lambda value: abs(ours - value), default=None)
    checks.add(
        nearest is not None and abs(ours - nearest) <= tolerance,
        f"{label}: variance {ours} ({provenance.get('source')}), from the client's candles {nearest}, within {tolerance:g}",
    )


def compare_client(checks: Checks, name: str, rows: dict[str, dict], received: dict, now: datetime) -> None:
    checks.add(set(received) == set(rows), f"{name}: symbols {', '.join(sorted(received))}")
    for symbol in sorted(set(rows) & set(received)):
        row, theirs = rows[symbol], received[symbol]
        if symbol.startswith("/"):
            ours = row.get("streamer_symbol")
            checks.add(
                ours == theirs["streamer_symbol"],
                f"{name}: {symbol} contract: variance {ours}, client {theirs['streamer_symbol']}",
            )
            checks.add(
                row.get("provenance", {}).get("hv30", {}).get("source") == "dxlink-candles",
                f"{name}: {symbol} hv30 comes from streamed candles",
            )
        compare_prices(checks, name, symbol, row, theirs)
        compare_volatility(checks, name, symbol, row, theirs, now)


def main(variance: str, clients: list[str]) -> int:
    checks = Checks()
    document, reason = read(variance)
    rows = {row["symbol"]: row for row in document.get("rows", [])} if document else {}
    checks.add(bool(rows), f"variance: {len(rows)} rows" if rows else f"variance: no rows: {reason}")
    for client in clients:
        name, _, path = client.partition("=")
        received, reason = read(path)
        if received is None:
            checks.add(False, f"{name}: nothing received: {reason}")
        elif rows:
            now = datetime.fromisoformat(document["generated_at"])
            compare_client(checks, name, rows, received, now)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 0 if checks.failed == 0 else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: compare.py VARIANCE_JSON NAME=CLIENT_JSON...")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
