use super::*;
use crate::http::scripted::{Scripted, answer, json};

const CHART: &str = include_str!("../../../tests/data/rest/legacy-chart.ok.json");

#[tokio::test]
async fn the_symbol_is_part_of_the_path_and_the_browser_is_named() {
    let server = Scripted::start(|_, _| json(200, CHART)).await;
    let client = client(&server, 5);
    assert_eq!(client.history("ES=F").await.expect("a chart").bars.len(), 4);
    assert!(client.history("^VIX/..").await.is_ok());
    let asked = "/v8/finance/chart/ES=F?range=1y&interval=1d&includePrePost=false&events=div,splits,capitalGains ";
    let request = &server.seen(asked)[0];
    assert!(
        request.to_ascii_lowercase().contains("user-agent: mozilla/5.0"),
        "{request}"
    );
    assert_eq!(server.seen("VIX%2F..?").len(), 1);
}

#[tokio::test]
async fn the_limit_is_never_passed() {
    let server = Scripted::start(|_, _| json(200, CHART)).await;
    let client = client(&server, 2);
    let (first, second, third) = tokio::join!(client.history("A"), client.history("B"), client.history("C"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(third.expect_err("the limit").code(), "limit_reached");
    assert_eq!((client.requests(), server.seen("").len()), (2, 2));
}

#[tokio::test]
async fn after_too_many_requests_nothing_more_is_asked() {
    let text = include_str!("../../../tests/data/rest/legacy-429.txt");
    let server = Scripted::start(move |_, _| answer(429, "content-type: text/plain\r\n", text)).await;
    let client = client(&server, 9);
    assert_eq!(client.history("A").await.expect_err("429").code(), "rate_limited");
    assert_eq!(client.history("B").await.expect_err("paused").code(), "paused");
    assert_eq!((client.requests(), server.seen("").len()), (1, 1));
}

#[test]
fn throttles_and_pages_are_recognized_by_their_words() {
    let reply = |status, body: &str| Reply {
        status,
        html: false,
        retry_after: None,
        date: None,
        body: body.as_bytes().to_vec(),
    };
    let code = |status, body: &str| read(&reply(status, body)).expect_err("no chart").code().into_owned();
    assert_eq!(
        code(200, include_str!("../../../tests/data/rest/legacy-429-edge.txt")),
        "rate_limited"
    );
    assert_eq!(code(200, "<html><body>Will be right back</body></html>"), "web_page");
    assert_eq!(
        code(
            404,
            include_str!("../../../tests/data/rest/legacy-chart.error-404.json")
        ),
        "unknown_symbol"
    );
    assert_eq!(
        code(
            422,
            include_str!("../../../tests/data/rest/legacy-chart.error-bad-range.json")
        ),
        "http_422"
    );
    assert_eq!(code(500, CHART), "http_500");
}

#[test]
fn plain_http_is_refused_above_loopback() {
    let settings = settings(Url::parse("http://query1.finance.yahoo.com").expect("a URL"), 1);
    assert!(matches!(Client::new(settings), Err(Error::Setup(_))));
}

fn settings(base_url: Url, max_requests: u64) -> Settings {
    Settings {
        base_url,
        requests_per_second: 1000.0,
        max_requests,
        user_agent: BROWSER.to_owned(),
    }
}

fn client(server: &Scripted, max_requests: u64) -> Client {
    Client::new(settings(server.url.clone(), max_requests)).expect("loopback")
}
