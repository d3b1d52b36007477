"""Reads symbols from a venue with the `tastytrade` SDK and prints what it received as one JSON document.

    python client.py BASE_URL SYMBOL...

Client secret and refresh token come from TT_CLIENT_SECRET and TT_REFRESH_TOKEN. Exit code 0 only when every symbol has
all of its values; otherwise 1, and the last line of stderr says what is missing.
"""

import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import tastytrade.session
from tastytrade import DXLinkStreamer, Session
from tastytrade.dxfeed import Candle, Event, Quote, Summary, Trade
from tastytrade.instruments import Future

DEADLINE_SECONDS = 20
HISTORY_DAYS = 400


@dataclass
class Received:
    """What has been received for one symbol."""

    values: dict[str, float] = field(default_factory=dict)
    bars: dict[int, tuple[int, float]] = field(default_factory=dict)
    is_whole: bool = False

    def take(self, event: Event) -> None:
        match event:
            case Quote():
                self.values["bid"] = float(event.bid_price)
                self.values["ask"] = float(event.ask_price)
            case Trade():
                self.values["last"] = float(event.price)
            case Summary() if event.prev_day_close_price is not None:
                self.values["prev_close"] = float(event.prev_day_close_price)
            case Candle():
                self.take_candle(event)

    def take_candle(self, event: Candle) -> None:
        if event.snapshot_begin:
            self.bars.clear()
            self.is_whole = False
        if event.remove:
            self.bars.pop(event.index, None)
        else:
            self.bars[event.index] = (event.time, float(event.close))
        if event.snapshot_end or event.snapshot_snip:
            self.is_whole = True

    def missing(self) -> list[str]:
        names = [name for name in ("bid", "ask", "last", "prev_close") if name not in self.values]
        if not self.is_whole:
            names.append(f"end of the candle snapshot ({len(self.bars)} rows so far)")
        elif not self.bars:
            names.append("candles")
        return names

    def document(self) -> dict[str, object]:
        candles = [{"time": time, "close": close} for time, close in sorted(self.bars.values())]
        return {**self.values, "candles": candles}


async def streamer_symbol(session: Session, symbol: str) -> str:
    if not symbol.startswith("/"):
        return symbol
    if symbol[-1].isdigit():
        return (await Future.get(session, symbol)).streamer_symbol
    futures = await Future.get(session, product_codes=[symbol[1:]])
    active = next((future for future in futures if future.active_month), None)
    if active is None or not active.streamer_symbol:
        raise RuntimeError(f"{symbol}: /instruments/futures names no active contract")
    return active.streamer_symbol


async def stream(session: Session, received: dict[str, Received]) -> None:
    async with DXLinkStreamer(session) as streamer:
        for event_class in (Quote, Trade, Summary):
            await streamer.subscribe(event_class, received)
        start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=HISTORY_DAYS)
        futures = [symbol for symbol in received if symbol.startswith("/")]
        stocks = [symbol for symbol in received if not symbol.startswith("/")]
        if stocks:
            await streamer.subscribe_candle(stocks, "1d", start)
        if futures:
            await streamer.subscribe_candle(futures, "1d", start, extended_trading_hours=True)

        async def listen(event_class: type[Event]) -> None:
            async for event in streamer.listen(event_class):
                if it := received.get(event.event_symbol.split("{")[0]):
                    it.take(event)
                if not any(it.missing() for it in received.values()):
                    listeners.cancel_scope.cancel()

        async with anyio.create_task_group() as listeners:
            for event_class in (Quote, Trade, Summary, Candle):
                listeners.start_soon(listen, event_class)


async def run(base: str, symbols: list[str]) -> dict[str, object]:
    # The SDK has its hosts compiled in and takes no base URL. This constant is the only thing replaced: routes, headers,
    # parsing and the whole stream remain the SDK's own.
    tastytrade.session.API_URL = base
    received: dict[str, Received] = {}
    try:
        with anyio.fail_after(DEADLINE_SECONDS):
            async with Session(os.environ["TT_CLIENT_SECRET"], os.environ["TT_REFRESH_TOKEN"]) as session:
                streamers = {symbol: await streamer_symbol(session, symbol) for symbol in symbols}
                received.update((streamer, Received()) for streamer in streamers.values())
                await stream(session, received)
    except TimeoutError:
        holes = [f"{key} lacks {', '.join(names)}" for key, it in received.items() if (names := it.missing())]
        raise RuntimeError(f"after {DEADLINE_SECONDS} s: {'; '.join(holes) or 'no answer over REST'}") from None
    return {
        symbol: {"streamer_symbol": streamer, **received[streamer].document()} for symbol, streamer in streamers.items()
    }


def causes(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [text for inner in error.exceptions for text in causes(inner)]
    return [f"{type(error).__name__}: {error}"]


def main() -> int:
    if len(sys.argv) < 3:
        print("usage: client.py BASE_URL SYMBOL...", file=sys.stderr)
        return 1
    try:
        document = anyio.run(run, sys.argv[1], sys.argv[2:])
    except Exception as error:
        print(f"tastytrade client: {'; '.join(causes(error))}", file=sys.stderr)
        return 1
    print(json.dumps(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
