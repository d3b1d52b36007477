//! The options of the venue: which series and strikes are listed and how they are spelled.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use smol_str::{SmolStr, format_smolstr};
use variance_time::{self as time, Calendar as Exchange};
use variance_vol::black::Right;

use super::future::{self, Ends, Terms};
use super::listings::Listing;

/// The options of one root that expire on one day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// `SPY`, `SPXW`, `EW3`.
    pub(crate) root: SmolStr,
    /// Last day.
    pub(crate) expiry: Date,
    /// Monthly or quarterly, not weekly.
    pub(crate) regular: bool,
    /// Settled on the opening of the last day.
    pub(crate) morning: bool,
    /// For options on futures: the contract they deliver.
    pub(crate) future: Option<Terms>,
}

/// The four spellings of one strike of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spelled {
    /// REST symbol of the call.
    pub(crate) call: SmolStr,
    /// Feed symbol of the call.
    pub(crate) call_streamer: SmolStr,
    /// REST symbol of the put.
    pub(crate) put: SmolStr,
    /// Feed symbol of the put.
    pub(crate) put_streamer: SmolStr,
}

impl Series {
    /// `ESZ6`, `EW3Z6`: the contract code of a series on futures.
    pub(crate) fn code(&self) -> Option<SmolStr> {
        self.future.as_ref()?;
        Some(format_smolstr!(
            "{}{}{}",
            self.root,
            self.month()?,
            self.year().rem_euclid(10)
        ))
    }

    /// When the series ends.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        let opening = || time::session_open(Exchange::UsEquities, self.expiry);
        if self.morning {
            opening()
        } else {
            time::session_close(Exchange::UsEquities, self.expiry).or_else(opening)
        }
    }

    /// Every spelling of `strike`.
    pub(crate) fn spell(&self, strike: f64) -> Option<Spelled> {
        let both = |right| Some((self.symbol(right, strike)?, self.streamer(right, strike)?));
        let (call, call_streamer) = both(Right::Call)?;
        let (put, put_streamer) = both(Right::Put)?;
        Some(Spelled {
            call,
            call_streamer,
            put,
            put_streamer,
        })
    }

    fn symbol(&self, right: Right, strike: f64) -> Option<SmolStr> {
        let day = self.expiry.strftime("%y%m%d");
        let side = letter(right);
        Some(match &self.future {
            Some(terms) => format_smolstr!(
                "./{} {:<6}{day}{side}{strike}",
                terms.symbol.trim_start_matches('/'),
                self.code()?
            ),
            None => format_smolstr!("{:<6}{day}{side}{:08.0}", self.root, strike * 1000.0),
        })
    }

    fn streamer(&self, right: Right, strike: f64) -> Option<SmolStr> {
        let side = letter(right);
        Some(match &self.future {
            Some(terms) => {
                let year = self.year().rem_euclid(100);
                format_smolstr!(
                    "./{}{}{year:02}{side}{strike}:{}",
                    self.root,
                    self.month()?,
                    terms.root.suffix
                )
            }
            None => format_smolstr!(".{}{}{side}{strike}", self.root, self.expiry.strftime("%y%m%d")),
        })
    }

    fn delivery(&self) -> Option<&Terms> {
        self.future.as_ref().filter(|_| self.regular)
    }

    fn month(&self) -> Option<char> {
        self.delivery()
            .map_or_else(|| future::month_code(self.expiry.month()), |terms| Some(terms.month))
    }

    fn year(&self) -> i16 {
        self.delivery().map_or(self.expiry.year(), |terms| terms.year)
    }
}

/// The series on a share, fund or index that end after `after`: the Fridays of five weeks and the monthlies of five months.
pub(crate) fn series_on(listing: &Listing, after: Timestamp) -> Vec<Series> {
    if !listing.optionable() {
        return Vec::new();
    }
    let today = time::new_york_date(after);
    let plain = SmolStr::from(listing.symbol.replace('/', ""));
    let (weekly_root, morning) = match listing.symbol.as_str() {
        "SPX" => (Some("SPXW".into()), true),
        "NDX" => (Some("NDXP".into()), true),
        "RUT" => (Some("RUTW".into()), true),
        "VIX" => (None, true),
        _ => (Some(plain.clone()), false),
    };
    let monthlies: Vec<Date> = (0..5)
        .filter_map(|ahead| monthly(&listing.symbol, today.first_of_month(), ahead))
        .collect();
    let weeklies = fridays(today).into_iter().filter(|friday| !monthlies.contains(friday));
    let weeklies = weeklies.filter_map(|expiry| weekly_root.clone().map(|root| (root, expiry, false, false)));
    let regular = monthlies.iter().map(|expiry| (plain.clone(), *expiry, true, morning));
    let mut all: Vec<Series> = weeklies
        .chain(regular)
        .map(|(root, expiry, regular, morning)| Series {
            root,
            expiry,
            regular,
            morning,
            future: None,
        })
        .filter(|series| series.end().is_some_and(|end| end > after))
        .collect();
    all.sort_by_key(|series| series.expiry);
    all
}

