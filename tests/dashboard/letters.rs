//! Letters on the dashboard: the sequence, the editor with its preview, what waits and what left, and the addresses that
//! are not written to.

use cartwright::domain::users::Role;

use crate::support::browser::form_token;
use crate::support::{SITE, World};

const HERE: &[(&str, &str)] = &[("Sec-Fetch-Site", "same-origin")];

/// A shopper's cart that was left, with the first letter about it captured.
fn with_a_letter(world: &World, email: &str) -> String {
    world.set(SITE, "consent", "not_required");
    let id = world.abandoned_cart(email, 5_000);
    world.advance("31m");
    id
}

/// The id of the newest letter in the mailbox.
fn newest_letter(page: &str) -> String {
    let at = page.find("/dashboard/letters/messages/").expect("a letter");
    page[at + 28..].split(['"', '?']).next().expect("an id").to_owned()
}

fn step_fields<'a>(html: &'a str, subject: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("amount", "2"),
        ("unit", "hours"),
        ("active", "on"),
        ("minimum", "25.50"),
        ("coupon", ""),
        ("subject", subject),
        ("html", html),
        ("text", ""),
    ]
}

#[test]
fn a_step_is_changed_switched_off_added_ordered_and_removed() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Manager);
    let page = browser.page("/dashboard/letters");
    assert!(page.contains("30 minutes later") && page.contains("4 days later"), "{page}");
    let fields = step_fields("<p>Hello {{ first_name }}</p>", "For {{ first_name }} only");
    let saved = browser.submit("/dashboard/letters/steps/2", "/dashboard/letters/steps/2", &fields);
    assert_eq!(saved.header("location"), Some("/dashboard/letters?done=step-saved"), "{}", saved.body);
    let page = browser.page("/dashboard/letters");
    assert!(page.contains("2. For Ann only") && page.contains("2 hours later"), "{page}");
    assert!(page.contains("from $25.50") && page.contains("In your words"), "{page}");

    browser.submit("/dashboard/letters", "/dashboard/letters/steps/1/switch", &[("active", "off")]);
    assert!(browser.page("/dashboard/letters").contains("Switch on"));

    let mut early = step_fields("", "Very early");
    early[0].1 = "5";
    early[1].1 = "minutes";
    let added = browser.submit("/dashboard/letters/steps/new", "/dashboard/letters/steps/new", &early);
    assert_eq!(added.status, 303, "{}", added.body);
    let page = browser.page("/dashboard/letters");
    assert!(page.contains("4. Very early") && page.contains("Put them in order of delay"), "{page}");
    browser.submit("/dashboard/letters", "/dashboard/letters/order", &[]);
    let page = browser.page("/dashboard/letters");
    assert!(page.contains("1. Very early") && !page.contains("Put them in order"), "{page}");

    browser.submit("/dashboard/letters", "/dashboard/letters/steps/1/remove", &[]);
    assert!(!browser.page("/dashboard/letters").contains("Very early"));
}

#[test]
fn what_is_wrong_with_a_template_stands_beside_its_field_and_what_was_typed_stays() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let mut fields = step_fields("<p>line one</p>\n{% if total %}<b>open", "Fine & <dandy>");
    fields[0].1 = "soon";
    let refused = browser.submit("/dashboard/letters/steps/1", "/dashboard/letters/steps/1", &fields);
    assert_eq!(refused.status, 422);
    let body = &refused.body;
    assert!(body.contains("id=\"html-error\"") && body.contains("id=\"amount-error\""), "{body}");
    assert!(!body.contains("id=\"subject-error\""), "{body}");
    assert!(body.contains("&#60;p&#62;line one&#60;/p&#62;") && body.contains("Fine &#38; &#60;dandy&#62;"), "{body}");
    assert!(body.contains("value=\"soon\"") && body.contains("value=\"25.50\""), "{body}");
    let hostile = step_fields("{{ total * 1000000 }}", "x");
    let refused = browser.submit("/dashboard/letters/steps/1", "/dashboard/letters/steps/1", &hostile);
    assert!(refused.status == 422 && refused.body.contains("id=\"html-error\""), "{}", refused.body);
    assert!(browser.page("/dashboard/letters").contains("As shipped"), "nothing was saved");
}

#[test]
fn a_preview_is_a_frame_without_scripts_under_a_policy_of_its_own() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let editor = browser.open("/dashboard/letters/steps/1");
    let policy = editor.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(editor.body.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""), "{}", editor.body);

    let fields = step_fields("<body><script>alert(1)</script><p>{{ total }}</p></body>", "<i>for</i> you");
    let token = form_token(&editor.body);
    let mut all = vec![("csrf", token.as_str()), ("step", "1")];
    all.extend(fields);
    let shown = browser.post("/dashboard/letters/preview", &all, HERE);
    let policy = shown.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox allow-popups"), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("allow-scripts"), "{policy}");
    assert_eq!(shown.header("x-frame-options"), None, "its policy says who may frame it");
    assert!(shown.body.contains("$48.00") && shown.body.contains("&lt;i&gt;for&lt;/i&gt; you"), "{}", shown.body);
    all.push(("part", "text"));
    let text = browser.post("/dashboard/letters/preview", &all, HERE);
    assert!(text.body.contains("<pre") && text.body.contains("Linen towel"), "{}", text.body);
    all.retain(|(name, _)| *name != "html");
    all.push(("html", "{% if"));
    let flawed = browser.post("/dashboard/letters/preview", &all, HERE);
    assert!(flawed.status == 422 && flawed.body.contains("HTML: This"), "{}", flawed.body);

    let kept = browser.open("/dashboard/letters/steps/1/preview");
    assert!(kept.status == 200 && kept.body.contains("<base target=\"_blank\">"), "{}", kept.body);
    let example = browser.page("/dashboard/letters/steps/1?example");
    assert!(example.contains("{{ first_name }}"), "{example}");
}

