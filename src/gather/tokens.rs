//! Quote tokens for the feed: the one in hand while it is valid, a new one when it was refused.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::stream::{Fetch, Grant, TokenError, Tokens};
use crate::tastytrade::{Client, QuoteToken};

use super::clock::Clock;
use super::requests::told;

/// A token is used only while it lives at least this much longer.
const MARGIN: Duration = Duration::from_secs(60);

/// The counter at which the feed asks for tokens.
#[derive(Debug, Clone)]
pub struct TokenDesk<'a> {
    client: &'a Client,
    clock: Clock,
    in_hand: Rc<RefCell<QuoteToken>>,
}

impl<'a> TokenDesk<'a> {
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

impl<'a> Tokens<'a> for TokenDesk<'a> {
    fn token(&self, anew: bool) -> Fetch<'a> {
        let desk = self.clone();
        Box::pin(async move {
            let lives_until = desk.in_hand.borrow().expires_at;
            let valid = desk
                .clock
                .now()
                .checked_add(MARGIN)
                .is_ok_and(|soon| soon < lives_until);
            if !anew && valid {
                return Ok(desk.grant());
            }
            match desk.client.quote_token().await {
                Ok(token) => {
                    desk.in_hand.replace(token);
                    Ok(desk.grant())
                }
                Err(error) => Err(TokenError {
                    terminal: error.is_final(),
                    message: told(&error),
                }),
            }
        })
    }
}
