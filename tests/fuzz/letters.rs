//! Letters: reports that mail systems send back, and the templates that shops write.

use cartwright::domain::Currency;
use cartwright::domain::carts::Item;
use cartwright::mail::letters::{Facts, Reminder};
use cartwright::mail::reports;
use cartwright::mail::template::{Extra, Template};
use proptest::prelude::*;
use proptest::sample::select;

use crate::fuzz;
use crate::mutate::{awkward_text, mutated, mutated_text};

/// The longest part of a letter, and what the footer may add.
const LONGEST: usize = 256 * 1024 + 4 * 1024;

/// What the whole process may ever have held, in kB: the tests of one binary run beside each other.
const MOST_MEMORY: u64 = 1024 * 1024;

const DELIVERY: &str = "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: <bounce+1.abc@example.com>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
    It could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
    Final-Recipient: rfc822; ann@example.com\r\nOriginal-Recipient: rfc822;bounce+1.abc@example.com\r\nAction: failed\r\n\
    Status: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp; 550\r\n said the server\r\n\r\n--b\r\n\
    Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <m1@example.com>\r\n\r\n--b--\r\n";

const COMPLAINT: &str = "From: fbl@provider.example\r\nTo: abuse@shop.example\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n--b\r\n\
    Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\nOriginal-Mail-From: <bounce@example.com>\r\n\r\n\
    --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: =?utf-8?q?Z=C3=B6e?= <shop@example.com>\r\nMessage-ID: <m2@example.com>\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nSGk=\r\n--b--\r\n";

#[test]
fn a_report_is_read_within_bounds_and_the_same_twice() {
    let sound = vec![DELIVERY.as_bytes().to_vec(), COMPLAINT.as_bytes().to_vec()];
    fuzz("tests/fuzz/seeds/reports.txt", &mutated(sound), |letter| {
        let found = reports::read(&letter);
        prop_assert!(found.len() <= letter.len() / 8 + 1, "{} reports in {} bytes", found.len(), letter.len());
        for report in &found {
            prop_assert!(report.detail.as_ref().is_none_or(|text| text.chars().count() <= 500));
            prop_assert!(report.email.is_none(), "a letter that anybody can write names nobody");
        }
        prop_assert_eq!(format!("{found:?}"), format!("{:?}", reports::read(&letter)));
        Ok(())
    });
}

/// A template of pieces that attackers and beginners put together.
fn template() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "{{ first_name }}",
        "{{ items|length }}",
        "{% for a in items %}",
        "{% endfor %}",
        "{{ a.name|upper }}",
        "{% if total %}",
        "{% else %}",
        "{% endif %}",
        "{{ '}}' * 100000000 }}",
        "{{ \"}}\" * 9999999 }}",
        "{{ {'a':{'b':'x'}} * 99 }}",
        "{% for a in items recursive %}",
        "{{ loop(items) }}",
        "{{ loop.index }}",
        "{# {{ x * 9 }} #}",
        "{% raw %}",
        "{% endraw %}",
        "{% set a = 'x' %}",
        "{% for a in email %}",
        "%%CartItems%%",
        "%%a}}b%%",
        "%%",
        "{{ [1,2,3]|first }}",
        "{{ items + items }}",
        "{{ items[0].name[1:] }}",
        "{{- email -}}",
        "{%- if 1 -%}",
        "<p>",
        "{{ 1 / 0 }}",
        "{{ 9223372036854775807 + 1 }}",
        "{{ -9223372036854775808 // -1 }}",
        "{{ 1 % 0 }}",
        "{{ (((((((((1))))))))) }}",
        "{{ not not not a }}",
        "{{ '\\'}}' }}",
        "{% for a, b in items %}",
        "{{ email[-1:5:0] }}",
        "{{ email[9999999999999:] }}",
        "{{ a is defined }}",
        "{{ x.y.z }}",
        "{% block a %}",
        "{% include 'x' %}",
        "{{ unsubscribe_url }}",
    ]);
    let long = select(vec!["x", "é", "\u{2028}", "ab "])
        .prop_flat_map(|text| (1..20_000_usize).prop_map(move |n| text.repeat(n)));
    let piece = prop_oneof![30 => pieces.prop_map(str::to_owned), 1 => long, 2 => awkward_text()];
    let joined = prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat());
    prop_oneof![
        4 => joined,
        1 => mutated_text(&["<p>Hi {{ first_name|default('you') }}, {% for a in items %}{{ a.name }}: {{ a.price }}{% endfor %} %%CouponCode%%</p>"]),
    ]
}

fn items() -> Vec<Item> {
    let item = |number: usize| Item {
        id: number.to_string(),
        product_id: format!("p{number}"),
        variant_id: None,
        name: Some("<b>Mug</b> & \"{{ x }}\"".into()),
        sku: None,
        quantity: 2,
        unit_price: 950,
        image_url: None,
        url: Some("https://shop.example/mug".into()),
        notes: None,
        metadata: None,
    };
    (0..40).map(item).collect()
}

/// The most memory that the process ever held, in kB; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    peak.unwrap_or(0)
}

#[test]
fn a_template_that_was_saved_makes_a_bounded_letter_or_none() {
    let items = items();
    let facts = Facts {
        shop_name: "Mill & Sons",
        postal_address: "1 Mill Lane",
        first_name: Some("<i>Ann</i>"),
        items: &items,
        discount_minor: 100,
        total_minor: 1_250,
        currency: Currency::parse("USD").expect("a currency"),
        coupon: None,
        restore_url: Some("https://mail.example/r/abc"),
        unsubscribe_url: "https://mail.example/u/abc",
        honeypot_url: None,
        pixel_url: None,
    };
    let data = [("Colour".to_owned(), "red <i>".to_owned())];
    let extra = Extra { email: "ann@example.com", site_id: "shop=", step: 2, data: &data };
    let written = std::cell::Cell::new(0);
    fuzz("tests/fuzz/seeds/templates.txt", &(template(), 0..3), |(source, part)| {
        let template = Template {
            subject: (part == 0).then(|| source.clone()),
            html: (part == 1).then(|| source.clone()),
            text: (part == 2).then(|| source.clone()),
        };
        let saved = template.check();
        let made = template.compose(Reminder::First, &facts, &extra);
        prop_assert!(saved.is_ok() || made.is_err(), "what could not be saved is written all the same");
        if let Ok(letter) = made {
            written.set(written.get() + 1);
            prop_assert!(letter.subject.len() <= LONGEST && !letter.subject.contains(['\r', '\n']));
            prop_assert!(letter.html.len() <= LONGEST && letter.text.len() <= LONGEST);
            prop_assert!(letter.html.contains("mail.example") && letter.text.contains(facts.unsubscribe_url));
            prop_assert!(source.contains("<i>Ann") || !letter.html.contains("<i>Ann"), "a value is not escaped");
        }
        prop_assert!(peak_memory() < MOST_MEMORY, "{} kB were held", peak_memory());
        Ok(())
    });
    println!("{} letters were written", written.get());
    assert!(written.get() > 0);
}
