//! The three reminders that a shop has without writing any of its own: what each says, as HTML and as text. Mail
//! programs are older than browsers, so the HTML is tables with inline styles, and reads well without pictures.

use std::fmt::Write as _;

use super::coupons::Offer;
use crate::domain::Currency;
use crate::domain::carts::Item;
use crate::domain::links::is_web_link;

/// One of the default reminders, by its place in the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminder {
    /// Half an hour after the cart was left: it is still there.
    First,
    /// A day after: whether there is a question.
    Second,
    /// Four days after: the last one.
    Third,
}

impl Reminder {
    /// Every reminder, in the order in which they are sent.
    pub const ALL: [Reminder; 3] = [Reminder::First, Reminder::Second, Reminder::Third];

    /// The reminder of a step, which is 1 for the first.
    pub fn of_step(step: i64) -> Option<Reminder> {
        usize::try_from(step).ok()?.checked_sub(1).and_then(|at| Reminder::ALL.get(at).copied())
    }

    /// How long after the abandonment it is due.
    pub fn delay_secs(self) -> i64 {
        match self {
            Reminder::First => 30 * 60,
            Reminder::Second => 86_400,
            Reminder::Third => 4 * 86_400,
        }
    }

    /// Its subject line.
    pub fn subject(self, shop_name: &str) -> String {
        // A line break in a header would begin another header.
        let shop = one_line(shop_name);
        match self {
            Reminder::First => format!("You left something behind at {shop}"),
            Reminder::Second => format!("Your cart at {shop} is still here"),
            Reminder::Third => format!("Last call for your cart at {shop}"),
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Reminder::First => "Still thinking it over?",
            Reminder::Second => "We kept your cart for you",
            Reminder::Third => "Before we clear your cart",
        }
    }

    fn opening(self) -> &'static str {
        match self {
            Reminder::First => "you left these in your cart. They are saved, and one click brings you back to them.",
            Reminder::Second => {
                "your cart is just as you left it. If a question kept you from ordering, simply reply to this letter: \
                 a person reads it."
            }
            Reminder::Third => {
                "this is the last time that we write about this cart. What is in it may sell out, so take it home \
                 while it is there."
            }
        }
    }
}

/// What a letter is made from.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Who writes.
    pub shop_name: &'a str,
    /// Where the shop can be found; every such letter must say it.
    pub postal_address: &'a str,
    /// Whom it greets, where a name is known.
    pub first_name: Option<&'a str>,
    /// The cart's lines.
    pub items: &'a [Item],
    /// Taken off what the lines add up to, minor units.
    pub discount_minor: i64,
    /// What the shopper would pay, minor units.
    pub total_minor: i64,
    /// Of every amount here.
    pub currency: Currency,
    /// The coupon that it shows.
    pub coupon: Option<&'a Offer>,
    /// Where the cart is restored.
    pub restore_url: Option<&'a str>,
    /// Where these letters are ended.
    pub unsubscribe_url: &'a str,
    /// A link that no reader can see; whoever follows it is a machine.
    pub honeypot_url: Option<&'a str>,
    /// A picture that says that the letter was shown.
    pub pixel_url: Option<&'a str>,
}

/// A letter, ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// One line.
    pub subject: String,
    /// For programs that show HTML.
    pub html: String,
    /// The same for those that do not.
    pub text: String,
}

/// Writes a reminder. Everything that came from outside is escaped, and only web links become links.
pub fn compose(reminder: Reminder, facts: &Facts) -> Composed {
    Composed { subject: reminder.subject(facts.shop_name), html: html(reminder, facts), text: text(reminder, facts) }
}

const FONT: &str = "font-family:Georgia,'Times New Roman',serif";

