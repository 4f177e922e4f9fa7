//! A test letter out of the editor: it leaves at once for whoever looks at it, and counts nowhere.

use cartwright::domain::users::Role;

use super::postman::{Act, Postman};
use super::world;

const STEP: &str = "/dashboard/letters/steps/1";

/// The form as the page sends it.
fn fields<'a>(to: &'a str, subject: &'a str) -> Vec<(&'a str, &'a str)> {
    let step = [("amount", "30"), ("unit", "minutes"), ("active", "on"), ("minimum", ""), ("coupon", "")];
    let draft = [("subject", subject), ("html", ""), ("text", ""), ("to", to)];
    [step.as_slice(), &draft].concat()
}

#[test]
fn a_test_letter_leaves_at_once_and_counts_nowhere() {
    let postman = Postman::new();
    let world = world(&postman);
    let mut browser = world.signed_in(Role::Manager);
    let sent = browser.submit(STEP, &format!("{STEP}/test"), &fields("ann@example.com", "For {{ shop_name }} alone"));
    assert!(sent.status == 200 && sent.body.contains("A test letter is on its way"), "{}", sent.body);
    assert!(sent.body.contains("value=\"For {{ shop_name }} alone\""), "what was typed stays: {}", sent.body);
    let got = postman.got();
    assert_eq!(got.len(), 1);
    assert!(
        got[0].header("Subject").is_some_and(|subject| subject.contains("alone")),
        "{:?}",
        got[0].header("Subject")
    );
    assert!(browser.page("/dashboard/letters/archive").contains("No letter"), "it is nobody's");
    assert!(!browser.page(STEP).contains("alone"), "it was not saved");
}

#[test]
fn what_the_mail_server_says_to_a_test_letter_is_shown() {
    let postman = Postman::new();
    postman.will(&[Act::ToRecipient("550 5.7.1 not from you")]);
    let world = world(&postman);
    let mut browser = world.signed_in(Role::Manager);
    let refused = browser.submit(STEP, &format!("{STEP}/test"), &fields("ann@example.com", "Hello"));
    assert!(refused.body.contains("refused it") && refused.body.contains("not from you"), "{}", refused.body);
    let wrong = browser.submit(STEP, &format!("{STEP}/test"), &fields("ann", "Hello"));
    assert!(wrong.status == 422 && wrong.body.contains("value=\"ann\""), "{}", wrong.body);
    assert!(postman.got().is_empty());
}
