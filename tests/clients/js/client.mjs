// Reads symbols from a venue with the official dxLink client and prints what it received as one JSON document.
//
//   node client.mjs BASE_URL SYMBOL...
//
// Client secret and refresh token come from TT_CLIENT_SECRET and TT_REFRESH_TOKEN. Exit code 0 only when every symbol has all of
// its values; otherwise 1, and the last line of stderr says what is missing.

import { DXLinkFeed, DXLinkWebSocketClient, FeedContract, FeedDataFormat } from '@dxfeed/dxlink-api'
import WebSocket from 'ws'

// The dxLink client expects a browser's global; Node has one only from version 22 on.
globalThis.WebSocket = WebSocket

const DEADLINE_MS = 20_000
const HISTORY_DAYS = 400
const DAY_MS = 86_400_000
const USER_AGENT = 'variance-clients/1.0'

const REMOVE_EVENT = 0x02
const SNAPSHOT_BEGIN = 0x04
const SNAPSHOT_END = 0x08
const SNAPSHOT_SNIP = 0x10

const FIELDS = {
  Quote: ['eventType', 'eventSymbol', 'bidPrice', 'askPrice'],
  Trade: ['eventType', 'eventSymbol', 'time', 'price', 'dayVolume'],
  Summary: ['eventType', 'eventSymbol', 'dayId', 'dayOpenPrice', 'prevDayId', 'prevDayClosePrice'],
  Candle: ['eventType', 'eventSymbol', 'eventFlags', 'index', 'time', 'open', 'high', 'low', 'close', 'volume', 'vwap'],
}

async function request(base, path, { token, body } = {}) {
  const response = await fetch(base + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      'User-Agent': USER_AGENT,
      Accept: 'application/json',
      ...(body && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}: ${text.slice(0, 200)}`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${path}: not JSON: ${text.slice(0, 200)}`)
  }
}

async function streamerSymbol(base, token, symbol) {
  if (!symbol.startsWith('/')) return symbol
  const isContract = /[FGHJKMNQUVXZ]\d{1,2}$/.test(symbol)
  const query = isContract
    ? `symbol[]=${encodeURIComponent(symbol)}`
    : `product-code[]=${encodeURIComponent(symbol.slice(1))}`
  const { data } = await request(base, `/instruments/futures?${query}`, { token })
  const future = data.items.find((item) => (isContract ? item.symbol === symbol : item['active-month']))
  if (!future?.['streamer-symbol']) throw new Error(`${symbol}: /instruments/futures names no active contract`)
  return future['streamer-symbol']
}

function candleSymbol(streamer) {
  return streamer.startsWith('/') ? `${streamer}{=d}` : `${streamer}{=d,tho=true}`
}

/** What has been received for one symbol. */
class Received {
  bars = new Map()
  isWhole = false

  take(event) {
    switch (event.eventType) {
      case 'Quote':
        this.bid = event.bidPrice
        this.ask = event.askPrice
        break
      case 'Trade':
        this.last = event.price
        break
      case 'Summary':
        this.prev_close = event.prevDayClosePrice
        break
      case 'Candle':
        this.takeCandle(event)
        break
    }
  }

  takeCandle({ eventFlags, index, time, close }) {
    if (eventFlags & SNAPSHOT_BEGIN) {
      this.bars.clear()
      this.isWhole = false
    }
    if (eventFlags & REMOVE_EVENT) this.bars.delete(index)
    else this.bars.set(index, { time, close })
    if (eventFlags & (SNAPSHOT_END | SNAPSHOT_SNIP)) this.isWhole = true
  }

  missing() {
    const values = ['bid', 'ask', 'last', 'prev_close'].filter((name) => !Number.isFinite(this[name]))
    if (!this.isWhole) values.push(`end of the candle snapshot (${this.bars.size} rows so far)`)
    else if (this.bars.size === 0) values.push('candles')
    return values
  }

  toJSON() {
    const candles = [...this.bars.values()].sort((a, b) => a.time - b.time)
    return { bid: this.bid, ask: this.ask, last: this.last, prev_close: this.prev_close, candles }
  }
}

function stream(url, token, streamers) {
  const received = new Map(streamers.map((streamer) => [streamer, new Received()]))
  const holes = () => [...received].map(([key, it]) => [key, it.missing()]).filter(([, names]) => names.length > 0)

  return new Promise((resolve, reject) => {
    const client = new DXLinkWebSocketClient({ maxReconnectAttempts: 1 })
    const errors = []
    let isDone = false

    const finish = (failure) => {
      if (isDone) return
      isDone = true
      clearTimeout(deadline)
      client.close()
      failure ? reject(new Error([failure, ...errors].join('; '))) : resolve(received)
    }
    const deadline = setTimeout(() => {
      const text = holes().map(([key, names]) => `${key} lacks ${names.join(', ')}`)
      finish(`after ${DEADLINE_MS / 1000} s (${client.getConnectionState()}, ${client.getAuthState()}): ${text.join('; ')}`)
    }, DEADLINE_MS)

    client.addErrorListener(({ type, message }) => errors.push(`${type}: ${message}`))
    client.addConnectionStateChangeListener((state) => {
      if (state === 'NOT_CONNECTED') finish('the connection was closed')
    })
    client.connect(url)
    client.setAuthToken(token)

    const feed = new DXLinkFeed(client, FeedContract.AUTO)
    feed.getChannel().addErrorListener(({ type, message }) => errors.push(`channel: ${type}: ${message}`))
    feed.configure({
      acceptAggregationPeriod: 0.1,
      acceptDataFormat: FeedDataFormat.COMPACT,
      acceptEventFields: FIELDS,
    })
    feed.addEventListener((events) => {
      for (const event of events) received.get(event.eventSymbol.split('{')[0])?.take(event)
      if (holes().length === 0) finish()
    })
    const fromTime = Math.floor(Date.now() / DAY_MS - HISTORY_DAYS) * DAY_MS
    feed.addSubscriptions(
      streamers.flatMap((symbol) => [
        { type: 'Quote', symbol },
        { type: 'Trade', symbol },
        { type: 'Summary', symbol },
        { type: 'Candle', symbol: candleSymbol(symbol), fromTime },
      ]),
    )
  })
}

async function main([base, ...symbols]) {
  if (!base || symbols.length === 0) throw new Error('usage: client.mjs BASE_URL SYMBOL...')
  const { TT_CLIENT_SECRET: client_secret, TT_REFRESH_TOKEN: refresh_token } = process.env
  if (!client_secret || !refresh_token) throw new Error('TT_CLIENT_SECRET and TT_REFRESH_TOKEN must be set')

  const grant = { grant_type: 'refresh_token', refresh_token, client_secret }
  const { access_token: token } = await request(base, '/oauth/token', { body: grant })
  const { data: quote } = await request(base, '/api-quote-tokens', { token })
  const streamers = new Map()
  for (const symbol of symbols) streamers.set(symbol, await streamerSymbol(base, token, symbol))

  const received = await stream(quote['dxlink-url'], quote.token, [...new Set(streamers.values())])
  return Object.fromEntries(
    [...streamers].map(([symbol, streamer]) => [symbol, { streamer_symbol: streamer, ...received.get(streamer).toJSON() }]),
  )
}

try {
  const document = await main(process.argv.slice(2))
  process.stdout.write(`${JSON.stringify(document)}\n`)
} catch (error) {
  process.stderr.write(`dxlink-api client: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}\n`)
  process.exitCode = 1
}
