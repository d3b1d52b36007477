//! The futures of the venue: products, the contracts alive on a day, and which of them is the active month.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use smol_str::{SmolStr, format_smolstr};
use variance_time::{self as time, Calendar as Exchange};

/// A futures product.
#[derive(Debug, PartialEq)]
pub(crate) struct Root {
    /// `/ES`.
    pub(crate) symbol: &'static str,
    /// The feed's exchange code: `XCME`.
    pub(crate) suffix: &'static str,
    /// Month codes listed.
    pub(crate) months: &'static str,
    /// Usual price.
    pub(crate) price: f64,
    /// Usual volatility, annualized fraction.
    pub(crate) vol: f64,
    /// Correlation with the market as a whole.
    pub(crate) tie: f64,
    /// Price steps in one unit.
    pub(crate) grain: f64,
    /// Dollars per unit of price.
    pub(crate) multiplier: f64,
    /// Growth of price with the contract's distance, a fraction a year.
    pub(crate) carry: f64,
    /// When a contract ends.
    pub(crate) ends: Ends,
    /// Root of the standard options: `OG` on `/GC`.
    pub(crate) options: &'static str,
    /// What it is.
    pub(crate) description: &'static str,
}

/// The rule for a contract's last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Third Friday of the month.
    ThirdFriday,
    /// Two sessions before the third Wednesday.
    ThirdWednesday,
    /// Last session of the month.
    MonthEnd,
    /// The session before the 15th.
    MidMonth,
    /// About the 20th of the month before.
    MonthBefore20,
    /// Three sessions before the month begins.
    MonthBeforeEnd,
}

impl Terms {
    /// Whether it is traded on `day`: most contracts are listed years before their end, a young product's are not.
    pub(super) fn trades_on(&self, day: Date) -> bool {
        let days = (self.expiration - day).get_days();
        days >= 0 && (self.root.symbol != YOUNG || days <= YOUNG_DAYS)
    }
}

impl Ends {
    /// Calendar days before the end at which the next contract takes over: delivery is never waited for.
    fn roll_days(self) -> i64 {
        match self {
            Self::ThirdFriday | Self::ThirdWednesday => 8,
            Self::MonthEnd => 30,
            Self::MidMonth => 25,
            Self::MonthBefore20 | Self::MonthBeforeEnd => 5,
        }
    }
}

/// The terms of one contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Terms {
    /// Its product.
    pub(crate) root: &'static Root,
    /// `/ESZ6`.
    pub(crate) symbol: SmolStr,
    /// `/ESZ26:XCME`.
    pub(crate) streamer: SmolStr,
    /// Month code.
    pub(crate) month: char,
    /// Full year.
    pub(crate) year: i16,
    /// Last day.
    pub(crate) expiration: Date,
    /// Place among the contracts: below zero already left by the active month, 0 active, 1 next.
    pub(crate) place: i8,
}

/// The product `/ES` or `ES` names.
pub(crate) fn root(symbol: &str) -> Option<&'static Root> {
    ROOTS.iter().find(|root| root.symbol == symbol)
}

/// The contracts of `root` traded on `day` up to the second after the active month, by last day.
pub(crate) fn contracts_of(root: &'static Root, day: Date) -> Vec<Terms> {
    let mut alive = Vec::new();
    let mut ahead: i8 = 0;
    let mut first = day.first_of_month();
    let reach = day.saturating_add(2.years());
    while ahead < 3 && first < reach {
        if let Some(terms) = terms(root, first)
            && terms.trades_on(day)
        {
            let rolled = i64::from((terms.expiration - day).get_days()) < root.ends.roll_days();
            let place = if rolled && ahead == 0 { -1 } else { ahead };
            if place >= 0 {
                ahead += 1;
            }
            alive.push(Terms { place, ..terms });
        }
        let Ok(next) = first.checked_add(1.month()) else { break };
        first = next;
    }
    alive
}

/// The contract of `root` that ended last before `day`: nobody lists it any more, its bars stay.
pub(crate) fn ended_of(root: &'static Root, day: Date) -> Option<Terms> {
    let mut first = day.first_of_month();
    for _ in 0..12 {
        if let Some(terms) = terms(root, first)
            && terms.expiration < day
        {
            return Some(terms);
        }
        first = first.checked_sub(1.month()).ok()?;
    }
    None
}

/// The code of a delivery month, 1 to 12.
pub(crate) fn month_code(month: i8) -> Option<char> {
    MONTH_CODES.chars().nth(usize::try_from(month).ok()?.checked_sub(1)?)
}

/// The third `weekday` of the month of `first`, or the session before it.
pub(crate) fn third(first: Date, weekday: Weekday) -> Option<Date> {
    Some(on_or_before(first.nth_weekday_of_month(3, weekday).ok()?))
}

/// `day` when futures and shares trade then, else the session before.
pub(crate) fn on_or_before(mut day: Date) -> Date {
    while time::session_close(Exchange::UsEquities, day).is_none() {
        let Ok(before) = day.yesterday() else { return day };
        day = before;
    }
    day
}

fn terms(root: &'static Root, first: Date) -> Option<Terms> {
    let month = month_code(first.month()).filter(|code| root.months.contains(*code))?;
    let year = first.year();
    Some(Terms {
        root,
        symbol: format_smolstr!("{}{month}{}", root.symbol, year % 10),
        streamer: format_smolstr!("{}{month}{:02}:{}", root.symbol, year % 100, root.suffix),
        month,
        year,
        expiration: expiration(root.ends, first)?,
        place: 0,
    })
}

