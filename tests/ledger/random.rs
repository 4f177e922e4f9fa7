//! Eight at once, whatever they do.

use std::sync::Mutex;

use cartwright::domain::loyalty::{Campaign, CampaignKind, Cause, Entry, taken_back};
use cartwright::domain::purchases::Purchase;
use proptest::prelude::*;

use crate::shop::Shop;

#[derive(Clone, Debug)]
enum Act {
    Earn { campaign: usize, member: usize, amount: i64 },
    Redeem { campaign: usize, member: usize, amount: i64 },
    Reverse { which: prop::sample::Index },
    Buy { member: usize, total: i64 },
    Refund { which: prop::sample::Index, share: i64 },
    Wait { days: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    let whose = || (0..5_usize, 0..3_usize, 1..200_i64);
    prop_oneof![
        4 => whose().prop_map(|(campaign, member, amount)| Act::Earn { campaign, member, amount }),
        4 => whose().prop_map(|(campaign, member, amount)| Act::Redeem { campaign, member, amount }),
        3 => any::<prop::sample::Index>().prop_map(|which| Act::Reverse { which }),
        3 => (0..3_usize, 1..30_000_i64).prop_map(|(member, total)| Act::Buy { member, total }),
        3 => (any::<prop::sample::Index>(), 1..=4_i64).prop_map(|(which, share)| Act::Refund { which, share }),
        2 => (1..9_i64).prop_map(|days| Act::Wait { days }),
    ]
}

const MEMBERS: [&str; 3] = ["ann@example.com", "bob@example.com", "cleo@example.com"];

/// What all threads know of.
struct Common {
    shop: Shop,
    campaigns: Vec<Campaign>,
    members: Vec<i64>,
    entries: Mutex<Vec<Entry>>,
    purchases: Mutex<Vec<Purchase>>,
    clock: Mutex<()>,
}

impl Common {
    fn new() -> Self {
        let shop = Shop::open();
        let campaigns = CampaignKind::ALL.iter().map(|kind| {
            let kind = *kind;
            shop.campaign(kind, move |new| {
                new.earns_from_purchases = kind != CampaignKind::Giftcard;
                new.earned_per_event = Some(250);
                new.product = Some("mug".into());
                new.points_ratio = Some("0.7".into());
                new.expires_after_secs = (kind != CampaignKind::Giftcard).then_some(10 * 86_400);
            })
        });
        let campaigns = campaigns.collect();
        let members = MEMBERS.iter().map(|address| shop.member(address)).collect();
        Common {
            shop,
            campaigns,
            members,
            entries: Mutex::default(),
            purchases: Mutex::default(),
            clock: Mutex::default(),
        }
    }

    fn act(&self, act: &Act, name: &str) {
        let shop = &self.shop;
        match act {
            Act::Earn { campaign, member, amount } => {
                let earned = shop.earn(&self.campaigns[*campaign], self.members[*member], *amount).expect("earned");
                self.entries.lock().expect("entries").push(earned);
            }
            Act::Redeem { campaign, member, amount } => {
                // What is not there is refused, and that is the point.
                let redeemed = shop.redeem(&self.campaigns[*campaign], self.members[*member], *amount);
                self.entries.lock().expect("entries").extend(redeemed.ok());
            }
            Act::Reverse { which } => {
                let entries = self.entries.lock().expect("entries").clone();
                if !entries.is_empty() {
                    drop(shop.reverse(which.get(&entries)));
                }
            }
            Act::Buy { member, total } => {
                let bought = shop.buy(MEMBERS[*member], name, *total);
                self.purchases.lock().expect("purchases").push(bought);
            }
            Act::Refund { which, share } => {
                let purchases = self.purchases.lock().expect("purchases").clone();
                if purchases.is_empty() {
                    return;
                }
                let (id, amount) = (which.get(&purchases).id.clone(), which.get(&purchases).total / share);
                // More than is left is refused.
                drop(shop.write(move |tx, site| cartwright::ops::purchases::refund(tx, site, &id, amount)));
            }
            Act::Wait { days } => {
                // One hand on the clock at a time: it does not run backwards.
                let _hand = self.clock.lock().expect("the clock");
                shop.world.advance(&format!("{days}d"));
            }
        }
    }

    /// Each refund took what it should: no more than in proportion, and no less but for what was gone.
    fn refunds_took_what_they_should(&self) {
        let entries = self.shop.entries();
        let store = &self.shop.world.app.store;
        for purchase in self.purchases.lock().expect("purchases").iter() {
            let refunded = store.read(|tx| cartwright::store::purchases::refunded(tx, purchase.no)).expect("refunds");
            for campaign in &self.campaigns {
                let of = |cause: Cause| {
                    let all = entries.iter().map(|named| &named.entry);
                    let of = all.filter(move |e| {
                        e.purchase == Some(purchase.no) && e.campaign == campaign.no && e.cause == cause
                    });
                    of.map(|entry| entry.amount + entry.shortfall).sum::<i64>()
                };
                let (earned, back) = (of(Cause::Earn), of(Cause::Refund));
                assert!(back <= taken_back(earned, refunded, purchase.total), "{earned} earned, {back} back");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("LEDGER_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
    ))]

    #[test]
    fn eight_threads_leave_a_ledger_in_which_every_balance_is_its_sum(
        scripts in prop::collection::vec(prop::collection::vec(act(), 5..30), 8)
    ) {
        let common = Common::new();
        std::thread::scope(|scope| {
            for (thread, script) in scripts.iter().enumerate() {
                let common = &common;
                scope.spawn(move || {
                    for (step, act) in script.iter().enumerate() {
                        common.act(act, &format!("{thread}-{step}"));
                    }
                });
            }
        });
        common.shop.holds();
        common.refunds_took_what_they_should();
        // Time passes for all of them, and takes what it should.
        common.shop.world.advance("30d");
        common.shop.holds();
        for campaign in common.campaigns.iter().filter(|campaign| campaign.expires_after_secs.is_some()) {
            for member in &common.members {
                prop_assert_eq!(common.shop.balance(campaign, *member), 0);
            }
        }
    }
}

#[test]
fn eight_who_spend_the_same_points_at_once_spend_them_once() {
    let shop = Shop::open();
    let campaign = shop.campaign(CampaignKind::Points, |_| {});
    let ann = shop.member("ann@example.com");
    let earned = shop.earn(&campaign, ann, 100).expect("earned");
    let (spent, undone) = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|thread| {
                let (shop, campaign, earned) = (&shop, &campaign, &earned);
                scope.spawn(move || {
                    let spent = (0..25).filter(|_| shop.redeem(campaign, ann, 7).is_ok()).count();
                    (spent, thread % 2 == 0 && shop.reverse(earned).is_ok())
                })
            })
            .collect();
        let ended: Vec<_> = tries.into_iter().map(|thread| thread.join().expect("a thread")).collect();
        (ended.iter().map(|(spent, _)| spent).sum::<usize>(), ended.iter().any(|(_, undone)| *undone))
    });
    assert_eq!((spent, undone), (14, false));
    assert_eq!(shop.balance(&campaign, ann), 2);
    shop.holds();
}
