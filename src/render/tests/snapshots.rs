use super::*;

#[test]
fn a_table_of_80_columns_shows_what_decides() {
    insta::assert_snapshot!(screened(Some(80), Mode::Live), @r#"
    #  Symbol      Price     IV  IVP  VRP S  VRP T    VTR  Score  Signal  Vote
    1  /ES        100.00  30.0%   75  1.50*  1.50*  1.00*   83.5  RICH    LEAN
    2  /6J     0.0068215  30.0%   62  1.88   1.25   1.50    70.3  RICH    LEAN
    3  GLD       371.255  30.0%   75  1.25   1.36   0.92    55.5  EVENT   HOLD

    * not from the first source: hv30, hv90, vrp_structural, vrp_tactical, vtr from
      dxlink-candles
    notes: earnings_estimated: GLD
    rejected: 2 (vrp_structural 2)
    coverage: 4 of 5 complete; hv90 missing (1): XYZ (rest: null; dxlink-candles: 12
      bars, 91 needed); liquidity_rating missing (2): /6J, /ES (nothing was tried);
      beta missing (1): GLD (nothing was tried)
    sources: dxlink ok (1 connection, 42 events); rest degraded (4 requests, 1
      retried, slow); legacy unused; store unused
    time: 1.84 s (token 0.21 s, handshake 0.30 s, stream 1.10 s), nothing more was
      awaited, 2026-11-20T15:30:02.500Z
    "#);
}

#[test]
fn a_table_of_120_columns_shows_the_volatilities_too() {
    insta::assert_snapshot!(screened(Some(120), Mode::Live), @r#"
    #  Symbol  Class         Price     IV  IVP    HV30    HV90  VRP S  VRP T    VTR  Score  Signal  Vote  Flags
    1  /ES     Index        100.00  30.0%   75  20.0%*  20.0%*  1.50*  1.50*  1.00*   83.5  RICH    LEAN
    2  /6J     Currency  0.0068215  30.0%   62  24.0%   16.0%   1.88   1.25   1.50    70.3  RICH    LEAN
    3  GLD     Equity      371.255  30.0%   75  22.0%   24.0%   1.25   1.36   0.92    55.5  EVENT   HOLD  earnings_soon held

    * not from the first source: hv30, hv90, vrp_structural, vrp_tactical, vtr from dxlink-candles
    notes: earnings_estimated: GLD
    rejected: 2 (vrp_structural 2)
    coverage: 4 of 5 complete; hv90 missing (1): XYZ (rest: null; dxlink-candles: 12 bars, 91 needed); liquidity_rating
      missing (2): /6J, /ES (nothing was tried); beta missing (1): GLD (nothing was tried)
    sources: dxlink ok (1 connection, 42 events); rest degraded (4 requests, 1 retried, slow); legacy unused; store unused
    time: 1.84 s (token 0.21 s, handshake 0.30 s, stream 1.10 s), nothing more was awaited, 2026-11-20T15:30:02.500Z
    "#);
}

#[test]
fn a_table_of_200_columns_shows_everything() {
    insta::assert_snapshot!(screened(Some(200), Mode::Live), @r#"
    #  Symbol  Contract  DTE  Class         Price     IV  IVR  IVP    HV30    HV90  VRP S  VRP T    VTR  Liq    Earnings  Score  Signal  Vote  Flags
    1  /ES     /ESZ6      28  Index        100.00  30.0%   61   75  20.0%*  20.0%*  1.50*  1.50*  1.00*    -           -   83.5  RICH    LEAN
    2  /6J     /6JZ6      28  Currency  0.0068215  30.0%   61   62  24.0%   16.0%   1.88   1.25   1.50     -           -   70.3  RICH    LEAN
    3  GLD     -           -  Equity      371.255  30.0%   61   75  22.0%   24.0%   1.25   1.36   0.92     4  2026-11-25   55.5  EVENT   HOLD  earnings_soon held

    * not from the first source: hv30, hv90, vrp_structural, vrp_tactical, vtr from dxlink-candles
    notes: earnings_estimated: GLD
    rejected: 2 (vrp_structural 2)
    coverage: 4 of 5 complete; hv90 missing (1): XYZ (rest: null; dxlink-candles: 12 bars, 91 needed); liquidity_rating missing (2): /6J, /ES (nothing was tried); beta missing (1): GLD (nothing was tried)
    sources: dxlink ok (1 connection, 42 events); rest degraded (4 requests, 1 retried, slow); legacy unused; store unused
    time: 1.84 s (token 0.21 s, handshake 0.30 s, stream 1.10 s), nothing more was awaited, 2026-11-20T15:30:02.500Z
    "#);
}

#[test]
fn all_symbols_show_with_the_reason_of_their_rejection() {
    let records = records();
    let report = run(&records, &held(), TODAY);
    let document = RunDocument::screen(
        &report,
        &View {
            all: true,
            ..View::default()
        },
        meta(&gathered(), &coverage()),
    );
    insta::assert_snapshot!(text(&document, Format::Table, Some(100)), @r#"
    #  Symbol      Price  IVP  VRP S  VRP T    VTR  Score  Signal  Vote  Rejected
    1  /ES        100.00   75  1.50*  1.50*  1.00*   83.5  RICH    LEAN
    2  /6J     0.0068215   62  1.88   1.25   1.50    70.3  RICH    LEAN
    3  GLD       371.255   75  1.25   1.36   0.92    55.5  EVENT   HOLD
    -  TLT        100.00   75  0.88   0.91   0.97    15.2  FAIR    -     VRP Structural: 0.88 <= 1.10
    -  XYZ        100.00   75     -   1.50      -    51.6  RICH    -     VRP Structural: missing

    * not from the first source: hv30, hv90, vrp_structural, vrp_tactical, vtr from dxlink-candles
    notes: earnings_estimated: GLD
    rejected: 2 (vrp_structural 2)
    coverage: 4 of 5 complete; hv90 missing (1): XYZ (rest: null; dxlink-candles: 12 bars, 91 needed);
      liquidity_rating missing (2): /6J, /ES (nothing was tried); beta missing (1): GLD (nothing was
      tried)
    sources: dxlink ok (1 connection, 42 events); rest degraded (4 requests, 1 retried, slow); legacy
      unused; store unused
    time: 1.84 s (token 0.21 s, handshake 0.30 s, stream 1.10 s), nothing more was awaited,
      2026-11-20T15:30:02.500Z
    "#);
}

#[test]
fn quotes_show_underlyings_and_options_in_their_own_columns() {
    let document = quoted();
    insta::assert_snapshot!(text(&document, Format::Table, Some(100)), @r#"
    Symbol  Contract      Price    Bid     Ask  Last  Prev  Volume     IV  IVR  IVP    HV30    HV90
    GLD     -           371.255  99.90  100.10     -     -    8.1M  30.0%   61   75  22.0%   24.0%
    /6J     /6JZ6     0.0068215  99.90  100.10     -     -       -  30.0%   61   62  24.0%   16.0%
    /ES     /ESZ6        100.00  99.90  100.10     -     -       -  30.0%   61   75  20.0%*  20.0%*
    TLT     -            100.00  99.90  100.10     -     -       -  30.0%   61   75  33.0%   34.0%
    XYZ     -            100.00  99.90  100.10     -     -       -  30.0%   61   75  20.0%       -

    Symbol                  Price    Bid    Ask  Last  Volume     IV  Delta    Gamma   Theta   Vega
    SPY   261218C00600000  12.345  12.33  12.36     -       -  17.1%  0.512  0.01230  -0.211  0.634

    * not from the first source: hv30, hv90, vrp_structural, vrp_tactical, vtr from dxlink-candles
    notes: earnings_estimated: GLD
    coverage: 4 of 5 complete; hv90 missing (1): XYZ (rest: null; dxlink-candles: 12 bars, 91 needed);
      liquidity_rating missing (2): /6J, /ES (nothing was tried); beta missing (1): GLD (nothing was
      tried)
    sources: dxlink ok (1 connection, 42 events); rest degraded (4 requests, 1 retried, slow); legacy
      unused; store unused
    time: 1.84 s (token 0.21 s, handshake 0.30 s, stream 1.10 s), nothing more was awaited,
      2026-11-20T15:30:02.500Z
    DELAYED: the feed's data is delayed
    "#);
}

#[test]
fn an_explanation_shows_every_gate_and_every_origin() {
    let document = explained();
    insta::assert_snapshot!(text(&document, Format::Table, Some(80)), @r#"
    TLT  Equity  rejected  score 15.2  FAIR

    Gate                  Value  Limit  Verdict      Why
    kind                      -      -  pass
    data                      -      -  pass
    excluded_symbol           -      -  not_applied  no symbols are excluded
    asset_class_include       -      -  not_applied  every asset class is included
    asset_class_exclude       -      -  not_applied  no asset class is excluded
    vrp_structural         0.88   1.10  fail         VRP Structural: 0.88 <= 1.10
    volatility_momentum    0.97   0.85  pass
    retail_price         100.00  25.00  pass
    slippage                  -   5.0%  not_applied  its options were not asked for
    iv_percentile         75.00  50.00  pass
    yield                     -   3.0%  not_applied  its options were not asked for
    liquidity              4.00   4.00  pass
    vrp_tactical           0.91   1.15  fail         VRP Tactical: 0.91 <= 1.15

    Field              Value  Source  As of UTC       Method
    price             100.00  dxlink  11-20 15:30:00  quote mid
    bid                99.90  dxlink  11-20 15:30:00  quote
    ask               100.10  dxlink  11-20 15:30:00  quote
    iv                 30.0%  rest    11-20 15:30:00  30-day index
    iv_rank               61  rest    11-20 15:30:00  tos range
    iv_percentile         75  rest    11-20 15:30:00  share of days below
    hv30               33.0%  rest    11-20 15:30:00  market metrics
    hv90               34.0%  rest    11-20 15:30:00  market metrics
    liquidity_rating       4  rest    11-20 15:30:00  market metrics
    vrp_structural      0.88  rest    11-20 15:30:00  iv / hv90
    vrp_tactical        0.91  rest    11-20 15:30:00  iv / hv30
    vtr                 0.97  rest    11-20 15:30:00  hv30 / hv90

    XYZ  Equity  rejected  score 51.6  RICH

    Gate                  Value  Limit  Verdict      Why
    kind                      -      -  pass
    data                      -      -  pass
    excluded_symbol           -      -  not_applied  no symbols are excluded
    asset_class_include       -      -  not_applied  every asset class is included
    asset_class_exclude       -      -  not_applied  no asset class is excluded
    vrp_structural            -   1.10  fail         hv90 missing
    volatility_momentum       -   0.85  not_applied  hv90 missing
    retail_price         100.00  25.00  pass
    slippage                  -   5.0%  not_applied  its options were not asked for
    iv_percentile         75.00  50.00  pass
    yield                     -   3.0%  not_applied  its options were not asked for
    liquidity              4.00   4.00  pass
    vrp_tactical           1.50   1.15  pass

    Field              Value  Source  As of UTC       Method
    price             100.00  dxlink  11-20 15:30:00  quote mid
    bid                99.90  dxlink  11-20 15:30:00  quote
    ask               100.10  dxlink  11-20 15:30:00  quote
    iv                 30.0%  rest    11-20 15:30:00  30-day index
    iv_rank               61  rest    11-20 15:30:00  tos range
    iv_percentile         75  rest    11-20 15:30:00  share of days below
    hv30               20.0%  rest    11-20 15:30:00  market metrics
    hv90                   -  -       -               missing
    liquidity_rating       4  rest    11-20 15:30:00  market metrics
    vrp_tactical        1.50  rest    11-20 15:30:00  iv / hv30
    hv90 missing: rest: null; dxlink-candles: 12 bars, 91 needed

    coverage: 4 of 5 complete; hv90 missing (1): XYZ (rest: null; dxlink-candles: 12
      bars, 91 needed); liquidity_rating missing (2): /6J, /ES (nothing was tried);
      beta missing (1): GLD (nothing was tried)
    sources: dxlink ok (1 connection, 42 events); rest degraded (4 requests, 1
      retried, slow); legacy unused; store unused
    time: 1.84 s (token 0.21 s, handshake 0.30 s, stream 1.10 s), nothing more was
      awaited, 2026-11-20T15:30:02.500Z
    PARTIAL: the deadline ended the run before everything was there
    "#);
}

#[test]
fn plain_has_one_tab_separated_row_a_line() {
    insta::assert_snapshot!(text(&document(Mode::Live), Format::Plain, None).replace('\t', "|"), @r#"
    rank|symbol|contract|days_to_expiration|roll|streamer_symbol|kind|asset_class|price|bid|ask|last|prev_close|open|high|low|volume|iv|iv_rank|iv_percentile|iv_change_5d|hv30|hv90|liquidity_rating|beta|corr_spy|earnings_date|vrp_structural|vrp_tactical|vtr|slippage|yield|delta|gamma|theta|vega|rho|option_iv|open_interest|score|signal|environment|vote|held|flags|rejected|notes|stale_seconds|provenance|missing|mode|delayed|partial|recorded
    1|/ES|/ESZ6|28||/ESZ26:XCME|future|Index|100.0|99.9|100.1|||||||0.3|61.0|75.0||0.2|0.2|||||1.4999999999999998|1.4999999999999998|1.0||||||||||83.5|RICH|High IV / Neutral (Undefined)|LEAN|false|rich||||ask=dxlink bid=dxlink hv30=dxlink-candles hv90=dxlink-candles iv=rest iv_percentile=rest iv_rank=rest price=dxlink vrp_structural=dxlink-candles vrp_tactical=dxlink-candles vtr=dxlink-candles||live|false|false|
    2|/6J|/6JZ6|28||/6JZ26:XCME|future|Currency|0.0068215|99.9|100.1|||||||0.3|61.0|62.4||0.24|0.16|||||1.875|1.25|1.5||||||||||70.3|RICH|High IV / Neutral (Undefined)|LEAN|false|rich||||ask=dxlink bid=dxlink hv30=rest hv90=rest iv=rest iv_percentile=rest iv_rank=rest price=dxlink vrp_structural=rest vrp_tactical=rest vtr=rest||live|false|false|
    3|GLD||||GLD|equity|Equity|371.255|99.9|100.1||||||8123456.0|0.3|61.0|75.0||0.22|0.24|4|||2026-11-25|1.25|1.3636363636363635|0.9166666666666667||||||||||55.5|EVENT|Binary Risk|HOLD|true|earnings_soon fair held||earnings_estimated||ask=dxlink bid=dxlink earnings_date=rest hv30=rest hv90=rest iv=rest iv_percentile=rest iv_rank=rest liquidity_rating=rest price=dxlink volume=dxlink vrp_structural=rest vrp_tactical=rest vtr=rest||live|false|false|
    "#);
}

#[test]
fn csv_has_the_columns_of_plain() {
    insta::assert_snapshot!(text(&document(Mode::Live), Format::Csv, None), @r#"
    rank,symbol,contract,days_to_expiration,roll,streamer_symbol,kind,asset_class,price,bid,ask,last,prev_close,open,high,low,volume,iv,iv_rank,iv_percentile,iv_change_5d,hv30,hv90,liquidity_rating,beta,corr_spy,earnings_date,vrp_structural,vrp_tactical,vtr,slippage,yield,delta,gamma,theta,vega,rho,option_iv,open_interest,score,signal,environment,vote,held,flags,rejected,notes,stale_seconds,provenance,missing,mode,delayed,partial,recorded
    1,/ES,/ESZ6,28,,/ESZ26:XCME,future,Index,100.0,99.9,100.1,,,,,,,0.3,61.0,75.0,,0.2,0.2,,,,,1.4999999999999998,1.4999999999999998,1.0,,,,,,,,,,83.5,RICH,High IV / Neutral (Undefined),LEAN,false,rich,,,,ask=dxlink bid=dxlink hv30=dxlink-candles hv90=dxlink-candles iv=rest iv_percentile=rest iv_rank=rest price=dxlink vrp_structural=dxlink-candles vrp_tactical=dxlink-candles vtr=dxlink-candles,,live,false,false,
    2,/6J,/6JZ6,28,,/6JZ26:XCME,future,Currency,0.0068215,99.9,100.1,,,,,,,0.3,61.0,62.4,,0.24,0.16,,,,,1.875,1.25,1.5,,,,,,,,,,70.3,RICH,High IV / Neutral (Undefined),LEAN,false,rich,,,,ask=dxlink bid=dxlink hv30=rest hv90=rest iv=rest iv_percentile=rest iv_rank=rest price=dxlink vrp_structural=rest vrp_tactical=rest vtr=rest,,live,false,false,
    3,GLD,,,,GLD,equity,Equity,371.255,99.9,100.1,,,,,,8123456.0,0.3,61.0,75.0,,0.22,0.24,4,,,2026-11-25,1.25,1.3636363636363635,0.9166666666666667,,,,,,,,,,55.5,EVENT,Binary Risk,HOLD,true,earnings_soon fair held,,earnings_estimated,,ask=dxlink bid=dxlink earnings_date=rest hv30=rest hv90=rest iv=rest iv_percentile=rest iv_rank=rest liquidity_rating=rest price=dxlink volume=dxlink vrp_structural=rest vrp_tactical=rest vtr=rest,,live,false,false,
    "#);
}

#[test]
fn csv_of_an_explanation_has_one_line_a_gate() {
    insta::assert_snapshot!(text(&explained(), Format::Csv, None), @r#"
    symbol,gate,verdict,value,limit,text,note,mode,delayed,partial,recorded
    TLT,kind,pass,,,Kind: underlying,,live,false,true,
    TLT,data,pass,,,Data: price present,,live,false,true,
    TLT,excluded_symbol,not_applied,,,Excluded Symbol: none given,no symbols are excluded,live,false,true,
    TLT,asset_class_include,not_applied,,,Asset Class: no include list,every asset class is included,live,false,true,
    TLT,asset_class_exclude,not_applied,,,Asset Class: no exclude list,no asset class is excluded,live,false,true,
    TLT,vrp_structural,fail,0.8823529411764705,1.1,VRP Structural: 0.88 <= 1.10,,live,false,true,
    TLT,volatility_momentum,pass,0.9705882352941176,0.85,Vol Momentum: 0.97 >= 0.85,,live,false,true,
    TLT,retail_price,pass,100.0,25.0,Retail Efficiency: price 100.00 >= 25.00,,live,false,true,
    TLT,slippage,not_applied,,0.05,"Slippage: missing, passes",its options were not asked for,live,false,true,
    TLT,iv_percentile,pass,75.0,50.0,IV Percentile: 75.0 >= 50.0,,live,false,true,
    TLT,yield,not_applied,,0.03,Yield: not asked,its options were not asked for,live,false,true,
    TLT,liquidity,pass,4.0,4.0,Liquidity: TT rating 4 >= 4,,live,false,true,
    TLT,vrp_tactical,fail,0.9090909090909091,1.15,VRP Tactical: 0.91 <= 1.15,,live,false,true,
    XYZ,kind,pass,,,Kind: underlying,,live,false,true,
    XYZ,data,pass,,,Data: price present,,live,false,true,
    XYZ,excluded_symbol,not_applied,,,Excluded Symbol: none given,no symbols are excluded,live,false,true,
    XYZ,asset_class_include,not_applied,,,Asset Class: no include list,every asset class is included,live,false,true,
    XYZ,asset_class_exclude,not_applied,,,Asset Class: no exclude list,no asset class is excluded,live,false,true,
    XYZ,vrp_structural,fail,,1.1,VRP Structural: missing,hv90 missing,live,false,true,
    XYZ,volatility_momentum,not_applied,,0.85,"Vol Momentum: missing, passes",hv90 missing,live,false,true,
    XYZ,retail_price,pass,100.0,25.0,Retail Efficiency: price 100.00 >= 25.00,,live,false,true,
    XYZ,slippage,not_applied,,0.05,"Slippage: missing, passes",its options were not asked for,live,false,true,
    XYZ,iv_percentile,pass,75.0,50.0,IV Percentile: 75.0 >= 50.0,,live,false,true,
    XYZ,yield,not_applied,,0.03,Yield: not asked,its options were not asked for,live,false,true,
    XYZ,liquidity,pass,4.0,4.0,Liquidity: TT rating 4 >= 4,,live,false,true,
    XYZ,vrp_tactical,pass,1.4999999999999998,1.15,VRP Tactical: 1.50 > 1.15,,live,false,true,
    "#);
}

#[test]
fn json_is_the_contract() {
    let records = [future("/ES", "/ESZ6", "/ESZ26:XCME"), share("XYZ")];
    let mut rules = rules();
    rules.limits.min_vrp_structural = 1.6;
    let report = run(&records, &rules, TODAY);
    let mut document = RunDocument::screen(
        &report,
        &View {
            all: true,
            ..View::default()
        },
        meta(&gathered(), &coverage()),
    );
    document.rows.truncate(1);
    insta::assert_snapshot!(text(&document, Format::Json, None), @r#"
    {
      "schema_version": 1,
      "command": "screen",
      "generated_at": "2026-11-20T15:30:02.500Z",
      "mode": "live",
      "delayed": false,
      "partial": false,
      "profile": "balanced",
      "thresholds": {
        "min_vrp_structural": 1.6,
        "vrp_tactical_threshold": 1.15,
        "volatility_momentum_min_ratio": 0.85,
        "retail_min_price": 25.0,
        "retail_max_slippage": 0.05,
        "min_iv_percentile": 50.0,
        "min_yield": 0.03,
        "min_liquidity_rating": 4,
        "liquidity_max_slippage": 0.25,
        "allow_illiquid": false,
        "include_asset_classes": [],
        "exclude_asset_classes": [],
        "exclude_symbols": [],
        "held_symbols": [],
        "hv_floor": 0.05,
        "earnings_days": 10,
        "signal": {
          "rich_vrp": 1.3,
          "fair_vrp": 1.1,
          "rich_markup": 0.2,
          "cheap_markup": -0.1,
          "rich_iv_percentile": 80.0,
          "coiled": 0.75,
          "coiled_severe": 0.6,
          "expanding": 1.15,
          "expanding_severe": 1.3
        },
        "vote": {
          "lean_score": 60.0,
          "lean_coiled_score": 70.0,
          "scalable_markup": 1.35,
          "scalable_divergence": 1.1
        },
        "score": {
          "weights": {
            "structural_vrp": 0.275,
            "tactical_vrp": 0.275,
            "volatility_momentum": 0.1,
            "iv_percentile": 0.1,
            "yield": 0.1,
            "retail_efficiency": 0.05,
            "liquidity": 0.0
          },
          "dislocation_multiplier": 200.0,
          "momentum_ceiling": 1.2,
          "iv_percentile_ceiling": 100.0,
          "proxy_iv_score_haircut": 0.85,
          "yield_ceiling": 0.15,
          "retail_price_ceiling": 100.0,
          "liquidity_ceiling": 5.0
        }
      },
      "coverage": {
        "requested": 5,
        "complete": 4,
        "ratio": 0.8,
        "fields": {
          "price": 1.0,
          "iv_change_5d": 0.0,
          "hv90": 0.8
        },
        "unjudged": [],
        "missing": [
          {
            "symbol": "/ES",
            "field": "liquidity_rating",
            "tried": []
          },
          {
            "symbol": "XYZ",
            "field": "hv90",
            "tried": [
              {
                "source": "rest",
                "reason": "null"
              },
              {
                "source": "dxlink-candles",
                "reason": "12 bars, 91 needed"
              }
            ]
          },
          {
            "symbol": "/6J",
            "field": "liquidity_rating",
            "tried": []
          },
          {
            "symbol": "GLD",
            "field": "beta",
            "tried": []
          }
        ]
      },
      "sources": {
        "dxlink": {
          "state": "ok",
          "connections": 1,
          "gaps": 0,
          "events": 42,
          "dropped": 0,
          "reason": null
        },
        "rest": {
          "state": "degraded",
          "requests": 4,
          "retries": 1,
          "reason": "slow"
        },
        "legacy": {
          "state": "unused",
          "requests": 0,
          "reason": null
        },
        "store": {
          "state": "unused",
          "values": 0,
          "reason": null
        }
      },
      "timing_ms": {
        "token": 210,
        "handshake": 305,
        "stream": 1100,
        "rest": null,
        "total": 1843
      },
      "stopped_by": "complete",
      "rows": [
        {
          "rank": null,
          "symbol": "/ES",
          "contract": "/ESZ6",
          "days_to_expiration": 28,
          "roll": null,
          "streamer_symbol": "/ESZ26:XCME",
          "kind": "future",
          "asset_class": "Index",
          "price": 100.0,
          "bid": 99.9,
          "ask": 100.1,
          "last": null,
          "prev_close": null,
          "open": null,
          "high": null,
          "low": null,
          "volume": null,
          "iv": 0.3,
          "iv_rank": 61.0,
          "iv_percentile": 75.0,
          "iv_change_5d": null,
          "hv30": 0.2,
          "hv90": 0.2,
          "liquidity_rating": null,
          "beta": null,
          "corr_spy": null,
          "earnings_date": null,
          "vrp_structural": 1.4999999999999998,
          "vrp_tactical": 1.4999999999999998,
          "vtr": 1.0,
          "slippage": null,
          "yield": null,
          "delta": null,
          "gamma": null,
          "theta": null,
          "vega": null,
          "rho": null,
          "option_iv": null,
          "open_interest": null,
          "score": 83.5,
          "signal": "RICH",
          "environment": "High IV / Neutral (Undefined)",
          "vote": null,
          "held": false,
          "flags": [
            "rich"
          ],
          "rejected": "VRP Structural: 1.50 <= 1.60",
          "notes": [],
          "stale_seconds": null,
          "provenance": {
            "price": {
              "source": "dxlink",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "quote mid"
            },
            "bid": {
              "source": "dxlink",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "quote"
            },
            "ask": {
              "source": "dxlink",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "quote"
            },
            "iv": {
              "source": "rest",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "30-day index"
            },
            "iv_rank": {
              "source": "rest",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "tos range"
            },
            "iv_percentile": {
              "source": "rest",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "share of days below"
            },
            "hv30": {
              "source": "dxlink-candles",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "close-to-close"
            },
            "hv90": {
              "source": "dxlink-candles",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "close-to-close"
            },
            "vrp_structural": {
              "source": "dxlink-candles",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "iv / hv90"
            },
            "vrp_tactical": {
              "source": "dxlink-candles",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "iv / hv30"
            },
            "vtr": {
              "source": "dxlink-candles",
              "as_of": "2026-11-20T15:30:00.250Z",
              "method": "hv30 / hv90"
            }
          },
          "missing": {}
        }
      ],
      "rejected": [
        {
          "symbol": "/ES",
          "gate": "vrp_structural",
          "text": "VRP Structural: 1.50 <= 1.60",
          "value": 1.4999999999999998,
          "limit": 1.6,
          "note": null
        },
        {
          "symbol": "XYZ",
          "gate": "vrp_structural",
          "text": "VRP Structural: 1.50 <= 1.60",
          "value": 1.4999999999999998,
          "limit": 1.6,
          "note": null
        }
      ],
      "errors": []
    }
    "#);
}
