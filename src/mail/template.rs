//! Letters that a shop writes itself. The language is a small part of Jinja: values, `if`, `for` and a few filters,
//! besides the vendor's `%%Name%%`. A template is checked when it is saved, and letters are written from it for a try,
//! so that sending meets no error.

use std::collections::BTreeMap;
use std::io;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, filters};

use super::gate::gate;
use super::letters::{Composed, Facts, Reminder, compose, price};
use super::sample;
use crate::domain::{Error, Result};

/// The longest part of a letter that comes out of one, in bytes.
const LONGEST_OUTPUT: usize = 256 * 1024;
/// Steps of the engine for one part.
const FUEL: u64 = 100_000;
const RECURSION: usize = 16;

/// A letter in the shop's own words. What is absent is as shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// One line.
    pub subject: Option<String>,
    /// For programs that show HTML.
    pub html: Option<String>,
    /// For those that do not.
    pub text: Option<String>,
}

/// What the vendor's variables say beyond the facts of a letter.
#[derive(Clone, Debug, Default)]
pub struct Extra<'a> {
    /// To whom.
    pub email: &'a str,
    /// The shop's public id.
    pub site_id: &'a str,
    /// 1 for the first letter of its sequence.
    pub step: i64,
    /// What the shop sent for e-mail variables, by name.
    pub data: &'a [(String, String)],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Subject,
    Html,
    Text,
}

impl Template {
    /// Says what is wrong with it, by part and line, before anybody depends on it.
    pub fn check(&self) -> Result<()> {
        for (name, part, source) in self.parts() {
            let gated = gate(source).map_err(|reason| Error::malformed(name, reason))?;
            environment(part)
                .template_from_str(&gated)
                .map_err(|e| Error::malformed(name, fault("read", &e, "bad syntax")))?;
            // What is only met when a letter is written, such as a sum of texts, is met now.
            sample::try_out(|facts, extra| render(part, source, facts, extra).map(drop))
                .map_err(|e| e.in_field(name))?;
        }
        Ok(())
    }

    fn parts(&self) -> impl Iterator<Item = (&'static str, Part, &str)> {
        [("subject", Part::Subject, &self.subject), ("html", Part::Html, &self.html), ("text", Part::Text, &self.text)]
            .into_iter()
            .filter_map(|(name, part, source)| Some((name, part, source.as_deref()?)))
    }

    /// Writes the letter of a step. What the shop did not write is as shipped; the postal address and the way out are
    /// put in where the shop left them out. Errors are of templates that were never checked, or grew too large.
    pub fn compose(&self, reminder: Reminder, facts: &Facts, extra: &Extra) -> Result<Composed> {
        let mut letter = compose(reminder, facts);
        if let Some(subject) = &self.subject {
            let line = render(Part::Subject, subject, facts, extra)?;
            letter.subject = line.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if let Some(html) = &self.html {
            letter.html = with_html_footer(render(Part::Html, html, facts, extra)?, facts);
        }
        if let Some(text) = &self.text {
            letter.text = with_text_footer(render(Part::Text, text, facts, extra)?, facts);
        }
        Ok(letter)
    }
}

fn environment(part: Part) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(move |_| match part {
        Part::Html => AutoEscape::Html,
        Part::Subject | Part::Text => AutoEscape::None,
    });
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION);
    environment.add_filter("default", filters::default);
    environment.add_filter("d", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("upper", filters::upper);
    environment
}

/// Why a template cannot be read or written, and where.
fn fault(what: &str, error: &minijinja::Error, otherwise: &str) -> String {
    let line = error.line().map_or(String::new(), |line| format!(" on line {line}"));
    format!("cannot be {what}{line}: {}", error.detail().unwrap_or(otherwise))
}