fn html(reminder: Reminder, facts: &Facts) -> String {
    let shop = escape(facts.shop_name);
    let rows: String = facts.items.iter().map(|item| html_line(item, facts.currency)).collect();
    let total = price(facts.currency, facts.total_minor);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{subject}</title></head>\n\
         <body style=\"margin:0;padding:0;background:#f4f1ea\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr>\
         <td align=\"center\" style=\"padding:24px 12px\">\n\
         <table role=\"presentation\" width=\"560\" cellpadding=\"0\" cellspacing=\"0\" \
         style=\"width:100%;max-width:560px;background:#ffffff;{FONT};color:#2b2b2b\">\n\
         <tr><td style=\"padding:28px 32px 0;font-size:15px;letter-spacing:2px;color:#5d6b4e\">{shop}</td></tr>\n\
         <tr><td style=\"padding:12px 32px 0;font-size:26px;line-height:34px\">{heading}</td></tr>\n\
         <tr><td style=\"padding:12px 32px 20px;font-size:16px;line-height:25px\">{greeting}<br>{opening}</td></tr>\n\
         <tr><td style=\"padding:0 32px\"><table role=\"presentation\" width=\"100%\" cellpadding=\"0\" \
         cellspacing=\"0\" style=\"font-size:15px;line-height:22px\">\n{rows}{discount}\
         <tr><td colspan=\"2\" style=\"padding:14px 0;border-top:2px solid #5d6b4e\"><strong>Total</strong></td>\
         <td align=\"right\" style=\"padding:14px 0;border-top:2px solid #5d6b4e\"><strong>{total}</strong></td>\
         </tr>\n</table></td></tr>\n{coupon}{button}{footer}</table>\n</td></tr></table>\n{unseen}</body>\n</html>\n",
        subject = escape(&reminder.subject(facts.shop_name)),
        heading = reminder.heading(),
        greeting = escape(&greeting(facts)),
        opening = reminder.opening(),
        discount = html_discount(facts),
        coupon = facts.coupon.map_or(String::new(), Offer::html),
        button = html_button(facts),
        footer = html_footer(facts),
        unseen = html_unseen(facts),
    )
}

fn html_line(item: &Item, currency: Currency) -> String {
    let cell = "padding:10px 0;border-top:1px solid #e4dfd3";
    let picture = item.image_url.as_deref().filter(|url| is_web_link(url)).map_or(String::new(), |url| {
        format!("<img src=\"{}\" width=\"56\" alt=\"\" style=\"display:block;border:0\">", escape(url))
    });
    let name = escape(name_of(item));
    let name = match item.url.as_deref().filter(|url| is_web_link(url)) {
        Some(url) => format!("<a href=\"{}\" style=\"color:#2b2b2b\">{name}</a>", escape(url)),
        None => name,
    };
    let width = if picture.is_empty() { 1 } else { 68 };
    format!(
        "<tr><td width=\"{width}\" style=\"{cell}\">{picture}</td><td style=\"{cell}\">{name}{quantity}</td>\
         <td align=\"right\" style=\"{cell}\">{amount}</td></tr>\n",
        quantity = if item.quantity > 1 { format!(" &times;&nbsp;{}", item.quantity) } else { String::new() },
        amount = price(currency, line_total(item)),
    )
}

/// What makes the total less than its lines, where something does.
fn html_discount(facts: &Facts) -> String {
    if facts.discount_minor <= 0 {
        return String::new();
    }
    let cell = "padding:10px 0;border-top:1px solid #e4dfd3";
    format!(
        "<tr><td colspan=\"2\" style=\"{cell}\">Discount</td><td align=\"right\" style=\"{cell}\">&minus;{}</td></tr>\n",
        price(facts.currency, facts.discount_minor)
    )
}

fn html_button(facts: &Facts) -> String {
    facts.restore_url.filter(|url| is_web_link(url)).map_or(String::new(), |url| {
        format!(
            "<tr><td align=\"center\" style=\"padding:16px 32px 28px\"><a href=\"{}\" style=\"display:inline-block;\
             padding:14px 30px;background:#5d6b4e;color:#ffffff;text-decoration:none;font-size:16px\">\
             Back to your cart</a></td></tr>\n",
            escape(url)
        )
    })
}

fn html_footer(facts: &Facts) -> String {
    format!(
        "<tr><td style=\"padding:18px 32px 28px;border-top:1px solid #e4dfd3;font-size:12px;line-height:19px;\
         color:#6f6a60\">Don't want to receive checkout reminder emails? <a href=\"{}\" style=\"color:#6f6a60\">\
         Unsubscribe</a><br>{}</td></tr>\n",
        escape(facts.unsubscribe_url),
        escape(&sender(facts)),
    )
}

/// What no reader sees: neither on a screen, nor by ear, nor on the way of the tabulator key.
pub(super) fn html_unseen(facts: &Facts) -> String {
    let link = facts.honeypot_url.map_or(String::new(), |url| {
        format!("<a href=\"{}\" style=\"display:none\" aria-hidden=\"true\" tabindex=\"-1\"></a>\n", escape(url))
    });
    let picture = facts.pixel_url.map_or(String::new(), |url| {
        format!("<img src=\"{}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;border:0\">\n", escape(url))
    });
    link + &picture
}

