//! Whatever happens, in whatever order: every kept figure and every dialect's answer is what a plain recount of the
//! rows gives, and two shops in one store know nothing of each other. The rows come out by the archive's door.

mod acts;
mod recount;
mod rows;
#[path = "../support/mod.rs"]
mod support;

use acts::{Shop, act};
use cartwright::ops;
use proptest::prelude::*;
use rows::Rows;
use support::World;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("FIGURES_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24)
    ))]

    #[test]
    fn every_figure_is_what_a_plain_recount_of_the_rows_gives(
        acts in prop::collection::vec((any::<bool>(), act()), 1..70)
    ) {
        let world = World::empty();
        let mut shops = [
            Shop::open(&world, "first", "USD", "Europe/Paris"),
            Shop::open(&world, "second", "EUR", "Asia/Kathmandu"),
        ];
        for (second, act) in &acts {
            shops[usize::from(*second)].act(&world, act);
        }
        for shop in &shops {
            let counts = world.app.store.read(|tx| ops::stats::verify_counts(tx, &shop.site)).expect("counted");
            assert_eq!(counts, vec![]);
            let differences = world.app.store.read(|tx| ops::stats::verify(tx, &shop.site)).expect("verified");
            prop_assert!(differences.is_empty(), "{differences:?}");
            let rows = Rows::of(&world, &shop.site);
            recount::holds_cartstack(&world, shop, &rows);
            recount::holds_retargeting(&world, shop, &rows);
            recount::holds_stateset(&world, shop, &rows);
            recount::holds_stickystreet(&world, shop, &rows);
        }
    }
}