fn render(part: Part, source: &str, facts: &Facts, extra: &Extra) -> Result<String> {
    let gated = gate(source).map_err(|reason| Error::malformed("template", reason))?;
    let failed = |e: minijinja::Error| Error::malformed("template", fault("written", &e, &e.kind().to_string()));
    let environment = environment(part);
    let template = environment.template_from_str(&gated).map_err(failed)?;
    let mut page = Page::default();
    let rendered = template.render_captured_to(Value::from(values(part, facts, extra)), &mut page);
    if page.is_full {
        return Err(Error::refused("template", "makes a letter that is too long"));
    }
    rendered.map_err(failed)?;
    String::from_utf8(page.bytes).map_err(|_| Error::malformed("template", "makes no text"))
}

/// Takes what is written until it is too long, so that a loop over much text stops there and not when memory ends.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Page {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.is_full |= self.bytes.len() + more.len() > LONGEST_OUTPUT;
        if self.is_full {
            return Err(io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The values that a template can name.
fn values(part: Part, facts: &Facts, extra: &Extra) -> BTreeMap<String, Value> {
    let price = |minor: i64| price(facts.currency, minor);
    let items: Vec<Value> = facts
        .items
        .iter()
        .map(|item| {
            let name = item.name.as_deref().unwrap_or(&item.product_id);
            let fields = [
                ("name", name.to_owned()),
                ("quantity", item.quantity.to_string()),
                ("price", price(item.unit_price)),
                ("total", price(item.unit_price.saturating_mul(item.quantity))),
                ("sku", item.sku.clone().unwrap_or_default()),
                ("url", item.url.clone().unwrap_or_default()),
                ("image_url", item.image_url.clone().unwrap_or_default()),
            ];
            fields.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<BTreeMap<_, _>>()
        })
        .map(Value::from)
        .collect();
    let mut values = BTreeMap::new();
    let texts = [
        ("shop_name", facts.shop_name.to_owned()),
        ("postal_address", facts.postal_address.to_owned()),
        ("first_name", facts.first_name.unwrap_or_default().to_owned()),
        ("discount", if facts.discount_minor > 0 { price(facts.discount_minor) } else { String::new() }),
        ("total", price(facts.total_minor)),
        ("restore_url", facts.restore_url.unwrap_or_default().to_owned()),
        ("unsubscribe_url", facts.unsubscribe_url.to_owned()),
        ("coupon_code", facts.coupon.map(|offer| offer.code.clone()).unwrap_or_default()),
        ("coupon_description", facts.coupon.map(|offer| offer.description.clone()).unwrap_or_default()),
        ("coupon_expires", facts.coupon.and_then(|offer| offer.expires.clone()).unwrap_or_default()),
        ("email", extra.email.to_owned()),
        ("step", extra.step.to_string()),
    ];
    values.extend(texts.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
    values.insert("items".into(), Value::from(items));
    values.insert("vars".into(), Value::from(variables(part, facts, extra)));
    values
}

/// The vendor's variables, by name in lower case.
fn variables(part: Part, facts: &Facts, extra: &Extra) -> BTreeMap<String, Value> {
    let mut variables: BTreeMap<String, Value> =
        extra.data.iter().map(|(name, value)| (name.to_lowercase(), Value::from(value.as_str()))).collect();
    variables.insert("emailaddress".into(), Value::from(extra.email));
    variables.insert("siteid".into(), Value::from(extra.site_id));
    variables.insert("index".into(), Value::from(extra.step));
    if let Some(offer) = facts.coupon {
        variables.insert("couponcode".into(), Value::from(offer.code.as_str()));
        variables.insert("coupondescription".into(), Value::from(offer.description.as_str()));
        variables.insert("couponexpires".into(), Value::from(offer.expires.clone().unwrap_or_default()));
    }
    let lines = facts.items.iter().map(|item| {
        let name = item.name.as_deref().unwrap_or(&item.product_id);
        (name, format!("{} × {}", item.quantity, price(facts.currency, item.unit_price)))
    });
    let list = match part {
        Part::Html => {
            let rows: String =
                lines.map(|(name, amount)| format!("<li>{}, {}</li>", escaped(name), escaped(&amount))).collect();
            Value::from_safe_string(format!("<ul>{rows}</ul>"))
        }
        Part::Subject | Part::Text => {
            Value::from(lines.map(|(name, amount)| format!("{name}, {amount}")).collect::<Vec<_>>().join("\n"))
        }
    };
    variables.insert("cartitems".into(), list);
    variables
}

/// The vendor's footer, and the shop's address, where a template has none of its own.
fn with_html_footer(mut html: String, facts: &Facts) -> String {
    let mut footer = String::new();
    if !html.contains(&escaped(facts.unsubscribe_url)) && !html.contains(facts.unsubscribe_url) {
        footer.push_str(&format!(
            "<p>Don't want to receive checkout reminder emails? <a href=\"{}\">Unsubscribe</a></p>",
            super::letters::escape(facts.unsubscribe_url)
        ));
    }
    if !facts.postal_address.is_empty() && !html.contains(&escaped(facts.postal_address)) {
        footer.push_str(&format!("<p>{}</p>", super::letters::escape(facts.postal_address)));
    }
    footer.push_str(&super::letters::html_unseen(facts));
    let at = html.rfind("</body>").unwrap_or(html.len());
    html.insert_str(at, &footer);
    html
}

fn with_text_footer(mut text: String, facts: &Facts) -> String {
    if !text.contains(facts.unsubscribe_url) {
        text.push_str(&format!(
            "\n\nDon't want to receive checkout reminder emails? Unsubscribe: {}\n",
            facts.unsubscribe_url
        ));
    }
    if !facts.postal_address.is_empty() && !text.contains(facts.postal_address) {
        text.push_str(&format!("\n{}\n", facts.postal_address));
    }
    text
}

/// Text inside HTML, as the engine escapes it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;")
        .replace('/', "&#x2f;")
}

#[cfg(test)]
mod tests {
    use super::super::gate::{LONGEST, LONGEST_TAG};
    use super::*;
    use crate::domain::Currency;

    fn facts() -> Facts<'static> {
        Facts {
            shop_name: "Mill & Sons",
            postal_address: "1 Mill Lane",
            first_name: Some("<b>Ann</b>"),
            items: &[],
            discount_minor: 0,
            total_minor: 1_250,
            currency: Currency::parse("USD").unwrap(),
            coupon: None,
            restore_url: None,
            unsubscribe_url: "https://mail.example/u/abc",
            honeypot_url: None,
            pixel_url: None,
        }
    }

    fn written(template: Template) -> Composed {
        template.check().unwrap();
        let data = [("Colour".to_owned(), "red <i>".to_owned())];
        let extra = Extra { email: "ann@example.com", site_id: "shop=", step: 2, data: &data };
        template.compose(Reminder::Second, &facts(), &extra).unwrap()
    }

    fn html(source: &str) -> String {
        written(Template { html: Some(source.into()), ..Template::default() }).html
    }

    #[test]
    fn values_are_escaped_in_html_and_not_in_text() {
        assert!(html("<p>{{ first_name }}</p>").starts_with("<p>&lt;b&gt;Ann&lt;&#x2f;b&gt;</p>"));
        let text = written(Template { text: Some("Hello {{ first_name }}".into()), ..Template::default() }).text;
        assert!(text.starts_with("Hello <b>Ann</b>"));
    }

    #[test]
    fn the_vendors_variables_are_matched_without_regard_to_letter_case() {
        let shown = html("%%EMAILADDRESS%% %%colour%% %%Index%% %%SiteID%% %%unknown%% 100%%");
        assert!(shown.starts_with("ann@example.com red &lt;i&gt; 2 shop=  100%%"), "{shown}");
    }

    #[test]
    fn a_template_gets_the_way_out_and_the_address_that_it_lacks_and_no_second_ones() {
        let bare = html("<body>Hi</body>");
        assert!(
            bare.contains("Don't want to receive checkout reminder emails?") && bare.contains("1 Mill Lane</p></body>")
        );
        let own = html("<a href=\"{{ unsubscribe_url }}\">stop</a> {{ postal_address }}");
        assert!(!own.contains("Don't want"), "{own}");
        assert_eq!(own.matches("1 Mill Lane").count(), 1);
    }

    #[test]
    fn a_subject_is_one_line() {
        let letter = written(Template { subject: Some("Hi\n{{ shop_name }}\r\nBcc: x".into()), ..Template::default() });
        assert_eq!(letter.subject, "Hi Mill & Sons Bcc: x");
    }

    #[test]
    fn whatever_could_grow_without_end_is_refused_when_it_is_saved() {
        for source in [
            "{{ 'x' * 1000000000 }}",
            "{{ 'x'|indent(1000000000) }}",
            "{% set a = 'x' %}",
            "{% macro f() %}{% endmacro %}",
            "{% include 'x' %}",
            "{{ a ~ a }}",
            "{{ 2 ** 64 }}",
            // A closing in quotes closes nothing, and neither does the brace of a map.
            "{{ \"}}\" * 100000000 }}",
            "{{ '\\'}}' * 100000000 }}",
            "{{ {'a':{'b':'x'}}['a']['b'] * 100000000 }}",
            "{% if '%}' %}{% endif %}{{ '}}'|indent(9) }}",
            "{% for a in items recursive %}{{ loop(items) }}{% endfor %}",
            "{% if %}",
            "{{ unfinished",
            "{% for x in items %}",
        ] {
            let fault = Template { html: Some(source.into()), ..Template::default() }.check();
            assert!(fault.is_err(), "{source}");
        }
        let tag = format!("{{{{ '{}'|upper }}}}", "x".repeat(LONGEST_TAG));
        for long in ["x".repeat(LONGEST + 1), tag] {
            assert!(Template { text: Some(long), ..Template::default() }.check().is_err());
        }
    }

    #[test]
    fn what_is_only_met_when_a_letter_is_written_is_refused_when_it_is_saved() {
        for source in [
            "<p>\n{{ total + 1 }}</p>",
            "{{ unknown|first }}",
            "{% for a in step|length %}{% endfor %}",
            // One branch with a coupon and one without: both are tried.
            "{% if coupon_code %}{{ total + 1 }}{% endif %}",
            "{% if not coupon_code %}{{ total + 1 }}{% endif %}",
            "{% if discount %}{{ total + 1 }}{% endif %}",
        ] {
            let fault = Template { text: Some(source.into()), ..Template::default() }.check().unwrap_err().to_string();
            assert!(fault.contains("text") && fault.contains("cannot be written on line"), "{source}: {fault}");
        }
        // What a cart may lack is blank, however deep it is asked for.
        let shown = html("<p>{{ items[0].name }}{{ (items|first).name }}{{ vars.gift.wrap }}%%Gift%%</p>");
        assert!(shown.starts_with("<p></p>"), "{shown}");
    }

    #[test]
    fn a_loop_over_much_text_stops_where_a_letter_is_too_long() {
        let loops = "{% for a in email %}".repeat(3) + &"x".repeat(60_000) + &"{% endfor %}".repeat(3);
        let template = Template { html: Some(loops), ..Template::default() };
        assert!(template.check().unwrap_err().to_string().contains("too long"));
        let extra = Extra { email: "ann@example.com", ..Extra::default() };
        assert!(template.compose(Reminder::First, &facts(), &extra).unwrap_err().to_string().contains("too long"));
    }

    #[test]
    fn endless_work_ends() {
        let loops = "{% for a in range %}".to_owned() + "{% endfor %}";
        assert!(html(&loops).contains("Unsubscribe"));
        let deep = "{% for a in items %}".repeat(40) + &"{% endfor %}".repeat(40);
        let template = Template { html: Some(deep), ..Template::default() };
        // Refused or rendered, but never a panic.
        drop(template.check().and_then(|()| template.compose(Reminder::First, &facts(), &Extra::default())));
    }
}