/// The series on the active and the next of `contracts` that end after `after`, on `/ES` the Fridays of five weeks too.
pub(crate) fn series_on_futures(contracts: &[Terms], after: Timestamp) -> Vec<Series> {
    let today = time::new_york_date(after);
    let live = || contracts.iter().filter(|terms| terms.place == 0 || terms.place == 1);
    let quarterly = live().filter_map(|terms| {
        let expiry = match terms.root.ends {
            Ends::ThirdFriday => terms.expiration,
            Ends::ThirdWednesday | Ends::MonthEnd | Ends::MidMonth | Ends::MonthBefore20 | Ends::MonthBeforeEnd => {
                let fortnight = terms.expiration.checked_sub(14.days()).ok()?;
                future::on_or_before(fortnight.tomorrow().ok()?.nth_weekday(-1, Weekday::Friday).ok()?)
            }
        };
        let morning = terms.root.ends == Ends::ThirdFriday;
        Some(Series {
            root: terms.root.options.into(),
            expiry,
            regular: true,
            morning,
            future: Some(terms.clone()),
        })
    });
    let weekly = fridays(today).into_iter().filter_map(|expiry| {
        let terms = live().find(|terms| terms.root.symbol == "/ES" && terms.expiration >= expiry)?;
        let week = (expiry.day() - 1) / 7 + 1;
        let root = if week == 5 {
            SmolStr::from("EW")
        } else {
            format_smolstr!("EW{week}")
        };
        Some(Series {
            root,
            expiry,
            regular: false,
            morning: false,
            future: Some(terms.clone()),
        })
    });
    quarterly
        .chain(weekly)
        .filter(|series| series.end().is_some_and(|end| end > after))
        .collect()
}

/// The strikes listed around `spot`: a step of about one hundredth, on shares no finer than a half, a quarter down and up.
pub(crate) fn strikes(spot: f64, on_future: bool) -> Vec<f64> {
    let mut step = if on_future {
        Step {
            mantissa: 1.0,
            scale: 100_000.0,
            divide: true,
        }
    } else {
        Step {
            mantissa: 5.0,
            scale: 10.0,
            divide: true,
        }
    };
    while let Some(wider) = step.wider().filter(|wider| wider.of(1.0) <= spot / 100.0) {
        step = wider;
    }
    let first = (spot * 0.75 / step.of(1.0)).ceil().max(1.0);
    let fits = |strike: &f64| *strike <= spot * 1.3;
    (0..200_u32)
        .map(|number| step.of(first + f64::from(number)))
        .take_while(fits)
        .collect()
}

/// A step of strikes, kept so that every strike is the closest number to its decimal text.
#[derive(Clone, Copy)]
struct Step {
    mantissa: f64,
    scale: f64,
    divide: bool,
}

impl Step {
    fn of(self, count: f64) -> f64 {
        if self.divide {
            count * self.mantissa / self.scale
        } else {
            count * self.mantissa * self.scale
        }
    }

    fn wider(self) -> Option<Self> {
        if self.mantissa < 2.0 {
            return Some(Self { mantissa: 2.5, ..self });
        }
        if self.mantissa < 4.0 {
            return Some(Self { mantissa: 5.0, ..self });
        }
        if !self.divide && self.scale > 1e6 {
            return None;
        }
        let (scale, divide) = match self.divide {
            true if self.scale > 1.5 => (self.scale / 10.0, true),
            true => (10.0, false),
            false => (self.scale * 10.0, false),
        };
        Some(Self {
            mantissa: 1.0,
            scale,
            divide,
        })
    }
}

/// The pieces of a streamer symbol: option root, rest before the side, side, strike.
pub(super) struct Pieces<'a> {
    pub(super) root: &'a str,
    pub(super) right: Right,
    pub(super) strike: f64,
}

/// Takes `.SPY261218C600` and `./EW3Z26C6000:XCME` apart.
pub(super) fn pieces(streamer: &str) -> Option<Pieces<'_>> {
    let text = streamer.strip_prefix('.')?;
    let (text, dated) = match text.strip_prefix('/') {
        Some(future) => (future.split_once(':')?.0, 3),
        None => (text, 6),
    };
    let side = text.rfind(['C', 'P'])?;
    let right = if text.get(side..=side)? == "C" {
        Right::Call
    } else {
        Right::Put
    };
    let strike = text.get(side + 1..)?.parse().ok()?;
    let root = text.get(..side.checked_sub(dated)?)?;
    Some(Pieces { root, right, strike })
}

fn letter(right: Right) -> char {
    match right {
        Right::Call => 'C',
        Right::Put => 'P',
    }
}

fn monthly(symbol: &str, first: Date, ahead: i32) -> Option<Date> {
    let month = first.checked_add(ahead.months()).ok()?;
    if symbol != "VIX" {
        return future::third(month, Weekday::Friday);
    }
    let next = future::third(month.checked_add(1.month()).ok()?, Weekday::Friday)?;
    Some(future::on_or_before(next.checked_sub(30.days()).ok()?))
}

fn fridays(today: Date) -> Vec<Date> {
    let first = if today.weekday() == Weekday::Friday {
        Ok(today)
    } else {
        today.nth_weekday(1, Weekday::Friday)
    };
    let Ok(first) = first else { return Vec::new() };
    let weeks = (0..5).filter_map(|week: i32| first.checked_add(week.weeks()).ok());
    weeks.map(future::on_or_before).collect()
}