fn expiration(ends: Ends, first: Date) -> Option<Date> {
    match ends {
        Ends::ThirdFriday => third(first, Weekday::Friday),
        Ends::ThirdWednesday => sessions_before(third(first, Weekday::Wednesday)?, 2),
        Ends::MonthEnd => Some(on_or_before(first.last_of_month())),
        Ends::MidMonth => sessions_before(first.checked_add(14.days()).ok()?, 1),
        Ends::MonthBefore20 => Some(on_or_before(
            first.checked_sub(1.month()).ok()?.checked_add(19.days()).ok()?,
        )),
        Ends::MonthBeforeEnd => sessions_before(first, 3),
    }
}

fn sessions_before(day: Date, sessions: u8) -> Option<Date> {
    let mut day = day;
    for _ in 0..sessions {
        day = on_or_before(day.yesterday().ok()?);
    }
    Some(day)
}

/// The product whose contracts begin to trade so many days before their end.
const YOUNG: &str = "/MBT";
const YOUNG_DAYS: i32 = 140;
const MONTH_CODES: &str = "FGHJKMNQUVXZ";
const ALL: &str = MONTH_CODES;
const QUARTERS: &str = "HMUZ";

macro_rules! roots {
    ($($symbol:literal $suffix:ident $months:expr, $price:literal $vol:literal $tie:literal, $grain:literal $multiplier:literal $carry:literal, $ends:ident $options:literal $description:literal;)*) => {
        /// Every product, equity indices first.
        pub(crate) const ROOTS: &[Root] = &[$(Root {
            symbol: $symbol, suffix: stringify!($suffix), months: $months, price: $price, vol: $vol, tie: $tie, grain: $grain,
            multiplier: $multiplier, carry: $carry, ends: Ends::$ends, options: $options, description: $description,
        }),*];
    };
}

roots! {
    "/ES" XCME QUARTERS, 6690.0 0.14 0.97, 4.0 50.0 0.03, ThirdFriday "ES" "E Mini S&P";
    "/NQ" XCME QUARTERS, 24650.0 0.19 0.93, 4.0 20.0 0.03, ThirdFriday "NQ" "E Mini Nasdaq";
    "/RTY" XCME QUARTERS, 2395.0 0.21 0.85, 10.0 50.0 0.03, ThirdFriday "RTO" "E Mini Russell 2000";
    "/YM" XCBT QUARTERS, 46300.0 0.14 0.93, 1.0 5.0 0.03, ThirdFriday "OYM" "Mini Dow";
    "/CL" XNYM ALL, 58.6 0.33 0.2, 100.0 1000.0 -0.02, MonthBefore20 "LO" "Crude Oil";
    "/NG" XNYM ALL, 4.58 0.6 0.05, 1000.0 10000.0 -0.08, MonthBeforeEnd "LNE" "Natural Gas";
    "/GC" XCEC "GJMQVZ", 4085.0 0.19 0.1, 10.0 100.0 0.04, MonthEnd "OG" "Gold";
    "/SI" XCEC "HKNUZ", 50.1 0.34 0.15, 200.0 5000.0 0.04, MonthEnd "SO" "Silver";
    "/HG" XCEC "HKNUZ", 4.99 0.25 0.3, 2000.0 25000.0 0.02, MonthEnd "HXE" "Copper";
    "/ZN" XCBT QUARTERS, 113.2 0.055 -0.1, 64.0 1000.0 0.0, MonthEnd "OZN" "10-Year Treasury Note";
    "/ZB" XCBT QUARTERS, 117.4 0.1 -0.12, 32.0 1000.0 0.0, MonthEnd "OZB" "30-Year Treasury Bond";
    "/ZF" XCBT QUARTERS, 109.6 0.035 -0.08, 128.0 1000.0 0.0, MonthEnd "OZF" "5-Year Treasury Note";
    "/ZT" XCBT QUARTERS, 104.2 0.015 -0.05, 256.0 2000.0 0.0, MonthEnd "OZT" "2-Year Treasury Note";
    "/ZC" XCBT "HKNUZ", 437.5 0.24 0.05, 4.0 50.0 0.03, MidMonth "OZC" "Corn";
    "/ZS" XCBT "FHKNQUX", 1125.0 0.18 0.05, 4.0 50.0 0.02, MidMonth "OZS" "Soybeans";
    "/6E" XCME QUARTERS, 1.1545 0.07 0.1, 20000.0 125000.0 0.02, ThirdWednesday "EUU" "Euro FX";
    "/6J" XCME QUARTERS, 0.0064155 0.095 -0.1, 2000000.0 12500000.0 0.035, ThirdWednesday "JPU" "Japanese Yen";
    "/6B" XCME QUARTERS, 1.3098 0.075 0.15, 10000.0 62500.0 0.0, ThirdWednesday "GBU" "British Pound";
    "/6A" XCME QUARTERS, 0.6468 0.1 0.35, 20000.0 100000.0 0.0, ThirdWednesday "ADU" "Australian Dollar";
    "/6C" XCME QUARTERS, 0.71245 0.055 0.25, 20000.0 100000.0 0.01, ThirdWednesday "CAU" "Canadian Dollar";
    "/MBT" XCME QUARTERS, 94500.0 0.48 0.3, 0.2 0.1 0.4, ThirdFriday "MBT" "Micro Bitcoin";
    "/LE" XCME "GJMQVZ", 209.4 0.18 0.05, 40.0 400.0 -0.01, MonthEnd "LE" "Live Cattle";
    "/HE" XCME "GJKMNQVZ", 79.6 0.24 0.05, 40.0 400.0 0.02, MidMonth "HE" "Lean Hogs";
}
