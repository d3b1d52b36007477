use std::net::Ipv6Addr;

use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};

use super::*;

type Socket = WebSocketStream<TcpStream>;

#[tokio::test]
async fn a_client_gets_a_quote_and_a_year_of_candles_over_loopback() {
    let venue = Venue::start(Options::default()).unwrap();
    let mut socket = subscribed(&venue).await;
    let quote = until(&mut socket, r#""data":["Quote""#).await;
    assert!(quote.contains(r#"["SPY","#), "{quote}");
    let candles = until(&mut socket, r#""data":["Candle""#).await;
    let rows: serde_json::Value = serde_json::from_str(&candles).unwrap();
    let rows = rows["data"][1].as_array().unwrap();
    assert!(rows.len() / 3 > 250, "{} rows", rows.len() / 3);
    assert_eq!(rows[1], "SPY{=d}");

    let tally = venue.tally().unwrap();
    assert_eq!((tally.sockets, tally.open_sockets, tally.max_open_sockets), (1, 1, 1));
    assert_eq!(
        (tally.subscriptions, tally.max_live_candles, tally.rest_requests),
        (2, 1, 0)
    );
}

#[tokio::test]
async fn answers_wait_out_the_round_trip_and_keep_their_order() {
    let rtt = Duration::from_millis(40);
    let venue = Venue::start(Options {
        rtt,
        ..Options::default()
    })
    .unwrap();
    let mut socket = connect(&venue).await.unwrap();
    let sent = tokio::time::Instant::now();
    for text in conversation() {
        socket.feed(Message::text(text)).await.unwrap();
    }
    socket.flush().await.unwrap();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|text: &String| !text.contains("Candle\",[")) {
        heard.push(next(&mut socket).await.unwrap());
    }
    assert!(sent.elapsed() >= rtt);
    let types: Vec<&str> = heard.iter().filter_map(|text| text.split('"').nth(3)).collect();
    assert_eq!(
        types,
        [
            "SETUP",
            "AUTH_STATE",
            "AUTH_STATE",
            "CHANNEL_OPENED",
            "FEED_CONFIG",
            "FEED_CONFIG",
            "FEED_DATA",
            "FEED_CONFIG",
            "FEED_DATA"
        ]
    );
}

#[tokio::test]
async fn a_reset_ends_the_first_connection_and_spares_the_second() {
    let rule = FeedRule::DropAfterData {
        frames: 1,
        cut: Cut::Reset,
        times: Times::Once,
    };
    let faults = Faults {
        rest: Vec::new(),
        feed: vec![rule],
    };
    let venue = Venue::start(Options {
        faults,
        ..Options::default()
    })
    .unwrap();
    let mut first = subscribed(&venue).await;
    until(&mut first, r#""data":["Quote""#).await;
    assert!(matches!(next(&mut first).await, Err(Error::Io(_) | Error::Protocol(_))));
    let mut second = subscribed(&venue).await;
    until(&mut second, r#""data":["Candle""#).await;
    assert_eq!(venue.tally().unwrap().sockets, 2);
}

#[tokio::test]
async fn a_close_frame_carries_the_code_asked_for() {
    let rule = FeedRule::DropAfterData {
        frames: 1,
        cut: Cut::Close(1012),
        times: Times::Always,
    };
    let faults = Faults {
        rest: Vec::new(),
        feed: vec![rule],
    };
    let venue = Venue::start(Options {
        faults,
        ..Options::default()
    })
    .unwrap();
    let mut socket = subscribed(&venue).await;
    until(&mut socket, r#""data":["Quote""#).await;
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else {
        panic!("no close frame")
    };
    assert_eq!(u16::from(frame.code), 1012);
}

#[tokio::test]
async fn http_faults_stand_in_for_the_answers_they_name() {
    let rule = |path_prefix: &str, effect, times| RestRule {
        path_prefix: path_prefix.to_owned(),
        after: None,
        effect,
        times,
    };
    let busy = RestEffect::Status(Refusal {
        status: 429,
        body: "slow down".to_owned(),
        content_type: "text/plain",
        retry_after: Some("7".to_owned()),
    });
    let rest = vec![
        rule("/market-metrics", busy, Times::Once),
        rule("/dxlink", RestEffect::Hang, Times::Always),
    ];
    let venue = Venue::start(Options {
        faults: Faults { rest, feed: Vec::new() },
        ..Options::default()
    })
    .unwrap();

    let refused = get(&venue, "/market-metrics?symbols=SPY").await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    assert!(
        refused.contains("retry-after: 7\r\n") && refused.ends_with("slow down"),
        "{refused}"
    );
    let served = get(&venue, "/market-metrics?symbols=SPY").await;
    assert!(!served.starts_with("HTTP/1.1 429 "), "{served}");
    assert!(served.contains("date: Fri, 20 Nov 2026 21:3"), "{served}");

    let upgrade = timeout(Duration::from_millis(50), connect(&venue)).await;
    assert!(upgrade.is_err(), "the upgrade was answered");
    let tally = venue.tally().unwrap();
    assert_eq!(tally.rest_paths, BTreeMap::from([("/market-metrics".to_owned(), 2)]));
    assert_eq!(tally.sockets, 0);
}

#[tokio::test]
async fn a_script_spoils_the_metrics_of_the_first_batch_only() {
    let venue = scripted("metrics at 1st request: wrong type hv30");
    let first = get(&venue, "/market-metrics?symbols=SPY,AAPL").await;
    assert!(first.contains(r#""historical-volatility-30-day":true"#), "{first}");
    let second = get(&venue, "/market-metrics?symbols=SPY,AAPL").await;
    assert!(second.contains(r#""historical-volatility-30-day":""#), "{second}");

    let venue = scripted("metrics: half missing");
    let halved = get(&venue, "/market-metrics?symbols=SPY,AAPL,QQQ,MSFT").await;
    assert_eq!(halved.matches(r#""symbol":"#).count(), 2, "{halved}");
}

#[tokio::test]
async fn a_script_answers_with_a_status_or_a_page_of_html() {
    let venue = scripted(r#"rest /a: status 429 retry-after 7 "slow down"; rest /b after 1 request: html 401"#);
    let busy = get(&venue, "/a").await;
    assert!(
        busy.starts_with("HTTP/1.1 429 ") && busy.contains("retry-after: 7\r\n") && busy.ends_with("slow down"),
        "{busy}"
    );
    assert!(get(&venue, "/b").await.starts_with("HTTP/1.1 404 "));
    let page = get(&venue, "/b").await;
    assert!(
        page.starts_with("HTTP/1.1 401 ") && page.contains("content-type: text/html") && page.contains("<html>"),
        "{page}"
    );
}

#[tokio::test]
async fn a_truncated_body_is_half_of_what_its_length_says() {
    let venue = scripted("rest /market-metrics: truncate");
    let answer = get(&venue, "/market-metrics?symbols=SPY").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2, "{answer}");
    assert!(body.starts_with(r#"{"context":"#), "{body}");
}

#[tokio::test]
async fn a_dripping_body_comes_in_pieces() {
    use tokio::io::AsyncReadExt;
    let venue = scripted("rest /market-metrics: drip 10/s");
    let mut stream = ask(&venue, "/market-metrics?symbols=SPY").await;
    let mut answer = String::new();
    while !answer.contains("\r\nA\r\n") {
        let byte = timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap();
        answer.push(char::from(byte));
    }
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("transfer-encoding: chunked"),
        "{answer}"
    );
}

#[test]
fn only_loopback_is_served() {
    let bind = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let refused = Venue::start(Options {
        bind,
        ..Options::default()
    })
    .unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_dropped_venue_frees_its_port() {
    let venue = Venue::start(Options::default()).unwrap();
    let address = address(&venue).to_owned();
    drop(venue);
    assert!(std::net::TcpListener::bind(address).is_ok());
}

fn conversation() -> [&'static str; 5] {
    [
        r#"{"type":"SETUP","channel":0,"version":"0.1","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#,
        r#"{"type":"AUTH","channel":0,"token":"demo-1"}"#,
        r#"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
        r#"{"type":"FEED_SETUP","channel":1,"acceptDataFormat":"COMPACT","acceptEventFields":{"Quote":["eventSymbol","bidPrice","askPrice"],"Candle":["eventFlags","eventSymbol","close"]}}"#,
        r#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"SPY"},{"type":"Candle","symbol":"SPY{=1d}","fromTime":0}]}"#,
    ]
}

/// A connection that has sent the whole conversation at once.
async fn subscribed(venue: &Venue) -> Socket {
    let mut socket = connect(venue).await.unwrap();
    for text in conversation() {
        socket.feed(Message::text(text)).await.unwrap();
    }
    socket.flush().await.unwrap();
    socket
}

async fn connect(venue: &Venue) -> Result<Socket, Error> {
    let stream = TcpStream::connect(address(venue)).await?;
    client_async(venue.ws_url(), stream).await.map(|(socket, _)| socket)
}

fn address(venue: &Venue) -> &str {
    venue.base_url().trim_start_matches("http://")
}

async fn next(socket: &mut Socket) -> Result<String, Error> {
    let frame = timeout(PATIENCE, socket.next())
        .await
        .expect("an answer in time")
        .expect("an open socket")?;
    Ok(frame.into_text()?.as_str().to_owned())
}

async fn until(socket: &mut Socket, part: &str) -> String {
    loop {
        let text = next(socket).await.unwrap();
        if text.contains(part) {
            return text;
        }
    }
}

/// A venue with the faults of `script`.
fn scripted(script: &str) -> Venue {
    Venue::start(Options {
        faults: parse(script).unwrap(),
        ..Options::default()
    })
    .unwrap()
}

/// The whole answer to one GET, head and body; what a connection cut short has brought by then.
async fn get(venue: &Venue, target: &str) -> String {
    use tokio::io::AsyncReadExt;
    let mut answer = Vec::new();
    let _ = ask(venue, target).await.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// A connection that has sent one GET with a token of the venue's first quarter of an hour.
async fn ask(venue: &Venue, target: &str) -> TcpStream {
    use tokio::io::AsyncWriteExt;
    let mut stream = TcpStream::connect(address(venue)).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: venue\r\nUser-Agent: test\r\nAuthorization: Bearer demo-access.{}\r\nConnection: close\r\n\r\n",
        DEFAULT_NOW.as_second() + 900
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}
