use super::*;
use crate::chain::fixtures::{expiration, now, symbol};

fn dates(chain: &Chain, of: &Underlyings, when: When) -> Result<Vec<String>, ChoiceError> {
    let chosen = expirations(chain, &symbol("X"), of, when, now())?;
    Ok(chosen
        .iter()
        .map(|(_, listed)| format!("{} {}", listed.root, listed.date))
        .collect())
}

fn fund(days: &[&str]) -> Chain {
    Chain {
        expirations: days.iter().map(|date| expiration("X", "X", date, 90, 21)).collect(),
        ..Chain::default()
    }
}

#[test]
fn without_a_wish_the_first_expiration_and_those_around_thirty_days_are_taken() {
    let chain = fund(&[
        "2026-11-20",
        "2026-11-27",
        "2026-12-04",
        "2026-12-18",
        "2026-12-24",
        "2027-01-15",
    ]);
    let chosen = dates(&chain, &Underlyings::All, When::AroundThirtyDays).unwrap();
    assert_eq!(
        chosen,
        ["X 2026-11-27", "X 2026-12-18", "X 2026-12-24"],
        "the first one has expired"
    );
}

#[test]
fn the_expiration_nearest_to_the_days_asked_for_is_taken_and_of_two_the_earlier() {
    let chain = fund(&["2026-11-27", "2026-12-04", "2026-12-18"]);
    let nearest = |days| dates(&chain, &Underlyings::All, When::Days(days)).unwrap();
    assert_eq!(nearest(10), ["X 2026-11-27"], "7 days are nearer than 14");
    assert_eq!(nearest(21), ["X 2026-12-04"], "14 and 28 are equally near");
    assert_eq!(nearest(900), ["X 2026-12-18"]);
}

#[test]
fn a_date_on_which_nothing_expires_is_told_with_the_dates_around_it() {
    let chain = fund(&["2026-11-27", "2026-12-04", "2026-12-18"]);
    let on = |date: &str| dates(&chain, &Underlyings::All, When::On(date.parse().unwrap()));
    assert_eq!(on("2026-12-04").unwrap(), ["X 2026-12-04"]);
    let told = on("2026-12-05").unwrap_err().to_string();
    assert_eq!(
        told,
        "nothing expires on 2026-12-05; the nearest to it are 2026-12-04 and 2026-12-18"
    );
}

#[test]
fn all_roots_of_a_date_are_taken_but_no_adjusted_options() {
    let mut chain = fund(&[]);
    chain.expirations = vec![
        expiration("X", "XW", "2026-12-18", 90, 21),
        ListedExpiration {
            settlement: Some(Settlement::Morning),
            ..expiration("X", "X", "2026-12-18", 90, 21)
        },
        ListedExpiration {
            standard: false,
            ..expiration("X", "X1", "2026-12-18", 90, 21)
        },
    ];
    let chosen = dates(&chain, &Underlyings::All, When::Days(30)).unwrap();
    assert_eq!(
        chosen,
        ["X 2026-12-18", "XW 2026-12-18"],
        "the opening comes before the close"
    );
}

#[test]
fn a_futures_root_reaches_into_the_next_contract_only_for_what_its_active_month_lacks() {
    let chain = Chain {
        expirations: vec![
            expiration("/XZ6", "E1", "2026-11-27", 90, 21),
            expiration("/XZ6", "EX", "2026-12-18", 90, 21),
            expiration("/XH7", "E2", "2026-12-11", 90, 21),
            expiration("/XH7", "EX", "2027-03-19", 90, 21),
        ],
        ..Chain::default()
    };
    let from = Underlyings::From(symbol("/XZ6"));
    assert_eq!(
        dates(&chain, &from, When::AroundThirtyDays).unwrap(),
        ["E1 2026-11-27", "EX 2026-12-18", "EX 2027-03-19"]
    );
    let alone = Underlyings::Contract(symbol("/XZ6"));
    assert_eq!(
        dates(&chain, &alone, When::AroundThirtyDays).unwrap(),
        ["E1 2026-11-27", "EX 2026-12-18"]
    );
    assert_eq!(dates(&chain, &from, When::Days(90)).unwrap(), ["EX 2027-03-19"]);
}

