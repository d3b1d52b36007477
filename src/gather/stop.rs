//! The bound on a whole run: its deadline and the user's Ctrl-C.

use std::future::Future;

use tokio::sync::watch;
use tokio::time::Instant;

/// Why something was not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The deadline of the run.
    Deadline,
    /// The user.
    Interrupted,
}

/// Cuts whatever runs under it at the deadline or when the user wants to stop.
#[derive(Debug, Clone)]
pub struct StopSignal {
    deadline: Option<Instant>,
    stop: watch::Receiver<bool>,
}

impl StopSignal {
    /// A bound that cuts at `deadline` and as soon as `stop` holds `true`.
    pub fn new(deadline: Option<Instant>, stop: watch::Receiver<bool>) -> Self {
        Self { deadline, stop }
    }

    /// The deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Runs `work` to its end or to the cut.
    ///
    /// # Errors
    /// The cut came first; `work` is dropped.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Result<T, StopReason> {
        tokio::select! {
            biased;
            cut = self.cut() => Err(cut),
            done = work => Ok(done),
        }
    }

    /// Waits for the user to want to stop.
    pub async fn stopped(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn cut(&self) -> StopReason {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stopped() => StopReason::Interrupted,
            () = deadline => StopReason::Deadline,
        }
    }
}