#[test]
fn the_example_is_a_template_that_can_be_saved() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let html = include_str!("../../src/dashboard/letters/example.html");
    let mut fields = step_fields(html, "Hello");
    fields.last_mut().expect("the text").1 = include_str!("../../src/dashboard/letters/example.txt");
    let saved = browser.submit("/dashboard/letters/steps/1", "/dashboard/letters/steps/1", &fields);
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert!(browser.open("/dashboard/letters/steps/1/preview").body.contains("Dear Ann,"));
}

#[test]
fn a_captured_letter_is_read_as_its_reader_would_and_counts_in_its_steps_results() {
    let world = World::new();
    with_a_letter(&world, "ann@example.com");
    let mut browser = world.signed_in(Role::Observer);
    let queue = browser.page("/dashboard/letters/queue");
    assert!(queue.contains("1 letter waits") && queue.contains("Step 2, written when it leaves"), "{queue}");
    let mailbox = browser.page("/dashboard/letters/mailbox");
    assert!(mailbox.contains("ann@example.com") && mailbox.contains("You left something behind"), "{mailbox}");
    let id = newest_letter(&mailbox);
    let page = browser.page(&format!("/dashboard/letters/messages/{id}"));
    assert!(page.contains("List-Unsubscribe") && page.contains(&format!("{id}/html")), "{page}");
    let frame = browser.open(&format!("/dashboard/letters/messages/{id}/html"));
    assert!(frame.body.contains("Back to your cart"), "{}", frame.body);
    let policy = frame.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("img-src data: https: http:") && policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(browser.page(&format!("/dashboard/letters/messages/{id}/text")).contains("Back to your cart:"));
    let sequence = browser.page("/dashboard/letters");
    assert!(sequence.contains("data-label=\"Sent\">1<"), "{sequence}");
    assert!(browser.page("/dashboard/letters/archive?status=queued").contains("Step 2, written"));
    assert!(browser.page("/dashboard/letters/archive?email=bob%40example.com").contains("No letter fits"));
    assert!(browser.page("/dashboard/letters/archive?email=nobody").contains("This is no e-mail address."));
    assert!(browser.page("/dashboard/letters/mailbox?email=ANN%40example.com").contains("You left something"));
}

#[test]
fn a_letter_of_unknown_fate_is_tried_again_by_who_may() {
    let world = World::new();
    with_a_letter(&world, "ann@example.com");
    let site = world.site(SITE);
    let mut browser = world.signed_in(Role::Manager);
    let id = newest_letter(&browser.page("/dashboard/letters/mailbox"));
    let sent = browser.submit(
        &format!("/dashboard/letters/messages/{id}"),
        &format!("/dashboard/letters/messages/{id}/retry"),
        &[],
    );
    assert!(sent.status == 400 && sent.body.contains("only an unknown or failed one"), "{}", sent.body);
    world.lose_letter(&site, &id);
    let page = browser.page(&format!("/dashboard/letters/messages/{id}"));
    assert!(page.contains("Try again") && page.contains("It may have arrived"), "{page}");
    let again = browser.submit(
        &format!("/dashboard/letters/messages/{id}"),
        &format!("/dashboard/letters/messages/{id}/retry"),
        &[],
    );
    assert!(again.header("location").is_some_and(|to| to.ends_with("?done=letter-again")), "{}", again.body);
    let mut observer = world.signed_in(Role::Observer);
    let page = observer.page(&format!("/dashboard/letters/messages/{id}"));
    assert!(!page.contains("/retry"), "{page}");
}

