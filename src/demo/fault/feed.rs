//! What goes wrong on feed connections, and when.

use std::time::Duration;

use super::Times;

/// What goes wrong on feed connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedRule {
    /// The first so many AUTH messages are answered `UNAUTHORIZED`.
    RefuseTokens(u32),
    /// The connection is cut right after its `frames`-th `FEED_DATA`; 0 counts as 1.
    DropAfterData {
        /// Data frames that still leave.
        frames: u64,
        /// How the connection ends.
        cut: Cut,
        /// How many connections it meets.
        times: Times,
    },
    /// The first AUTH_STATE lags 50 ms behind SETUP, and an AUTH sent before it meets "Session not found: api".
    EarlyAuthStrict,
    /// Once authorized, nothing leaves any more, not even a KEEPALIVE; the socket stays open.
    Mute,
    /// Any fault at a place of its own.
    Placed {
        /// Where it is met.
        trigger: Trigger,
        /// What happens.
        fault: FeedFault,
        /// Which of the occasions it meets.
        times: Times,
    },
}

/// Where on the feed a fault is met; all of it must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trigger {
    /// On this connection only, counted from 1 in the order of their opening.
    pub socket: Option<u64>,
    /// By the data frames of the connection.
    pub data: Option<Frames>,
    /// By the messages of the client on the connection, keepalives among them.
    pub messages: Option<Frames>,
    /// Not before the connection is this old.
    pub after: Option<Duration>,
}

/// A place in the data frames or in the client's messages of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// With the data frame of this number, from 1; what is said besides follows it. With the message of this number and
    /// until the next one; what is said besides comes before its answer.
    At(u64),
    /// Once so many data frames have left, or so many messages have been answered.
    After(u64),
}

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// A TCP reset without a close frame.
    Reset,
    /// A close frame with this code and no reason.
    Close(u16),
    /// A close frame with code and reason.
    CloseSaying {
        /// The code.
        code: u16,
        /// The reason, at most 123 bytes.
        reason: String,
    },
}

/// One thing that goes wrong on a feed connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedFault {
    /// SETUP is never answered.
    NoSetup,
    /// AUTH_STATE never follows SETUP.
    NoAuthState,
    /// AUTH_STATE follows SETUP this late, and an AUTH sent before it meets "Session not found: api".
    LateAuthState(Duration),
    /// The first AUTH_STATE is AUTHORIZED: no token is wanted.
    NoAuth,
    /// A token is answered UNAUTHORIZED.
    RefuseToken,
    /// A token is answered with the error "Session not found: api".
    SessionNotFound,
    /// A channel is never opened.
    NoChannel,
    /// A FEED_CONFIG never leaves.
    NoConfig,
    /// A FEED_CONFIG leaves this late, data before it.
    LateConfig(Duration),
    /// A subscription is refused with "Your subscription rate is too high".
    RateError,
    /// A subscription is refused with "Your subscription size is too big".
    SizeError,
    /// The types of one answer share a message, configurations ahead of it.
    MixedTypes,
    /// The last row of a COMPACT data frame lacks its last column.
    ShortRows,
    /// A data frame begins with an event of the type `Foo`.
    UnknownTypes,
    /// A data frame leaves twice.
    Duplicates,
    /// A data frame is followed by the one of its type that left before it.
    OldEvents,
    /// The connection ends.
    Cut(Cut),
    /// Nothing leaves any more, not even a KEEPALIVE; the socket stays open.
    Mute,
    /// AUTH_STATE turns UNAUTHORIZED in the middle of a session.
    Unauthorized,
    /// Every open channel is closed.
    ChannelClosed,
    /// A frame that is no JSON.
    Garbage,
    /// A well-formed frame of an unknown type with this many bytes of text in it.
    Huge(usize),
    /// Data goes on in FULL, behind a FEED_CONFIG that says so or without one.
    FlipFull {
        /// Whether it is said.
        announced: bool,
    },
    /// The columns of a type change and are announced before its next data.
    Layout(Layout),
    /// A candle snapshot is not as it should be.
    Snapshot(SnapshotFault),
}

/// A change of columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// This column is missing in every type.
    Drop(String),
    /// The columns of this event type come in the reverse order.
    Reverse(String),
}

