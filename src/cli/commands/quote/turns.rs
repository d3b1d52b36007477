//! Documents one after the other, on a terminal each in the place of the one before.

use std::future::Future;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncWriteExt, Stdout};

use super::document;
use super::frame::Frame;
use crate::cli::exit::Failure;
use crate::cli::job::Job;
use crate::cli::output::{Output, format, style, terminal, unwritten};
use crate::cli::question::Answer;
use crate::gather::Gathered;
use crate::render::{self, Document, Format, RunDocument, Turn};

/// Where documents go.
pub(super) struct Turns<'j, 'a> {
    job: &'j Job<'a>,
    /// A file, opened before anything was asked, for the first document.
    file: Option<Output>,
    to_stdout: bool,
    to_terminal: bool,
    format: Format,
    turn: Turn,
    frame: Option<Frame>,
    /// Stdout, while nothing is being written to it.
    stdout: Option<Stdout>,
    writing: Option<Writing>,
    /// The remarks on the newest document.
    told: Vec<String>,
}

/// A document on its way to stdout, whose reader may be slow. The feed is heard on meanwhile.
type Writing = Pin<Box<dyn Future<Output = io::Result<Stdout>>>>;

/// What a document was written for.
pub(super) enum Written {
    /// The reader wants more.
    Yes,
    /// The reader has gone away.
    Unread,
}

impl<'j, 'a> Turns<'j, 'a> {
    pub(super) fn new(job: &'j Job<'a>, first: Output) -> Self {
        let to_terminal = first.is_terminal();
        let dumb = job.session.variable("TERM").is_none_or(|term| term == "dumb");
        let format = format_of_many(job, to_terminal);
        // Lines of a log would fall between tables that are drawn over each other.
        let drawn = to_terminal && !dumb && job.session.global.verbose == 0 && format == Format::Table;
        Self {
            job,
            to_stdout: matches!(first, Output::Stdout),
            stdout: Some(tokio::io::stdout()),
            file: Some(first),
            turn: Turn::First,
            frame: drawn.then(Frame::default),
            to_terminal,
            format,
            writing: None,
            told: Vec::new(),
        }
    }

    /// Whether each is drawn over the one before.
    pub(super) fn are_drawn(&self) -> bool {
        self.frame.is_some()
    }

    /// Begins to write the document of `gathered`. It is left out while the one before is still on its way.
    pub(super) fn begin(&mut self, gathered: &Gathered, remarks: &[String]) -> Result<(), Failure> {
        let format = self.format;
        let style = style(self.job.session, &self.job.config, self.to_terminal);
        if !self.to_stdout {
            let output = match self.file.take() {
                Some(output) => output,
                None => Output::open(self.job.show.output.as_deref())?,
            };
            let document = self.document(gathered);
            return output.finish(|mut out| render::write(&document, &style, format, &mut out));
        }
        let Some(mut stdout) = self.stdout.take() else {
            tracing::debug!("a document is left out: the one before has not been read yet");
            return Ok(());
        };
        let document = self.document(gathered);
        let mut text = Vec::new();
        match &mut self.frame {
            Some(frame) => {
                render::write(&document, &style, format, &mut text).map_err(|error| unwritten(&error))?;
                let table = String::from_utf8_lossy(&text);
                text = frame.over(&table, remarks, terminal()).into_bytes();
            }
            None => render::write_turn(&document, &style, format, self.turn, &mut text)
                .map_err(|error| unwritten(&error))?,
        }
        self.turn = Turn::Later;
        self.writing = Some(Box::pin(async move {
            stdout.write_all(&text).await?;
            stdout.flush().await?;
            Ok(stdout)
        }));
        Ok(())
    }

    /// The document of `gathered`. What the format has no room for is said beside it, unless it was said of the one before.
    fn document(&mut self, gathered: &Gathered) -> RunDocument {
        let answer = Answer {
            gathered,
            generated_at: self.job.session.generated_at(),
            recorded: None,
        };
        let document = document(&answer, &answer.coverage());
        let remarks = if self.format.holds_remarks() {
            Vec::new()
        } else {
            document.remarks()
        };
        for remark in remarks.iter().filter(|remark| !self.told.contains(remark)) {
            self.job.session.stderr.remark(&format!("variance: {remark}"));
        }
        self.told = remarks;
        document
    }

    /// Waits until what is being written has been taken; for ever when nothing is. Cancel safe.
    pub(super) async fn written(&mut self) -> Result<Written, Failure> {
        let Some(writing) = &mut self.writing else {
            return std::future::pending().await;
        };
        let written = writing.await;
        self.writing = None;
        match written {
            Ok(stdout) => {
                self.stdout = Some(stdout);
                Ok(Written::Yes)
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::Unread),
            Err(error) => Err(unwritten(&error)),
        }
    }

    /// Waits until everything has been taken.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        match &self.writing {
            Some(_) => self.written().await.map(|_| ()),
            None => Ok(()),
        }
    }
}

/// The format of a stream of documents: lines of JSON where nothing was chosen and nobody looks on.
fn format_of_many(job: &Job<'_>, to_terminal: bool) -> Format {
    let asked = job.show.form.asked();
    let unchosen = asked.is_none() && job.config.output.format.is_none();
    let format = format(&job.config, asked, to_terminal);
    if unchosen && format == Format::Plain {
        Format::Jsonl
    } else {
        format
    }
}