#[test]
fn suppressions_are_searched_added_lifted_brought_in_and_taken_along() {
    const PATH: &str = "/dashboard/letters/suppressions";
    let world = World::new();
    let mut browser = world.signed_in(Role::Manager);
    assert!(browser.page(PATH).contains("Nobody is suppressed"));
    let refused = browser.submit(PATH, PATH, &[("address", "no one")]);
    assert!(refused.status == 422 && refused.body.contains("value=\"no one\""), "{}", refused.body);
    assert!(refused.body.contains("id=\"address-error\""), "{}", refused.body);
    let added = browser.submit(PATH, PATH, &[("address", "Ann@example.com")]);
    assert_eq!(added.header("location"), Some("/dashboard/letters/suppressions?done=suppressed"));
    let list = "email,why\n=cmd@example.com,x\nbob@example.net\nnot an address\n";
    let imported = browser.submit(PATH, &format!("{PATH}/import"), &[("list", list)]);
    assert!(imported.body.contains("2 of 2 addresses are new") && imported.body.contains("not an address"));
    assert!(imported.body.contains("1 lines hold no address") || imported.body.contains("1 line"), "{}", imported.body);

    assert!(browser.page(&format!("{PATH}?q=ann%40EXAMPLE.com")).contains("Ann@example.com"));
    let part = browser.page(&format!("{PATH}?q=example.net"));
    assert!(part.contains("bob@example.net") && !part.contains("Ann@"), "{part}");
    assert!(!browser.page(&format!("{PATH}?reason=manual")).contains("bob@"));
    let file = browser.open("/dashboard/letters/suppressions.csv");
    assert!(file.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")));
    assert!(file.body.contains("address,reason,source,since\r\n"), "{}", file.body);
    assert!(file.body.contains("'=cmd@example.com,import,,2026-03-15T"), "{}", file.body);

    let id = part.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    let lifted = browser.submit(PATH, &format!("{PATH}/lift"), &[("id", id)]);
    assert_eq!(lifted.header("location"), Some("/dashboard/letters/suppressions?done=lifted"));
    assert!(!browser.page(PATH).contains("bob@example.net"));
    assert!(browser.page(&format!("{PATH}?ended=on")).contains("bob@example.net"));
    let twice = browser.submit(PATH, &format!("{PATH}/lift"), &[("id", id)]);
    assert_eq!(twice.status, 303, "it stays as it is: {}", twice.body);
}

#[test]
fn a_file_with_addresses_is_brought_in() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Manager);
    let token = form_token(&browser.page("/dashboard/letters/suppressions"));
    let part = |name: &str, more: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let body = [
        part("csrf", "", &token),
        part("list", "", ""),
        part("file", "; filename=\"a.csv\"\r\nContent-Type: text/csv", "Email\nann@example.com\n"),
        "--b--\r\n".to_owned(),
    ]
    .concat();
    let sent =
        browser.post_body("/dashboard/letters/suppressions/import", "multipart/form-data; boundary=b", body.as_bytes());
    assert!(sent.status == 200 && sent.body.contains("1 of 1 addresses"), "{}", sent.body);
}

#[test]
fn observers_change_nothing_and_another_shops_letters_are_not_there() {
    let world = World::new();
    with_a_letter(&world, "ann@example.com");
    let id = newest_letter(&world.signed_in(Role::Owner).page("/dashboard/letters/mailbox"));
    let mut observer = world.signed_in(Role::Observer);
    let token = form_token(&observer.page("/dashboard/letters"));
    for action in [
        "/dashboard/letters/order",
        "/dashboard/letters/preview",
        "/dashboard/letters/steps/1",
        "/dashboard/letters/steps/1/remove",
        "/dashboard/letters/suppressions",
        "/dashboard/letters/suppressions/import",
    ] {
        let refused = observer.post(action, &[("csrf", &token), ("address", "x@example.com")], HERE);
        assert_eq!(refused.status, 403, "{action}");
    }
    world.add_site("other", "other", "EUR", "Europe/Paris");
    world.add_person("other", "eve", Role::Owner);
    let mut eve = world.browser();
    eve.submit(
        "/dashboard/sign-in",
        "/dashboard/sign-in",
        &[("shop", "other"), ("user", "eve"), ("password", crate::support::browser::PASSWORD)],
    );
    assert!(eve.page("/dashboard/letters/mailbox").contains("The mailbox is empty"));
    for path in ["", "/html", "/text"] {
        assert_eq!(eve.open(&format!("/dashboard/letters/messages/{id}{path}")).status, 404, "{path}");
    }
}

#[test]
fn names_and_subjects_of_others_stay_words() {
    const EVIL: &str = "<script>alert(1)</script>\"'>";
    let world = World::new();
    world.set(SITE, "consent", "not_required");
    let mut browser = world.signed_in(Role::Owner);
    let fields = step_fields("", "{% for item in items %}{{ item.name }}{% endfor %}<script>alert(2)</script>");
    let saved = browser.submit(
        "/dashboard/letters/steps/1",
        "/dashboard/letters/steps/1",
        &[&fields[..2], &[("active", "on"), ("minimum", ""), ("coupon", "")], &fields[5..]].concat(),
    );
    assert_eq!(saved.status, 303, "{}", saved.body);
    world.abandoned_cart_of("ann@example.com", EVIL, 5_000);
    world.advance("3h");
    let mailbox = browser.page("/dashboard/letters/mailbox");
    let id = newest_letter(&mailbox);
    let pages = [
        mailbox,
        browser.page("/dashboard/letters"),
        browser.page("/dashboard/letters/archive"),
        browser.page("/dashboard/letters/steps/1"),
        browser.page(&format!("/dashboard/letters/messages/{id}")),
    ];
    for page in pages {
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"), "{page}");
    }
}