fn text(reminder: Reminder, facts: &Facts) -> String {
    let mut text = format!("{}\n{}\n\n", greeting(facts), reminder.opening());
    for item in facts.items {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {} x {}  {}",
            item.quantity,
            one_line(name_of(item)),
            price(facts.currency, line_total(item))
        );
    }
    if facts.discount_minor > 0 {
        let _ = writeln!(text, "  Discount  -{}", price(facts.currency, facts.discount_minor));
    }
    let _ = write!(text, "\nTotal: {}\n", price(facts.currency, facts.total_minor));
    if let Some(offer) = facts.coupon {
        text.push_str(&offer.text());
    }
    if let Some(url) = facts.restore_url.filter(|url| is_web_link(url)) {
        let _ = write!(text, "\nBack to your cart: {}\n", one_line(url));
    }
    let _ = write!(
        text,
        "\n-- \n{}\nDon't want to receive checkout reminder emails? {}\n",
        sender(facts),
        one_line(facts.unsubscribe_url)
    );
    text
}

/// Who writes and where from. Without an address nothing leaves for real people, but a preview may lack it.
fn sender(facts: &Facts) -> String {
    let parts = [one_line(facts.shop_name), one_line(facts.postal_address)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn greeting(facts: &Facts) -> String {
    match facts.first_name.map(one_line).filter(|name| !name.is_empty()) {
        Some(name) => format!("Dear {name},"),
        None => "Hello,".to_owned(),
    }
}

fn name_of(item: &Item) -> &str {
    item.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&item.product_id)
}

fn line_total(item: &Item) -> i64 {
    item.unit_price.saturating_mul(item.quantity)
}

/// An amount as a shopper reads it: with the sign that everybody knows, else with the currency's code.
pub(super) fn price(currency: Currency, minor: i64) -> String {
    let amount = currency.major(minor);
    match currency.code() {
        "USD" => format!("${amount}"),
        "EUR" => format!("€{amount}"),
        "GBP" => format!("£{amount}"),
        "JPY" => format!("¥{amount}"),
        code => format!("{code} {amount}"),
    }
}

/// The text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The text as it stands between tags and inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, url: &str) -> Item {
        Item {
            id: "ci_1".into(),
            product_id: "p1".into(),
            variant_id: None,
            name: Some(name.into()),
            sku: None,
            quantity: 2,
            unit_price: 1_250,
            image_url: None,
            url: Some(url.into()),
            notes: None,
            metadata: None,
        }
    }

    fn letter(items: &[Item], currency: &str, restore_url: &str) -> Composed {
        let facts = Facts {
            shop_name: "Larch & Linen",
            postal_address: "1 Mill Lane, Hudson NY",
            first_name: Some("Ann"),
            items,
            discount_minor: 0,
            total_minor: 2_500,
            currency: Currency::parse(currency).unwrap(),
            coupon: None,
            restore_url: Some(restore_url),
            unsubscribe_url: "https://shop.example/stop?a=1&b=2",
            honeypot_url: None,
            pixel_url: None,
        };
        compose(Reminder::First, &facts)
    }

    #[test]
    fn what_came_from_outside_is_escaped() {
        let composed = letter(&[item("<script>alert('x')</script>", "https://shop.example/p")], "USD", "https://r");
        assert!(!composed.html.contains("<script"), "{}", composed.html);
        assert!(composed.html.contains("&lt;script&gt;alert(&#39;x&#39;)"));
        assert!(composed.html.contains("Larch &amp; Linen"));
        assert!(composed.html.contains("https://shop.example/stop?a=1&amp;b=2"));
        assert!(composed.text.contains("https://shop.example/stop?a=1&b=2"));
    }

    #[test]
    fn a_link_that_leads_into_a_script_is_left_out() {
        let composed = letter(&[item("Vase", "javascript:alert(1)")], "USD", "data:text/html,x");
        assert!(!composed.html.contains("javascript:") && !composed.html.contains("data:"));
        assert!(!composed.text.contains("data:"));
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let yen = letter(&[item("Vase", "https://shop.example/p")], "JPY", "https://r");
        assert!(yen.text.contains("Total: ¥2500\n"), "{}", yen.text);
        let dinar = letter(&[item("Vase", "https://shop.example/p")], "KWD", "https://r");
        assert!(dinar.text.contains("Total: KWD 2.500\n"), "{}", dinar.text);
    }

    #[test]
    fn a_subject_is_one_line_whatever_the_shop_is_called() {
        assert_eq!(
            Reminder::First.subject("A\r\nBcc: b@example.com"),
            "You left something behind at A Bcc: b@example.com"
        );
    }

    #[test]
    fn a_step_beyond_the_third_has_no_default_letter() {
        assert_eq!(Reminder::of_step(3), Some(Reminder::Third));
        assert_eq!((Reminder::of_step(0), Reminder::of_step(4)), (None, None));
    }
}
