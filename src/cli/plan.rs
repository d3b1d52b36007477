//! What to gather, out of the configuration and a question.

use std::collections::BTreeMap;
use std::time::Duration;

use smol_str::SmolStr;

use super::question::Question;
use crate::config::Config;
use crate::gather::{Listen, Options, Plan};
use crate::instrument::{Instrument, Symbol};
use crate::market::{Mode, Precedence, VolRules};
use crate::stream::Policy;

/// What to gather of `instruments` for `question`.
pub(super) fn plan(config: &Config, instruments: Vec<Instrument>, mode: Mode, question: &dyn Question) -> Plan {
    let dxlink = &config.dxlink;
    let listen = Listen {
        window: Duration::from_secs_f64(dxlink.listen_duration_seconds),
        policy: Policy {
            reconnect: dxlink.reconnect_on_disconnect,
            max_attempts: dxlink.reconnect_max_attempts,
            ceiling: Duration::from_secs_f64(dxlink.reconnect_delay_seconds),
        },
        recorded_end: None,
    };
    let most = usize::try_from(config.screener.max_chains).unwrap_or(usize::MAX);
    let options = question.straddles().filter(|_| most > 0);
    let classes = config.universe.asset_classes.iter();
    let proxies = config.universe.proxies.iter();
    Plan {
        instruments,
        asset_classes: classes
            .map(|(symbol, class)| (Symbol(symbol.into()), SmolStr::new(class)))
            .collect(),
        default_asset_class: SmolStr::new(&config.universe.default_asset_class),
        listen: dxlink.enabled.then_some(listen),
        batch_size: config.tastytrade.batch_size,
        mode,
        vol: vol_rules(config),
        precedence: Precedence::default(),
        history: question.history(),
        proxies: proxies
            .filter(|(_, proxy)| !proxy.is_empty())
            .map(|(symbol, proxy)| (Symbol(symbol.into()), Symbol(proxy.trim().to_uppercase().into())))
            .collect(),
        options: options.map(|straddle| Options { straddle, most }),
        chain_names: BTreeMap::new(),
    }
}

/// What volatilities are computed with.
pub(super) fn vol_rules(config: &Config) -> VolRules {
    VolRules {
        hv_floor: config.volatility.hv_floor,
        trading_days: f64::from(config.volatility.trading_days),
        min_history: config.store.min_history_days,
    }
}
