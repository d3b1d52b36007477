//! Rank, percentile and premium.

use variance_units::Vol;

use super::{Tally, number, present, relative, rows};
use crate::premium::Premium;
use crate::rank::{Place, RankError};

#[test]
fn rank_and_percentile() {
    let mut tally = Tally::of("| `iv_rank_percentile` | rank, percentile |");
    for row in rows(include_str!("../../../tests/data/golden/iv_rank_percentile.csv")) {
        let past: Vec<Option<Vol>> = row["history"]
            .split('|')
            .map(|cell| Vol::new(cell.parse().ok()?))
            .collect();
        let days = past.iter().flatten().filter(|vol| vol.get() > 0.0).count();
        assert_eq!(days.to_string(), row["n_clean"]);
        let place = Place::of(Vol::new(present(&row, "current")), &past, 20);
        let status = match place {
            Ok(_) => "ok",
            Err(RankError::Thin { have: 19, need: 20 }) => "thin",
            Err(RankError::NoCurrent) => "no_current",
            Err(_) => "other",
        };
        assert_eq!(status, row["status"], "{}", row["id"]);
        let found = place.ok();
        if let Some(place) = found {
            assert_eq!(place.days, days);
        }
        for (found, column) in [
            (found.and_then(|place| place.rank), "ivr_incl"),
            (found.map(|place| place.percentile), "ivp_below"),
        ] {
            let at = || format!("{column} of {}", row["id"]);
            match (found, number(&row, column)) {
                (Some(rank), Some(wanted)) => tally.error((rank.get() / 100.0 - wanted).abs(), at),
                (None, None) => {}
                (found, wanted) => panic!("{found:?} for {wanted:?} at {}", at()),
            }
        }
        tally.row();
    }
    tally.hold(43, 1e-12);
}

#[test]
fn premium() {
    let mut tally = Tally::of("| `vrp` | three forms, two floored |");
    for row in rows(include_str!("../../../tests/data/golden/vrp.csv")) {
        let vol = |column| number(&row, column).and_then(Vol::new);
        let premium = match (vol("iv"), vol("hv"), vol("floor")) {
            (Some(iv), Some(hv), Some(floor)) => Premium::of(iv, hv, floor).ok(),
            _ => None,
        };
        for (found, column) in [
            (premium.and_then(|it| it.ratio), "ratio"),
            (premium.map(|it| it.difference), "difference"),
            (premium.map(|it| it.difference * 100.0), "difference_points"),
            (premium.map(|it| it.variance), "variance_difference"),
            (premium.map(|it| it.floored_ratio), "ratio_floored"),
            (premium.map(|it| it.markup), "markup_floored"),
        ] {
            let at = || format!("{column} of {}", row["id"]);
            match (found, number(&row, column)) {
                (Some(value), Some(wanted)) => tally.error(relative(value, wanted), at),
                (None, None) => {}
                (found, wanted) => panic!("{found:?} for {wanted:?} at {}", at()),
            }
        }
        tally.row();
    }
    tally.hold(27, 1e-12);
}
