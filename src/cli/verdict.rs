//! How a run ended: what is said beside its document, and whether it did what it was asked.

use super::exit::{Failure, FailureKind};
use super::output::Printer;
use super::progress::Stderr;
use super::question::{Answer, Question};
use crate::gather::{Gathered, RunOutcome};
use crate::market::{Coverage, Field, Record};
use crate::tastytrade;

/// Unknown symbols that are named.
const NAMED: usize = 8;

/// Prints the answer to `question`, and says how the run ended; at least `required` percent must be complete.
///
/// # Errors
/// Nobody answered, too little is complete, or what was asked for does not exist or cannot be written.
pub(super) fn print(
    question: &dyn Question,
    answer: &Answer<'_>,
    mut printer: Printer<'_>,
    required: Option<f64>,
) -> Result<(), Failure> {
    let gathered = answer.gathered;
    printer.session.stderr.clear();
    if let RunOutcome::Refused(error) = &gathered.outcome {
        return Err(refused(error));
    }
    name_unknown(gathered, &printer.session.stderr);
    // Where nobody answered, the failure says why.
    printer.remarks = matches!(gathered.outcome, RunOutcome::Answered);
    let coverage = question.print(answer, printer)?;
    outcome(gathered, &coverage, required)
}

/// Names the symbols that nobody had anything to say about: they may be misspelt.
pub(super) fn name_unknown(gathered: &Gathered, stderr: &Stderr) {
    let nothing = |record: &&Record| {
        let of_chain = gathered.chain.is_some() && record.kind.is_option();
        !of_chain && Field::ALL.iter().all(|field| !record.has(*field))
    };
    let unknown: Vec<&str> = gathered
        .records
        .iter()
        .filter(nothing)
        .map(|record| record.symbol.as_str())
        .collect();
    let answered = matches!(gathered.outcome, RunOutcome::Answered) && !gathered.run.partial;
    if !answered || unknown.is_empty() {
        return;
    }
    let named = unknown.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match unknown.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    stderr.remark(&format!("variance: no source knows {named}{more}"));
}

/// Whether somebody answered, and at least `required` percent is complete.
///
/// # Errors
/// It is not so.
pub(super) fn outcome(gathered: &Gathered, coverage: &Coverage, required: Option<f64>) -> Result<(), Failure> {
    const DOCTOR: &str = "`variance doctor` shows which step fails.";
    let failure = match &gathered.outcome {
        RunOutcome::Answered => return complete_enough(coverage, required),
        RunOutcome::Refused(error) => refused(error),
        RunOutcome::TryLater => Failure::new(FailureKind::TryLater, "no source answered in time")
            .hint("Try again in a few minutes; `variance doctor` shows which step fails."),
        RunOutcome::Garbled => Failure::new(
            FailureKind::Protocol,
            "no source answered, and what came could not be understood",
        )
        .hint(
            "Something on the way may answer in the venue's place, such as a proxy or a login page; `variance doctor` \
             shows which step fails.",
        ),
        RunOutcome::Nothing => Failure::new(FailureKind::Unavailable, "no source answered for any symbol").hint(DOCTOR),
    };
    Err(Failure {
        details: complaints(gathered),
        ..failure
    })
}

fn complaints(gathered: &Gathered) -> Vec<String> {
    let errors = gathered.run.errors.iter();
    let mut complaints: Vec<String> = errors
        .map(|error| format!("  {}: {}", error.source, error.message))
        .collect();
    complaints.dedup();
    if complaints.is_empty() {
        let reason = gathered.run.sources.dxlink.reason.iter();
        complaints.extend(reason.map(|reason| format!("  dxlink: {reason}")));
    }
    complaints
}

fn complete_enough(coverage: &Coverage, required: Option<f64>) -> Result<(), Failure> {
    let complete = coverage.judged_ratio() * 100.0;
    let Some(required) = required.filter(|required| complete + f64::EPSILON < *required) else {
        return Ok(());
    };
    let unjudged = match coverage.unjudged.len() {
        0 => String::new(),
        some => format!(", less {some} without an answer about their options"),
    };
    Err(Failure::new(
        FailureKind::Incomplete,
        format!(
            "{} of {} symbols are complete{unjudged} ({complete:.1} %), {required} % are required",
            coverage.complete, coverage.requested
        ),
    )
    .hint("The output names what is missing and what was tried; `variance explain SYMBOL` says more."))
}

/// Credentials that the venue does not accept.
pub(super) fn refused(error: &tastytrade::Error) -> Failure {
    Failure::from_error(FailureKind::Credentials, error.clone())
        .hint("Make a new grant on the tastytrade web site (Manage, My Profile, API, OAuth Applications).")
        .hint(
            "Repeated failures block your address for hours: mend the credentials before the next try, or use --demo.",
        )
}
