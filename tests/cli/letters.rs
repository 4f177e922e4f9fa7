//! `sequence` and `explain`.

use super::Folder;

#[test]
fn a_shop_begins_with_the_shipped_sequence_and_makes_it_its_own() {
    let folder = Folder::with_shop();
    let shipped = folder.run(&["sequence", "list", "--site", "my-shop"]).expect_code(0).out;
    assert_eq!(shipped.lines().count(), 3, "{shipped}");
    assert!(shipped.starts_with("1  30m after abandonment  on"), "{shipped}");
    let step = ["sequence", "set", "--site", "my-shop", "--step", "2", "--delay", "2d", "--subject", "Still yours"];
    let changed = folder.run(&step).expect_code(0).out;
    assert!(changed.contains("2  2d after abandonment  on  from 0 minor units  in the shop's words"), "{changed}");
    folder.run(&["sequence", "remove", "--site", "my-shop", "--step", "3"]).expect_code(0);
    let preview = ["sequence", "preview", "--site", "my-shop", "--step", "2", "--part", "subject"];
    assert_eq!(folder.run(&preview).expect_code(0).out, "Still yours\n");
}

#[test]
fn a_template_with_a_fault_is_refused_when_it_is_saved() {
    let folder = Folder::with_shop();
    for (subject, expected) in [
        ("{{ first_name", "subject has an `{{` without its `}}`"),
        ("{% set x = 1 %}", "subject has `set`"),
        ("{{ 'a'|indent(9) }}", "subject has the filter `indent`"),
        ("{% for item in items %}{{ item.name }}", "subject: cannot be read"),
        ("{% if first_name %}Hi{% endfor %}", "subject: cannot be read on line 1"),
        ("{{ first_name | }}", "subject has the filter ``"),
    ] {
        let refused = folder.run(&["sequence", "set", "--site", "my-shop", "--step", "1", "--subject", subject]);
        let refused = refused.expect_code(2);
        assert!(refused.err.replace(": has", " has").contains(expected), "{}", refused.err);
    }
    folder.write("bad.html", "<p>{{ first_name }}</p>\n{% elif %}");
    let bad = folder.run(&["sequence", "set", "--site", "my-shop", "--step", "1", "--html", "bad.html"]).expect_code(2);
    assert!(bad.err.contains("html: cannot be read on line 2"), "{}", bad.err);
    // What only shows when a letter is written is found as well, also where it hangs on a coupon.
    let late = ["sequence", "set", "--site", "my-shop", "--step", "1", "--subject"];
    let late = folder.run(&[&late[..], &["{% if coupon_code %}{{ total + 1 }}{% endif %}"]].concat()).expect_code(2);
    assert!(late.err.contains("subject: cannot be written on line 1"), "{}", late.err);
    let listed = folder.run(&["sequence", "list", "--site", "my-shop"]).expect_code(0).out;
    assert!(!listed.contains("in the shop's words"), "{listed}");
}

#[test]
fn a_new_step_needs_a_delay_and_the_last_one_stays() {
    let folder = Folder::with_shop();
    folder.run(&["sequence", "set", "--site", "my-shop", "--step", "4"]).expect_code(2);
    for step in ["2", "3"] {
        folder.run(&["sequence", "remove", "--site", "my-shop", "--step", step]).expect_code(0);
    }
    folder.run(&["sequence", "remove", "--site", "my-shop", "--step", "1"]).expect_code(2);
}

#[test]
fn a_cart_that_is_not_there_cannot_be_explained() {
    let folder = Folder::with_shop();
    let refused = folder.run(&["explain", "cart_none"]).expect_code(2);
    assert!(refused.err.contains("cart_none"), "{}", refused.err);
}
