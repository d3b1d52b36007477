//! The runtime of one command, and Ctrl-C as a value.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use super::exit::{Failure, FailureKind};

/// How long a run may take to say goodbye after Ctrl-C.
const GOODBYE: Duration = Duration::from_millis(1_500);

/// How often paced time moves on.
const BEAT: Duration = Duration::from_millis(10);

/// A runtime for one command, and Ctrl-C as a value that becomes `true`.
pub(super) fn interruptible<T, F>(work: impl FnOnce(watch::Receiver<bool>) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    run(false, work)
}

/// The same on time of its own, for work that waits for nothing but time: whenever all of it waits, the next moment
/// comes at once, or `speed` times as fast as in the world.
pub(super) fn simulated<T, F>(speed: Option<f64>, work: impl FnOnce(watch::Receiver<bool>) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    run(true, |stop| async {
        let work = work(stop);
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => done,
            () = pace(speed) => Err(Failure::new(FailureKind::Internal, "time has stopped")),
        }
    })
}

/// Lets time pass `speed` times as fast as in the world, for ever; without a speed it leaves time alone.
async fn pace(speed: Option<f64>) {
    let Some(speed) = speed else {
        return std::future::pending().await;
    };
    // While a blocking task is under way, time does not jump.
    while tokio::task::spawn_blocking(|| std::thread::sleep(BEAT)).await.is_ok() {
        tokio::time::advance(BEAT.mul_f64(speed)).await;
    }
}

fn run<T, F>(paused: bool, work: impl FnOnce(watch::Receiver<bool>) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(paused)
        .build()
        .map_err(|error| Failure::new(FailureKind::Internal, format!("cannot start the runtime: {error}")))?;
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
                Err(Failure::new(FailureKind::Interrupted, "interrupted"))
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
    std::process::exit(i32::from(FailureKind::Interrupted.code()));
}
