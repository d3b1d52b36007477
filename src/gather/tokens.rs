//! Quote tokens for the feed: the one in hand while it is valid, a new one when it was refused.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::stream::{Fetch, Grant, TokenError, Tokens};
use crate::tastytrade::{Client, QuoteToken};

use super::clock::Clock;
use crate::tastytrade::error_chain;

/// A token is used only while it lives at least this much longer.
const MARGIN: Duration = Duration::from_secs(60);

/// The counter at which the feed asks for tokens.
#[derive(Debug, Clone)]
pub struct TokenProvider<'a> {
    client: &'a Client,
    clock: Clock,
    in_hand: Rc<RefCell<QuoteToken>>,
}

impl<'a> TokenProvider<'a> {
    /// A counter with one token in stock.
    pub fn new(client: &'a Client, clock: Clock, first: QuoteToken) -> Self {
        Self {
            client,
            clock,
            in_hand: Rc::new(RefCell::new(first)),
        }
    }

    fn grant(&self) -> Grant {
        let token = self.in_hand.borrow();
        Grant {
            token: token.token.clone(),
            url: token.url.clone(),
        }
    }
}

/// Whether a token that expires at `expires_at` outlives the connection it opens `now` by a margin.
fn is_good(expires_at: Timestamp, now: Timestamp) -> bool {
    now.checked_add(MARGIN).is_ok_and(|soon| soon < expires_at)
}

impl<'a> Tokens<'a> for TokenProvider<'a> {
    fn token(&self, anew: bool) -> Fetch<'a> {
        let desk = self.clone();
        Box::pin(async move {
            let lives_until = desk.in_hand.borrow().expires_at;
            if !anew && is_good(lives_until, desk.clock.now()) {
                return Ok(desk.grant());
            }
            match desk.client.quote_token().await {
                Ok(token) => {
                    desk.in_hand.replace(token);
                    Ok(desk.grant())
                }
                Err(error) => Err(TokenError {
                    terminal: error.is_final(),
                    message: error_chain(&error),
                }),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_about_to_expire_is_fetched_anew_before_it_is_used() {
        let expires_at: Timestamp = "2026-06-16T15:00:00Z".parse().unwrap();
        for (now, good) in [
            ("2026-06-16T14:58:59Z", true),
            ("2026-06-16T14:59:00Z", false),
            ("2026-06-16T15:00:01Z", false),
        ] {
            assert_eq!(is_good(expires_at, now.parse().unwrap()), good, "{now}");
        }
    }
}
