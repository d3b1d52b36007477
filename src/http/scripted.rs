//! A server on loopback that answers by script and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// The server; its requests are the raw text, head and body.
pub(crate) struct Scripted {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Starts a server whose `answer` gets the raw request and the number of requests with the same first line before.
    pub(crate) async fn start(answer: impl Fn(&str, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&log)));
            }
        });
        Self {
            url: Url::parse(&url).expect("a URL"),
            seen,
        }
    }

    /// The requests so far whose first line contains `part`.
    pub(crate) fn seen(&self, part: &str) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic in the server");
        seen.iter()
            .filter(|request| first_line(request).contains(part))
            .cloned()
            .collect()
    }
}

/// An HTTP answer.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}")
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &str) -> String {
    answer(status, "content-type: application/json\r\n", body)
}

async fn serve<F: Fn(&str, usize) -> String>(mut stream: TcpStream, answer: Arc<F>, seen: Arc<Mutex<Vec<String>>>) {
    let mut raw = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let Ok(count) = stream.read(&mut chunk).await else {
            return;
        };
        raw.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&raw).into_owned();
        if count == 0 {
            return;
        }
        if is_complete(&text) {
            let reply = {
                let mut seen = seen.lock().expect("no panic in the server");
                let before = seen
                    .iter()
                    .filter(|request| first_line(request) == first_line(&text))
                    .count();
                seen.push(text.clone());
                answer(&text, before)
            };
            let _ = stream.write_all(reply.as_bytes()).await;
            return;
        }
    }
}

fn is_complete(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.is_none_or(|length| body.len() >= length.trim().parse().expect("a length"))
}

fn first_line(request: &str) -> &str {
    request.lines().next().unwrap_or_default()
}