#[test]
fn nothing_alive_is_nothing_listed() {
    let told = dates(&fund(&["2026-11-20"]), &Underlyings::All, When::AroundThirtyDays).unwrap_err();
    assert_eq!(told, ChoiceError::NoOptions(symbol("X")));
}

fn chosen(strikes: u16, price: f64, count: u32) -> Choice {
    let listed = vec![(now(), expiration("X", "X", "2026-12-18", 90, count))];
    choose(
        listed,
        &[(symbol("X"), price)].into(),
        Strikes::EachSide(strikes),
        before(28),
        4,
    )
    .unwrap()
}

#[test]
fn strikes_stand_around_the_one_nearest_to_the_price() {
    let strikes = |choice: &Choice| -> Vec<f64> {
        let listed = &choice.expirations[0].listed;
        listed.strikes.iter().map(|at| at.strike.get()).collect()
    };
    let middle = chosen(2, 100.4, 21);
    assert_eq!(strikes(&middle), [98.0, 99.0, 100.0, 101.0, 102.0]);
    assert_eq!((middle.cut, middle.entries), (false, 5 * 2 * 4));
    assert!(!middle.expirations[0].to_lowest && !middle.expirations[0].to_highest);
    assert_eq!(middle.expirations[0].of, 21);
    let edge = chosen(2, 3.0, 21);
    assert_eq!(strikes(&edge), [90.0, 91.0, 92.0]);
    assert!(edge.expirations[0].to_lowest);
}

#[test]
fn the_budget_of_subscriptions_takes_the_outermost_strikes() {
    let choice = chosen(240, 340.0, 500);
    assert_eq!((choice.cut, choice.expirations[0].listed.strikes.len()), (true, 249));
    assert_eq!(choice.entries, 249 * 2 * 4);
    assert!(choice.entries <= MOST_ENTRIES);
}

#[test]
fn options_the_feed_does_not_know_take_no_subscription_and_are_counted() {
    let mut listed = expiration("X", "X", "2026-12-18", 90, 21);
    listed.strikes[10].put.as_mut().unwrap().streamer = None;
    let choice = choose(
        vec![(now(), listed)],
        &[(symbol("X"), 100.0)].into(),
        Strikes::EachSide(1),
        now(),
        4,
    )
    .unwrap();
    assert_eq!((choice.entries, choice.unfed), (5 * 4, 1));
}

#[test]
fn without_a_price_no_strike_can_be_chosen() {
    let listed = vec![(now(), expiration("X", "X", "2026-12-18", 90, 21))];
    let error = choose(listed, &BTreeMap::new(), Strikes::EachSide(10), now(), 4).unwrap_err();
    assert!(error.to_string().starts_with("no source has a price of X"));
}

/// So many days before the expiration of the choices here, which end now.
fn before(days: i64) -> Timestamp {
    now().checked_sub(jiff::SignedDuration::from_hours(24 * days)).unwrap()
}

#[test]
fn wings_reach_further_with_the_root_of_time_and_never_take_fewer_than_ten_strikes() {
    let taken = |days, price| {
        let listed = vec![(now(), expiration("X", "X", "2026-12-18", 900, 201))];
        let choice = choose(listed, &[(symbol("X"), price)].into(), Strikes::Wings, before(days), 4).unwrap();
        choice.expirations[0].listed.strikes.len()
    };
    assert_eq!(taken(30, 1_000.0), 2 * 80 + 1);
    assert_eq!(taken(7, 1_000.0), 2 * 38 + 1);
    assert_eq!(taken(0, 1_000.0), 21);
}

#[test]
fn wings_of_several_expirations_share_the_budget() {
    let listed = [7_i64, 28, 56].map(|days| {
        let end = now().checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap();
        (end, expiration("X", "X", "2026-12-18", 500, 400))
    });
    let prices = [(symbol("X"), 670.0)].into();
    let choice = choose(listed.to_vec(), &prices, Strikes::Wings, now(), 4).unwrap();
    let taken: Vec<usize> = choice
        .expirations
        .iter()
        .map(|chosen| chosen.listed.strikes.len())
        .collect();
    assert!(
        choice.cut && (1_900..=MOST_ENTRIES).contains(&choice.entries),
        "{}",
        choice.entries
    );
    assert!(
        taken[0] >= 21 && taken[0] < taken[1] && taken[1] < taken[2],
        "{taken:?}"
    );
}