/// What is wrong with a candle snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotFault {
    /// Its last row, the one with the END flag, is missing.
    NeverEnds,
    /// No row has the BEGIN flag.
    NeverBegins,
    /// Every row but the last has the TX_PENDING flag.
    TxPending,
    /// The oldest bar comes first.
    Ascending,
    /// One row without data that is begin and end.
    Empty,
    /// Only the newer half of the bars, closed by the SNIP flag instead of END.
    Snip,
    /// Every fifth bar is NaN, the third one first.
    NanBars,
    /// Every fifth bar is zero, the third one first.
    ZeroBars,
    /// Every bar comes twice.
    Duplicates,
    /// The newest bar comes again behind the end as it was when its session had begun, and with it a bar of the day
    /// before the history begins.
    OldEvents,
}

/// A step of a feed connection at which a rule may interfere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A message of the client is about to be answered.
    Heard,
    /// SETUP is about to be answered.
    Setup,
    /// The first AUTH_STATE is about to follow SETUP.
    AuthState,
    /// An AUTH has come in.
    Auth,
    /// AUTHORIZED has just left.
    Authorized,
    /// A channel is about to be opened.
    Open,
    /// A FEED_SETUP has just been adopted.
    Configured,
    /// A FEED_CONFIG is about to leave.
    Config,
    /// A subscription has come in.
    Subscription,
    /// A candle snapshot is about to be written.
    Snapshot,
    /// A data frame is about to leave.
    Data,
    /// A data frame has just left.
    DataSent,
    /// Time has passed.
    Moment,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its number, from 1.
    pub(crate) socket: u64,
    /// Data frames that have left.
    pub(crate) data_sent: u64,
    /// Messages of the client that have come in.
    pub(crate) heard: u64,
    /// Its age at the last look at the clock.
    pub(crate) since: Duration,
    /// Its age.
    pub(crate) age: Duration,
}

impl FeedFault {
    /// Whether it belongs to the start of a connection, before any data.
    pub(super) fn precedes_data(&self) -> bool {
        matches!(self.step(&Trigger::default()), Step::Setup | Step::AuthState)
    }

    /// The step at which it is met.
    pub(super) fn step(&self, trigger: &Trigger) -> Step {
        match self {
            Self::NoSetup => Step::Setup,
            Self::NoAuthState | Self::LateAuthState(_) | Self::NoAuth => Step::AuthState,
            Self::RefuseToken | Self::SessionNotFound => Step::Auth,
            Self::NoChannel => Step::Open,
            Self::NoConfig | Self::LateConfig(_) => Step::Config,
            Self::RateError | Self::SizeError => Step::Subscription,
            Self::Snapshot(_) => Step::Snapshot,
            Self::MixedTypes | Self::ShortRows | Self::UnknownTypes | Self::Duplicates | Self::OldEvents => Step::Data,
            Self::Cut(_)
            | Self::Mute
            | Self::Unauthorized
            | Self::ChannelClosed
            | Self::Garbage
            | Self::Huge(_)
            | Self::FlipFull { .. }
            | Self::Layout(_) => match (trigger.data, trigger.messages, trigger.after, self) {
                (None, Some(_), _, _) => Step::Heard,
                (None, None, Some(_), _) => Step::Moment,
                (None, None, None, Self::Mute) => Step::Authorized,
                (None, None, None, Self::Layout(_)) => Step::Configured,
                (_, _, _, _) => Step::DataSent,
            },
        }
    }
}

impl Trigger {
    /// Whether a fault met at `step` is met in this place.
    pub(super) fn holds(&self, step: Step, place: &Place) -> bool {
        let frames = match (self.data, step) {
            (None, _) => true,
            (Some(Frames::At(number)), Step::Data) => place.data_sent.checked_add(1) == Some(number),
            (Some(Frames::At(number)), _) => place.data_sent == number,
            (Some(Frames::After(number)), _) => place.data_sent >= number,
        };
        let messages = match self.messages {
            None => true,
            Some(Frames::At(number)) => place.heard == number,
            Some(Frames::After(number)) => place.heard > number,
        };
        let time = self
            .after
            .is_none_or(|age| age <= place.age && (step != Step::Moment || place.since < age));
        frames && messages && time && self.socket.is_none_or(|socket| socket == place.socket)
    }
}
