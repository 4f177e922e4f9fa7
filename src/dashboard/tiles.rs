//! Figures as tiles: each with its change against the days before and the way to its definition.

use super::show;
use crate::domain::money::ratio_half_up;
use crate::domain::stats::Figures;
use crate::domain::{Currency, Site};
use crate::ops::dashboard::Tally;

/// One figure.
pub(super) struct Tile {
    pub(super) name: &'static str,
    /// Of its definition.
    pub(super) id: &'static str,
    pub(super) value: String,
    /// The same in other currencies.
    pub(super) more: Vec<String>,
    pub(super) change: Change,
}

/// How a figure moved.
pub(super) struct Change {
    pub(super) text: String,
    /// `up` for better, `down` for worse, blank for neither.
    pub(super) class: &'static str,
}

/// Which way is better.
#[derive(Clone, Copy, PartialEq)]
enum Better {
    More,
    Less,
    Neither,
}

/// The four that a shop asks for first.
pub(super) fn lead(site: &Site, now: &Tally, before: &Tally, currencies: &[(Currency, Figures)]) -> Vec<Tile> {
    let average = |tally: &Tally| ratio_half_up(tally.own.recovered_revenue, tally.own.recovered, 1);
    let others = currencies.iter().filter(|(currency, sum)| *currency != site.currency && sum.recovered != 0);
    let more = others.map(|(currency, sum)| show::money(*currency, sum.recovered_revenue)).collect();
    let (revenue, earlier) = (now.own.recovered_revenue, before.own.recovered_revenue);
    vec![
        Tile {
            more,
            ..tile(
                "Recovered revenue",
                "recovered-revenue",
                show::money(site.currency, revenue),
                change(revenue, earlier, Better::More),
            )
        },
        counted("Recovered carts", "recovered", now.all.recovered, before.all.recovered, Better::More),
        counted(
            "Abandoned carts",
            "abandoned",
            now.all.abandoned_identified,
            before.all.abandoned_identified,
            Better::Less,
        ),
        rate(
            "Conversion",
            "conversion",
            (now.all.recovered, now.all.abandoned_identified),
            (before.all.recovered, before.all.abandoned_identified),
            Better::More,
        ),
        tile(
            "Average order",
            "average-order",
            show::money(site.currency, average(now)),
            change(average(now), average(before), Better::More),
        ),
        {
            let (all, earlier) = (now.own.revenue, before.own.revenue);
            let others = currencies.iter().filter(|(currency, sum)| *currency != site.currency && sum.purchases != 0);
            let more = others.map(|(currency, sum)| show::money(*currency, sum.revenue)).collect();
            Tile {
                more,
                ..tile("All revenue", "revenue", show::money(site.currency, all), change(all, earlier, Better::More))
            }
        },
    ]
}

/// What became of letters.
pub(super) fn letters(now: &Tally, before: &Tally) -> Vec<Tile> {
    let (now, before) = (&now.all, &before.all);
    let of_sent = |name, id, value: fn(&Figures) -> i64, better| {
        rate(name, id, (value(now), now.sent), (value(before), before.sent), better)
    };
    vec![
        counted("Letters sent", "sent", now.sent, before.sent, Better::Neither),
        of_sent("Opens", "opened", |f| f.opened, Better::More),
        of_sent("Clicks", "clicked", |f| f.clicked, Better::More),
        of_sent("Bounces", "bounced", |f| f.bounced, Better::Less),
        counted("Unsubscribes", "unsubscribed", now.unsubscribed, before.unsubscribed, Better::Less),
    ]
}

fn tile(name: &'static str, id: &'static str, value: String, change: Change) -> Tile {
    Tile { name, id, value, more: Vec::new(), change }
}

fn counted(name: &'static str, id: &'static str, now: i64, before: i64, better: Better) -> Tile {
    tile(name, id, show::count(now), change(now, before, better))
}

fn rate(name: &'static str, id: &'static str, now: (i64, i64), before: (i64, i64), better: Better) -> Tile {
    let shown = show::percent(now.0, now.1);
    if now.1 == 0 || before.1 == 0 {
        return tile(name, id, shown, Change { text: "nothing to compare with".into(), class: "" });
    }
    let points = ratio_half_up(now.0, now.1, 1_000) - ratio_half_up(before.0, before.1, 1_000);
    let text = match points {
        0 => "as before".to_owned(),
        _ => format!("{} {}.{} points", arrow(points), points.abs() / 10, points.abs() % 10),
    };
    tile(name, id, shown, Change { text, class: class(points, better) })
}

fn change(now: i64, before: i64, better: Better) -> Change {
    let moved = now.saturating_sub(before);
    let text = match (moved, before) {
        (0, _) => "as before".to_owned(),
        (_, 0) => "nothing before".to_owned(),
        _ => format!(
            "{} {}%",
            arrow(moved),
            show::count(ratio_half_up(moved.saturating_abs(), before.saturating_abs(), 100))
        ),
    };
    Change { text, class: class(moved, better) }
}

fn arrow(moved: i64) -> &'static str {
    if moved > 0 { "↑" } else { "↓" }
}

fn class(moved: i64, better: Better) -> &'static str {
    match (moved.signum(), better) {
        (0, _) | (_, Better::Neither) => "",
        (1, Better::More) | (-1, Better::Less) => "up",
        _ => "down",
    }
}
