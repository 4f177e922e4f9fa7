//! The arithmetic of loyalty campaigns, held against what must be true of every amount, and against plain decimals.

use cartwright::domain::loyalty::{Booked, Bought, Campaign, CampaignKind, Cause, Lots, check_ratio, taken_back};
use cartwright::domain::money::MAX_MINOR;
use cartwright::domain::{Currency, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

const CURRENCIES: &[&str] = &["JPY", "EUR", "KWD"];

fn campaign(kind: CampaignKind) -> Campaign {
    Campaign {
        no: 1,
        id: "camp".into(),
        name: "A campaign".into(),
        kind,
        active: true,
        created_at: Timestamp::from_secs(0),
        points_ratio: None,
        reward_ratio: None,
        earned_per_event: Some(250),
        product: Some("mug".into()),
        buy_quantity: None,
        expires_after_secs: None,
        earns_from_purchases: true,
    }
}

fn currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(CURRENCIES).prop_map(|code| Currency::parse(code).expect("a currency"))
}

proptest! {
    #[test]
    fn points_are_the_money_times_the_ratio_rounded_down_and_rewards_rounded_up(
        minor in 0..=999_999_999_i64, units in 1..=1_000_000_i64, scale in 0..=4_u32, own in currency()
    ) {
        let ratio = Decimal::new(units, scale);
        let exact = Decimal::new(minor, own.decimals()) * ratio;
        let with = Campaign {
            points_ratio: Some(ratio.to_string()),
            reward_ratio: Some(ratio.to_string()),
            ..campaign(CampaignKind::Points)
        };
        prop_assert_eq!(Decimal::from(with.points_for(minor, own.decimals())), exact.floor().min(MAX_MINOR.into()));
        let worth = with.points_worth(minor, own.decimals()).expect("a value");
        prop_assert_eq!(Decimal::from(worth), exact.ceil().min(MAX_MINOR.into()));
        // Points never buy more than they were earned with.
        prop_assert!(worth >= with.points_for(minor, own.decimals()));
    }

    #[test]
    fn each_kind_earns_by_its_own_arithmetic(
        total in 0..=MAX_MINOR, pieces in 0..1_000_i64, own in currency(), paid in currency()
    ) {
        let bought = Bought { total, currency: paid, pieces };
        let earned = |kind| campaign(kind).earned_by(own, &bought);
        let whole = total / 10_i64.pow(own.decimals());
        prop_assert_eq!(earned(CampaignKind::Points), if own == paid { whole } else { 0 });
        prop_assert_eq!(earned(CampaignKind::Giftcard), 0);
        prop_assert_eq!(earned(CampaignKind::Events), 1);
        prop_assert_eq!(earned(CampaignKind::Earned), 250);
        prop_assert_eq!(earned(CampaignKind::Buyx), pieces);
    }

    #[test]
    fn parts_of_a_refund_take_back_in_proportion_and_all_of_them_all(
        earned in 0..=MAX_MINOR, parts in prop::collection::vec(1..=MAX_MINOR / 40, 1..40)
    ) {
        let total: i64 = parts.iter().sum();
        let (mut refunded, mut before) = (0, 0);
        for part in &parts {
            refunded += part;
            let now = taken_back(earned, refunded, total);
            prop_assert!((before..=earned).contains(&now));
            prop_assert!(Decimal::from(now) * Decimal::from(total) <= Decimal::from(earned) * Decimal::from(refunded));
            before = now;
        }
        prop_assert_eq!(before, earned);
        prop_assert_eq!(taken_back(earned, 1, 0), 0);
    }

    #[test]
    fn lots_hold_the_balance_whatever_was_booked(acts in prop::collection::vec((0..5_u8, 1..100_i64, 0..20_i64), 0..60)) {
        let (mut booked, mut balance): (Vec<Booked>, i64) = (Vec::new(), 0);
        let mut undone = Vec::new();
        for ((what, amount, days), no) in acts.into_iter().zip(1..) {
            let at = Timestamp::from_secs(no * 3_600);
            let lots = Lots::of(&booked);
            let entry = |cause, amount| Booked { no, at, cause, amount, expires_at: None, reverses: None, purchase: None };
            let next = match what {
                0 | 1 => Some(Booked { expires_at: (days > 0).then(|| at.plus(days * 86_400)), ..entry(Cause::Earn, amount) }),
                2 => Some(entry(Cause::Redeem, amount)).filter(|entry| entry.amount <= balance),
                3 => Some(entry(Cause::Expire, lots.due(at))).filter(|entry| entry.amount > 0),
                _ => booked.iter().find(|old| old.cause == Cause::Redeem && !undone.contains(&old.no)).map(|old| {
                    Booked { reverses: Some(old.no), ..entry(Cause::Reverse, old.amount) }
                }),
            };
            if let Some(next) = next {
                balance += if matches!(next.cause, Cause::Earn | Cause::Reverse) { next.amount } else { -next.amount };
                undone.extend(next.reverses);
                booked.push(next);
            }
            let lots = Lots::of(&booked);
            let left: i64 = booked.iter().filter_map(|b| lots.of_entry(b.no)).map(|lot| lot.remaining).sum();
            prop_assert_eq!(left, balance);
            let announced: i64 = lots.announced().iter().map(|(_, amount)| *amount).sum();
            prop_assert!(announced <= balance);
            prop_assert_eq!(lots.next(), lots.announced().first().map(|(at, _)| *at));
        }
    }
}

#[test]
fn ratios_are_decimals_above_zero_within_reason() {
    for good in ["1", "0.5", "1000000", "1.500000", " 2 "] {
        assert_eq!(check_ratio("points_ratio", good).expect(good), good.trim());
    }
    for bad in ["", "0", "-1", "1e3", "x", "1,5", "1000001", "0.0000001", "NaN", "99999999999999999999999999999999"] {
        assert!(check_ratio("points_ratio", bad).is_err(), "{bad}");
    }
}

#[test]
fn a_campaign_that_cannot_earn_from_purchases_says_why() {
    let why = |kind, change: fn(&mut Campaign)| {
        let mut campaign = campaign(kind);
        change(&mut campaign);
        campaign.check().map_err(|e| e.to_string())
    };
    assert!(why(CampaignKind::Giftcard, |_| {}).expect_err("a gift card").contains("gift card"));
    assert!(why(CampaignKind::Giftcard, |campaign| campaign.earns_from_purchases = false).is_ok());
    assert!(
        why(CampaignKind::Earned, |campaign| campaign.earned_per_event = None)
            .expect_err("nothing")
            .contains("earned_per_event")
    );
    assert!(why(CampaignKind::Buyx, |campaign| campaign.product = None).expect_err("no X").contains("product"));
    assert!(why(CampaignKind::Points, |campaign| campaign.name = " ".into()).expect_err("no name").starts_with("name"));
    assert!(why(CampaignKind::Points, |campaign| campaign.expires_after_secs = Some(1)).is_err());
}
