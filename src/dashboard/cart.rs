//! One cart: what is in it, what happened, why letters left or did not, and what can be done about it.

use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Visit, go_to, page};
use super::kit::{Badge, Confirm, Tone};
use super::shell::Shell;
use super::show::{self, Moment};
use super::{carts as list, erasure, words};
use crate::domain::carts::{Cart, CartStatus, Class, Item};
use crate::domain::letters::Decision;
use crate::domain::links::is_web_link;
use crate::domain::messages::{Event, Message, MessageStatus};
use crate::domain::{Error, Result, Site, Timestamp};
use crate::ops::by_hand;
use crate::ops::carts::story::{self, Story};
use crate::ops::purchases::{self, Conversion};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/carts/{id}", web::get().to(show_it))
        .route("/carts/{id}/erase", web::post().to(erase))
        .route("/carts/{id}/stop", web::post().to(stop))
        .route("/carts/{id}/go-on", web::post().to(go_on))
        .route("/carts/{id}/send-now", web::post().to(send_now))
        .route("/carts/{id}/bought", web::post().to(bought));
}

#[derive(Template)]
#[template(path = "cart.html")]
struct Page {
    shell: Shell,
    who: String,
    state: Badge,
    facts: Vec<(&'static str, String)>,
    restore_url: Option<String>,
    lines: Vec<Line>,
    sums: Vec<(&'static str, String)>,
    entries: Vec<Entry>,
    decisions: Vec<Decided>,
    acts: Vec<Confirm>,
    /// Where "mark bought" posts to, and the cart's total for its field; absent where it cannot be.
    bought: Option<(String, String)>,
}

/// A line of the cart.
struct Line {
    name: String,
    url: Option<String>,
    about: String,
    quantity: String,
    price: String,
    sum: String,
}

/// Something that happened.
struct Entry {
    at: Timestamp,
    time: Moment,
    tone: &'static str,
    title: String,
    detail: String,
}

/// Why a letter left or did not.
struct Decided {
    step: i64,
    time: Moment,
    outcome: Badge,
    why: &'static str,
    until: Option<Moment>,
}

async fn show_it(visit: Visit, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let story = visit.read(move |tx, who| story::of(tx, &who.site, &id)).await?;
    let (site, cart) = (&visit.who.site, &story.full.cart);
    let base = format!("/dashboard/carts/{}", askama::filters::urlencode_strict(&cart.id).map_err(Error::internal)?);
    let may = visit.may("POST", &base);
    let mut acts = if may { acts(&visit.csrf()?, &base, &story) } else { Vec::new() };
    if cart.email.is_some() && visit.may("POST", &format!("{base}/erase")) {
        acts.push(erasure::button(&visit.csrf()?, &base));
    }
    let bought = (may && cart.status.is_open()).then(|| (format!("{base}/bought"), cart.currency.major(cart.total)));
    let who = list::who(cart);
    page(&Page {
        shell: visit.shell(format!("Cart of {who}"), "/dashboard/carts")?,
        who,
        state: list::state(cart),
        facts: facts(cart),
        restore_url: cart.restore_url.clone().filter(|url| is_web_link(url)),
        lines: story.full.items.iter().map(|item| line(cart, item)).collect(),
        sums: sums(cart),
        entries: entries(site, &story),
        decisions: story.decisions.iter().map(|one| decided(site, one)).collect(),
        acts,
        bought,
    })
}

fn facts(cart: &Cart) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Cart", cart.id.clone()), ("Channel", cart.channel.to_string())];
    let known = [
        ("Customer", &cart.customer_id),
        ("Order", &cart.order_id),
        ("Language", &cart.locale),
        ("Visit", &cart.session_id),
    ];
    facts.extend(known.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    facts
}

fn line(cart: &Cart, item: &Item) -> Line {
    let more = [("", &item.variant_id), ("SKU ", &item.sku)];
    let about = more.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", value.as_ref()?)));
    Line {
        name: item.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| item.product_id.clone()),
        url: item.url.clone().filter(|url| is_web_link(url)),
        about: about.collect::<Vec<_>>().join(" · "),
        quantity: show::count(item.quantity),
        price: show::money(cart.currency, item.unit_price),
        sum: show::money(cart.currency, item.unit_price.saturating_mul(item.quantity)),
    }
}

fn sums(cart: &Cart) -> Vec<(&'static str, String)> {
    let parts = [("Discount", -cart.discount), ("Tax", cart.tax), ("Shipping", cart.shipping)];
    let parts = parts.into_iter().filter(|(_, amount)| *amount != 0);
    let sums = parts.chain([("Total", cart.total)]);
    sums.map(|(name, amount)| (name, show::money(cart.currency, amount))).collect()
}

/// Everything that happened, oldest first; what is still to come stands last.
fn entries(site: &Site, story: &Story) -> Vec<Entry> {
    let cart = &story.full.cart;
    let entry = |at, tone: Tone, title: String, detail: String| Entry {
        at,
        time: show::moment(&site.zone, at),
        tone: tone.class(),
        title,
        detail,
    };
    let mut entries = vec![entry(cart.created_at, Tone::Plain, "Cart made".into(), String::new())];
    if let Some(first) = cart.first_abandoned_at {
        entries.push(entry(first, Tone::Warn, "Abandoned".into(), String::new()));
    }
    if let Some(again) = cart.abandoned_at.filter(|at| cart.first_abandoned_at != Some(*at)) {
        entries.push(entry(again, Tone::Warn, "Abandoned again".into(), String::new()));
    }
    if cart.status == CartStatus::Expired {
        entries.push(entry(cart.expires_at, Tone::Plain, "Expired".into(), String::new()));
    }
    for (letter, events) in &story.letters {
        let (at, tone, title) = told(letter);
        entries.push(entry(at, tone, title, about(letter)));
        entries.extend(events.iter().map(|event| {
            let (tone, what) = words::event(event.kind);
            let tone = if event.class == Class::Machine { Tone::Plain } else { tone };
            entry(event.at, tone, format!("Letter {} {what}", letter.step), seen(event))
        }));
    }
    if let Some(purchase) = &story.purchase {
        let order = purchase.order_id.as_ref().map_or(String::new(), |order| format!(", order {order}"));
        let title = format!("Bought for {}", show::money(purchase.currency, purchase.total));
        entries.push(entry(purchase.at, Tone::Good, title, format!("Told by {}{order}", purchase.source)));
    }
    let by_other = story.recovered_by.as_ref().filter(|one| one.cart != Some(cart.no));
    if let Some(purchase) = by_other {
        let title = format!("Won back by a purchase of {}", show::money(purchase.currency, purchase.total));
        entries.push(entry(purchase.at, Tone::Good, title, "The shopper bought through another cart.".into()));
    }
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// When a letter's state began, and what it is.
fn told(letter: &Message) -> (Timestamp, Tone, String) {
    let step = letter.step;
    let (tone, title) = match letter.status {
        MessageStatus::Queued => (Tone::Info, format!("Letter {step} is due")),
        MessageStatus::Sending => (Tone::Info, format!("Letter {step} is on its way")),
        MessageStatus::Sent => (Tone::Good, format!("Letter {step} sent")),
        MessageStatus::Failed => (Tone::Bad, format!("Letter {step} was refused")),
        MessageStatus::Cancelled => (Tone::Plain, format!("Letter {step} planned, and not sent")),
        MessageStatus::Unknown => (Tone::Warn, format!("Letter {step} may have been sent")),
    };
    (letter.sent_at.or(letter.due_at).unwrap_or(letter.created_at), tone, title)
}

fn about(letter: &Message) -> String {
    let detail = letter.detail.as_deref().map(words::detail);
    let subject = Some(letter.subject.clone()).filter(|subject| !subject.is_empty());
    subject.into_iter().chain(detail).collect::<Vec<_>>().join(" · ")
}

fn seen(event: &Event) -> String {
    let rule = event.rule.as_ref().map_or(String::new(), |rule| format!(" (rule {rule})"));
    format!("{}{rule}", words::class(event.class))
}

fn decided(site: &Site, decision: &Decision) -> Decided {
    Decided {
        step: decision.step,
        time: show::moment(&site.zone, decision.at),
        outcome: words::outcome(decision.outcome),
        why: words::why(decision.reason),
        until: decision.until.map(|at| show::moment(&site.zone, at)),
    }
}

fn acts(csrf: &str, base: &str, story: &Story) -> Vec<Confirm> {
    let letters: Vec<Message> = story.letters.iter().map(|(letter, _)| letter.clone()).collect();
    let act = |path: &str, label: &str, question: &str, button: &str| {
        Confirm::new(csrf, format!("{base}/{path}"), label, question, button)
    };
    let mut acts = Vec::new();
    if story.full.cart.status == CartStatus::Abandoned {
        let question = "The next letter is looked at now instead of at its time. What forbids a letter, such as an \
                        unsubscribe or a cap, still holds; the reason then stands below.";
        acts.push(act("send-now", "Send now", question, "Send the next letter now"));
    }
    if letters.iter().any(|letter| letter.status == MessageStatus::Queued) {
        let question = "No further letter about this cart leaves, until its shopper leaves it once more.";
        acts.push(act("stop", "Pause letters", question, "Pause the letters"));
    } else if by_hand::is_stopped(&letters) && story.full.cart.status == CartStatus::Abandoned {
        acts.push(act("go-on", "Let letters go on", "The letter that was held back is planned again.", "Go on"));
    }
    acts
}

async fn erase(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let email = form.read(move |tx, who| Ok(story::of(tx, &who.site, &id)?.full.cart.email)).await?;
    erasure::erase(&form, email, "/dashboard/carts?done=erased").await
}

async fn stop(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let to = back(&id, "stopped")?;
    form.write(move |tx, who| by_hand::stop(tx, &who.site, &id)).await?;
    Ok(go_to(&to))
}

async fn go_on(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let to = back(&id, "gone-on")?;
    form.write(move |tx, who| by_hand::go_on(tx, &who.site, &id)).await?;
    Ok(go_to(&to))
}

async fn send_now(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let to = back(&id, "send-now")?;
    form.write(move |tx, who| by_hand::send_now(tx, &who.site, &id)).await?;
    Ok(go_to(&to))
}

async fn bought(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let to = back(&id, "bought")?;
    let order_id = form.fields.get("order_id").map(|text| text.trim().to_owned());
    let typed = form.fields.get("total").map(str::to_owned);
    form.write(move |tx, who| {
        let currency = story::of(tx, &who.site, &id)?.full.cart.currency;
        let amount = |text: String| {
            currency.parse_major(&text).ok_or_else(|| Error::malformed("total", "must be an amount such as 49.90"))
        };
        let told =
            Conversion { order_id, total: typed.map(amount).transpose()?, source: "dashboard", codes: Vec::new() };
        purchases::convert_cart(tx, &who.site, &id, told)
    })
    .await?;
    Ok(go_to(&to))
}

/// The cart's page with a notice.
fn back(id: &str, done: &str) -> Result<String> {
    let id = askama::filters::urlencode_strict(id).map_err(Error::internal)?;
    Ok(format!("/dashboard/carts/{id}?done={done}"))
}
