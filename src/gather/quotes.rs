//! Quotes by REST for what has no price after the feed, options without Greeks among them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Notice;
use super::findings::{Findings, Quotes};
use super::known::Known;
use crate::instrument::{Kind, Symbol};
use crate::market::{Evidence, Reason, Subject, needs_price};
use crate::tastytrade::{BatchAnswer, MarketQuote};

/// A quote as REST is asked for it.
type Request = (Kind, Symbol);

impl Quotes {
    /// The quotes that were wanted, each once.
    pub(super) fn requests(&self) -> Vec<Request> {
        let requests: BTreeSet<&Request> = self.asked_as.iter().map(|(_, request)| request).collect();
        requests.into_iter().cloned().collect()
    }

    /// Takes in the quotes, answered at `now`. Whoever was not answered keeps what it has.
    pub(super) fn take(&mut self, answer: &BatchAnswer<MarketQuote>, now: Timestamp, known: &mut Known) {
        self.failures.begin_anew();
        let reasons = self.failures.record_unanswered(answer);
        for (symbol, (_, asked_as)) in &self.asked_as {
            let said = match (answer.items.get(asked_as), reasons.get(asked_as)) {
                (Some(quote), _) => Ok(MarketQuote {
                    updated_at: quote.updated_at.or(Some(now)),
                    ..quote.clone()
                }),
                (None, Some(_)) if has_quote(known.find(symbol)) => continue,
                (None, Some(reason)) => Err(reason.clone()),
                (None, None) => Err(Reason::NotInAnswer),
            };
            known.put(symbol, |evidence| &mut evidence.rest_quote, Some(said));
        }
    }
}

impl Findings<'_, '_> {
    /// Asks for the quotes of those without a price, in one go.
    pub(super) async fn ask_quotes(&mut self) {
        let run = self.run;
        for (symbol, request) in missing(self.known.evidence()) {
            match request {
                Ok(request) => self.quotes.asked_as.push((symbol, request)),
                Err(reason) => self
                    .known
                    .put(&symbol, |evidence| &mut evidence.rest_quote, Some(Err(reason))),
            }
        }
        let symbols = self.quotes.asked_as.len();
        if symbols == 0 {
            return;
        }
        (run.notify)(Notice::Filling { symbols });
        match run.stop.run(run.venues.rest.quotes(&self.quotes.requests())).await {
            Ok(answer) => {
                self.rest_ended();
                self.quotes.answered = answer.has_come();
                self.quotes.take(&answer, run.clock.now(), &mut self.known);
            }
            Err(cut) => {
                self.cut = Some(cut);
                for (symbol, _) in &self.quotes.asked_as {
                    let late = Err(Reason::Late);
                    self.known.put(symbol, |evidence| &mut evidence.rest_quote, Some(late));
                }
            }
        }
    }
}

/// Those without a price, and options without Greeks; how REST is asked for them, or why it cannot be.
fn missing<'a>(all: impl Iterator<Item = &'a Evidence>) -> Vec<(Symbol, Result<Request, Reason>)> {
    let lacking = all.filter(|evidence| needs_price(evidence.streamed.as_ref().ok(), evidence.subject.kind));
    lacking
        .map(|Evidence { subject, .. }| (subject.symbol.clone(), request(subject)))
        .collect()
}

/// How REST must be asked for a quote.
fn request(subject: &Subject) -> Result<Request, Reason> {
    let contract = |absence| subject.contract.clone().ok_or(absence);
    let name = match subject.kind {
        Kind::Equity | Kind::Index | Kind::EquityOption | Kind::Crypto => subject.symbol.clone(),
        Kind::FutureOption => contract(Reason::NoChainSymbol)?,
        Kind::Future => contract(Reason::NoContract)?,
    };
    Ok((subject.kind, name))
}

fn has_quote(evidence: Option<&Evidence>) -> bool {
    evidence.is_some_and(|evidence| matches!(evidence.rest_quote, Some(Ok(_))))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{instrument, nothing, now, quote, symbol, traded};
    use super::*;
    use crate::tastytrade::{Error, Route};

    #[test]
    fn a_quote_is_wanted_of_whoever_has_no_price_by_its_own_name() {
        let mut future = nothing("/ES");
        future.subject.contract = Some(symbol("/ESZ6"));
        let all = [
            traded("SPY", now()),
            nothing("QQQ"),
            future,
            nothing("/CL"),
            traded("SPY   261218C00650000", now()),
        ];
        let option = "SPY   261218C00650000";
        let expected = [
            (symbol("QQQ"), Ok((Kind::Equity, symbol("QQQ")))),
            (symbol("/ES"), Ok((Kind::Future, symbol("/ESZ6")))),
            (symbol("/CL"), Err(Reason::NoContract)),
            (symbol(option), Ok((Kind::EquityOption, symbol(option)))),
        ];
        let found = missing(all.iter());
        assert_eq!(found, expected, "an option without Greeks is asked for them");
    }

    #[test]
    fn a_quote_stands_until_another_answer_comes() {
        let mut known = Known::new([(instrument("QQQ"), nothing("QQQ"))]);
        let mut quotes = Quotes {
            asked_as: vec![(symbol("QQQ"), (Kind::Equity, symbol("QQQ")))],
            ..Quotes::default()
        };
        let refused = Error::Unauthorized {
            route: Route::Quotes,
            what: String::new(),
        };
        let answer = |items: &[&str], unanswered: &[&str]| BatchAnswer {
            items: items.iter().map(|name| (symbol(name), quote(name))).collect(),
            unanswered: vec![(unanswered.iter().map(|name| symbol(name)).collect(), refused.clone())],
            damaged: 0,
        };
        let mut take = |answer| {
            quotes.take(&answer, now(), &mut known);
            has_quote(known.find(&symbol("QQQ")))
        };
        assert!(!take(answer(&[], &["QQQ"])), "nothing has come yet");
        assert!(take(answer(&["QQQ"], &[])));
        assert!(take(answer(&[], &["QQQ"])), "what came before stands");
        assert!(!take(answer(&[], &[])), "it is quoted no more");
    }
}
