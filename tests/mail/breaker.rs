//! The breaker: a shop whose letters come back stops sending, and says so.

use cartwright::domain::letters::Why;
use cartwright::domain::messages::MessageStatus;

use super::postman::{Act, Postman};
use super::support::SITE;
use super::{cart, expect_true_figures, explained, first, world};

#[test]
fn too_many_refusals_hold_letters_back_until_somebody_resumes() {
    let postman = Postman::new();
    postman.will(&[Act::ToRecipient("550 5.7.1 not from you"); 6]);
    let world = world(&postman);
    let carts: Vec<String> = (0..105).map(|at| cart(&world, &format!("ann{at}@example.com"))).collect();
    world.advance("60m");
    assert_eq!(postman.got().len(), 94, "it looks from 100 letters on");
    let held: Vec<&String> = carts.iter().filter(|cart| first(&world, cart).status == MessageStatus::Queued).collect();
    assert_eq!(held.len(), 5);
    for cart in &held {
        let (decisions, _) = explained(&world, cart);
        assert_eq!(decisions.last().map(|decision| decision.reason), Some(Why::BreakerOpen));
    }
    world.advance("3h");
    assert_eq!(postman.got().len(), 94, "time alone does not mend it");
    world.set(SITE, "breaker.reset_at", &world.app.now().rfc3339());
    world.advance("1h");
    assert_eq!(postman.got().len(), 99);
    assert!(held.iter().all(|cart| first(&world, cart).status == MessageStatus::Sent));
    expect_true_figures(&world);
}

#[test]
fn as_many_as_the_shop_allows_do_not() {
    let postman = Postman::new();
    postman.will(&[Act::ToRecipient("550 5.7.1 not from you"); 6]);
    let world = world(&postman);
    world.set(SITE, "breaker.bounces_percent", "6");
    for at in 0..105 {
        cart(&world, &format!("ann{at}@example.com"));
    }
    world.advance("60m");
    assert_eq!(postman.got().len(), 99);
}
