//! The runtime of one command, and Ctrl-C as a value.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use super::exit::{Failure, Kind};

/// How long a run may take to say goodbye after Ctrl-C.
const GOODBYE: Duration = Duration::from_millis(1_500);

/// A runtime for one command, and Ctrl-C as a value that becomes `true`.
pub(super) fn interruptible<T, F>(work: impl FnOnce(watch::Receiver<bool>) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Kind::Internal, format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let work = work(stopped);
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done,
            signal = interrupted() => {
                if signal.is_ok() && stop.send(true).is_ok() {
                    // Sockets are closed politely within the time; what was gathered is not wanted any more.
                    drop(tokio::time::timeout(GOODBYE, work).await);
                }
                Err(Failure::new(Kind::Interrupted, "interrupted"))
            }
        }
    });
    std::thread::spawn(move || runtime.block_on(interrupt_at_once()));
    outcome
}

/// Waits for Ctrl-C, or for the SIGTERM that service managers and `timeout` send.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            signal = tokio::signal::ctrl_c() => signal,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Ends the process at Ctrl-C: the work is done, and whoever reads the output may not take it.
async fn interrupt_at_once() {
    if interrupted().await.is_ok() {
        exit_interrupted();
    }
}

#[expect(
    clippy::exit,
    reason = "the main thread may be stuck in a write that nothing else can end"
)]
fn exit_interrupted() {
    std::process::exit(i32::from(Kind::Interrupted.code()));
}
