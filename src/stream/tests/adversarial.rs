//! A server that decides amounts: the listener ends in time and keeps little.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_server_that_makes_us_answer_and_never_reads_is_left() {
    let ended = listen_to(
        line(1).await,
        policy(false, 0),
        vec![quote_of("SPY")],
        async |mut peers| {
            let mut peer = peers.pop_front().unwrap();
            peer.welcome("token-1").await;
            let misfit = r#"{"type":"FEED_DATA","channel":1,"data":["Quote",["Quote","SPY",1.0]]}"#;
            while peer.0.send(Message::text(misfit)).await.is_ok() {}
            std::future::pending::<()>().await;
        },
    )
    .await;
    assert!(
        matches!(&ended.listened.end, End::GaveUp { reason, .. } if reason.contains("does not read")),
        "{:?}",
        ended.listened.end
    );
}

#[tokio::test(start_paused = true)]
async fn reasons_made_up_anew_each_time_are_kept_up_to_a_bound() {
    let ended = listen_to(
        line(60).await,
        policy(true, 1_000),
        vec![quote_of("SPY"), quote_of("QQQ")],
        async |peers| {
            for (number, mut peer) in peers.into_iter().enumerate() {
                peer.welcome("token-1").await;
                peer.quote("SPY", 559.3).await;
                let close = CloseFrame {
                    code: 1012.into(),
                    reason: format!("reason \u{1b}[2J number {number}").into(),
                };
                peer.0.send(Message::Close(Some(close))).await.unwrap();
            }
            std::future::pending::<()>().await;
        },
    )
    .await;
    let told: Vec<String> = ended.listened.troubles.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 32, "of {} gaps", ended.stats.gaps);
    assert!(ended.stats.gaps > 32);
    assert!(told.iter().all(|text| !text.contains('\u{1b}')));
}
