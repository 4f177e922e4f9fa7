//! The archive: what goes out comes in again, what is wrong is named and not written, and the figures stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cartwright::app::ManualClock;
use cartwright::cli::export::export_to;
use cartwright::cli::import::{Outcome, import};
use cartwright::domain::carts::{Cart, CartStatus, Channel, Class};
use cartwright::domain::keys::Scopes;
use cartwright::domain::loyalty::CampaignKind;
use cartwright::domain::messages::{Event, EventKind};
use cartwright::domain::purchases::Purchase;
use cartwright::domain::settings::Settings;
use cartwright::domain::sites::SiteStatus;
use cartwright::domain::stats::Figures;
use cartwright::domain::suppressions::Reason;
use cartwright::domain::time::parse_day;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::domain::{Currency, EmailAddress, Result, Site, Timestamp, Zone};
use cartwright::ops::archive::lines::{Kind, Line};
use cartwright::ops::archive::survey::Survey;
use cartwright::ops::archive::{apply, read};
use cartwright::ops::carts::{NewCart, NewConsent, NewItem};
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::{NewCampaign, NewEntry};
use cartwright::ops::messages::NewMessage;
use cartwright::ops::purchases::{Confirmation, Stated};
use cartwright::ops::sites::NewSite;
use cartwright::ops::users::NewUser;
use cartwright::ops::{carts, customers, keys, loyalty, messages, purchases, sites, stats, suppressions, users};
use cartwright::store::stats::DayFigures;
use cartwright::store::{self, Store, WriteTx};
use indicatif::ProgressBar;
use tempfile::TempDir;

const SITE: &str = "shop-1";
const SITE_LINE: &str = r#"{"type":"site","site_id":"shop-1","account_id":"shop_1","currency":"EUR"}"#;

/// A data folder with a store in it, and a clock that stands.
struct World {
    folder: TempDir,
    store: Store,
    hand: ManualClock,
}

impl World {
    fn empty() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let hand = ManualClock::starting_at(at("2024-03-01T12:00:00Z"));
        let store = Store::open(folder.path(), hand.clock()).expect("a store");
        World { folder, store, hand }
    }

    /// Does something at a time of 2024, such as `01-15T10:00`.
    fn when<T: Send + 'static>(
        &self,
        time: &str,
        act: impl FnOnce(&WriteTx, &Site) -> Result<T> + Send + 'static,
    ) -> T {
        self.hand.set(at(&format!("2024-{time}:00Z")));
        self.store.write(move |tx| act(tx, &sites::find(tx, SITE)?)).expect("an act")
    }

    fn file(&self, name: &str, lines: &[&str]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).expect("a file");
        path
    }

    fn take(&self, file: &Path) -> Outcome {
        import(&self.store, file, SITE, false, &ProgressBar::hidden()).expect("an outcome")
    }

    fn lines(&self, lines: &[&str]) -> Outcome {
        self.take(&self.file("lines.ndjson", lines))
    }

    /// The problems of lines that are wrong, as they are printed.
    fn refused(&self, lines: &[&str]) -> Vec<String> {
        match self.lines(lines) {
            Outcome::Wrong(problems) => problems.shown.iter().map(ToString::to_string).collect(),
            Outcome::Fine(counts) => panic!("taken: {counts:?}"),
        }
    }

    fn taken(&self, lines: &[&str]) {
        match self.lines(lines) {
            Outcome::Fine(_) => {}
            Outcome::Wrong(problems) => panic!("refused: {problems:?}"),
        }
    }

    fn site(&self) -> Site {
        self.store.read(|tx| sites::find(tx, SITE)).expect("the site")
    }

    fn export(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        export_to(&self.store, &self.site(), &path).expect("an export");
        std::fs::read(path).expect("the exported file")
    }

    fn cart(&self, id: &'static str) -> Cart {
        let site = self.site();
        self.store.read(|tx| store::carts::by_id(tx, site.no, id)).expect("a look").expect("the cart")
    }

    fn purchase(&self, id: &'static str) -> Purchase {
        let site = self.site();
        self.store.read(|tx| store::purchases::by_id(tx, site.no, id)).expect("a look").expect("the purchase")
    }

    fn days(&self) -> Vec<DayFigures> {
        let site = self.site();
        self.store.read(|tx| store::stats::all(tx, site.no)).expect("days")
    }

    fn total(&self) -> Figures {
        let mut total = Figures::default();
        self.days().into_iter().for_each(|day| total += day.figures);
        total
    }

    fn figures_are_what_the_rows_say(&self) {
        let site = self.site();
        let differences = self.store.read(|tx| stats::verify(tx, &site)).expect("a check");
        assert_eq!(differences, []);
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn new_cart(address: Option<&str>) -> NewCart {
    NewCart {
        email: address.map(email),
        customer_id: Some("c-7".into()),
        session_id: None,
        channel: Channel::Mobile,
        currency: None,
        locale: Some("de-DE".into()),
        items: vec![NewItem {
            product_id: "p-1".into(),
            variant_id: Some("red".into()),
            name: Some("Kettle \u{2028} \"blue\"".into()),
            sku: Some("K-1".into()),
            quantity: 2,
            unit_price: Some(1_250),
            image_url: Some("https://shop.example/p-1.png".into()),
            url: Some("https://shop.example/p-1".into()),
            notes: Some("gift".into()),
            metadata: Some(r#"{"b":null,"a":[1,2.5]}"#.into()),
        }],
        shipping_address: Some(r#"{"city":"Bonn"}"#.into()),
        expires_at: None,
        restore_url: Some("https://shop.example/cart".into()),
        order_id: None,
        metadata: Some("{}".into()),
        consent: address.map(|_| NewConsent { given: true, wording: Some("yes".into()), at: None }),
        class: Class::Human,
    }
}

fn letter(cart: &Cart) -> NewMessage {
    NewMessage {
        cart_id: cart.id.clone(),
        sequence_id: "seq".into(),
        step: 1,
        email: cart.email.clone().expect("an address"),
        subject: "Still there?".into(),
        html: Some("<p>Hello</p>".into()),
        text: None,
    }
}

fn confirmation(address: &str, order: &str) -> Confirmation {
    Confirmation {
        email: email(address),
        order_id: Some(order.into()),
        total: Stated::Minor(2_000),
        source: "cartstack",
    }
}

fn opened(time: &str, class: Class) -> Event {
    let evidence = Some(r#"{"agent":"x"}"#.to_owned());
    Event { kind: EventKind::Open, at: at(time), class, rule: Some("pixel".into()), evidence }
}

/// A shop in which everything happened that the archive knows.
fn lively() -> World {
    let world = World::empty();
    world
        .store
        .write(|tx| {
            let mut settings = Settings::default();
            settings.set("abandon_after", "45m")?;
            let new = NewSite {
                site_id: SITE.into(),
                account_id: "shop_1".into(),
                name: "A shop".into(),
                currency: Currency::parse("EUR")?,
                zone: Zone::parse("Europe/Berlin")?,
                status: SiteStatus::Paid,
                settings,
            };
            sites::add(tx, new).map(drop)
        })
        .expect("a site");
    people(&world);
    shopping(&world);
    world.taken(&[
        r#"{"type":"customer","id":"k","code":"1","card_number":"2","first_name":"K","last_name":"L","phone":"3","created_at":"2024-01-01T00:00:00Z"}"#,
        r#"{"type":"loyalty_campaign","id":"g","kind":"earned","created_at":"2024-01-01T00:00:00Z","reward_ratio":"0.01","earned_per_event":5}"#,
        r#"{"type":"loyalty_entry","id":"l","campaign_id":"g","customer_id":"k","at":"2024-01-02T00:00:00Z","amount":5,"description":"d"}"#,
        r#"{"type":"suppression","email":"eve@example.com","reason":"manual","at":"2024-01-02T00:00:00Z","ended_at":"2024-01-03T00:00:00Z"}"#,
        r#"{"type":"suppression","email_hash":"0000000000000000000000000000000000000000000000000000000000000001","reason":"bounce","at":"2024-01-02T00:00:00Z"}"#,
        r#"{"type":"message","id":"m","status":"failed","created_at":"2024-01-02T00:00:00Z","text":"Hello","events":[{"kind":"click","at":"2024-01-04T00:00:00Z"},{"kind":"bounce","at":"2024-01-03T00:00:00Z"}]}"#,
        r#"{"type":"cart","id":"c","email":"flo@example.com","order_id":"A-9","currency":"JPY","total":9,"created_at":"2024-01-02T00:00:00Z"}"#,
    ]);
    // An address whose carts are all closed, and a letter that waits.
    world.when("01-21T08:00", |tx, site| {
        purchases::confirm(tx, site, confirmation("ann@example.com", "A-4"))?;
        let cart = carts::create(tx, site, new_cart(Some("gus@example.com")))?.cart;
        messages::enqueue(tx, site, letter(&cart)).map(drop)
    });
    world
}

fn people(world: &World) {
    world.when("01-10T09:00", |tx, site| {
        let expires = Some(at("2030-01-01T00:00:00Z"));
        keys::create(tx, site, Scopes::parse("stats:read,purchases:write")?, expires)?;
        let (key, _) = keys::create(tx, site, Scopes::parse("all")?, None)?;
        keys::revoke(tx, site, &key.id)?;
        let new = NewUser {
            user_id: "till_1".into(),
            role: Role::Manager,
            zone: Some(Zone::parse("Europe/Paris")?),
            campaigns: Campaigns::parse("camp_1,camp_2")?,
            key: None,
        };
        users::add(tx, site, new)?;
        users::set_password(tx, site, "till_1", "$argon2id$x")?;
        let member = NewMember { email: Some(email("Mia@example.com")), ..NewMember::default() };
        let (customer, _) = customers::add_member(tx, site, member)?;
        let campaign = loyalty::add_campaign(
            tx,
            site,
            NewCampaign {
                name: "Points".into(),
                kind: CampaignKind::Points,
                points_ratio: Some("1.50".into()),
                reward_ratio: None,
                earned_per_event: None,
            },
        )?;
        let new = |amount| NewEntry {
            campaign_id: campaign.id.clone(),
            customer,
            amount,
            item: Some("beans".into()),
            description: None,
            user: Some("till_1".into()),
        };
        loyalty::earn(tx, site, new(100))?;
        let redeemed = loyalty::redeem(tx, site, new(40))?;
        loyalty::reverse(tx, site, &redeemed.id, None).map(drop)
    });
}

fn shopping(world: &World) {
    let cart = world.when("01-15T10:00", |tx, site| carts::create(tx, site, new_cart(Some("Ann@example.com")))).cart;
    world.when("01-15T12:00", move |tx, site| {
        cartwright::ops::clockwork::settle_due(tx, 100)?;
        let sent = messages::enqueue(tx, site, letter(&cart))?;
        messages::mark_sent(tx, site, &sent.id)?;
        messages::record_event(tx, site, &sent.id, opened("2024-01-15T12:01:00Z", Class::Machine))?;
        messages::record_event(tx, site, &sent.id, opened("2024-01-15T12:30:00Z", Class::Human))?;
        suppressions::suppress(tx, site, &email("ann@example.com"), Reason::Unsubscribe, Some(&sent.id)).map(drop)
    });
    let bought =
        world.when("01-16T08:00", |tx, site| purchases::confirm(tx, site, confirmation("ann@example.com", "A-1")));
    assert!(bought.purchase.recovered_cart.is_some());
    world.when("01-20T08:00", move |tx, site| {
        purchases::refund(tx, site, &bought.purchase.id, 500)?;
        // An opt-out without a letter, a sale without a cart, and one of a cart that was never abandoned.
        suppressions::suppress(tx, site, &email("bob@example.com"), Reason::Unsubscribe, None)?;
        purchases::confirm(tx, site, confirmation("cleo@example.com", "A-2"))?;
        carts::create(tx, site, new_cart(Some("dan@example.com")))?;
        purchases::confirm(tx, site, confirmation("dan@example.com", "A-3"))?;
        carts::create(tx, site, new_cart(None))?;
        let day = parse_day("2023-12-24")?;
        let figures = Figures { abandoned: 7, revenue: -300, ..Figures::default() };
        store::stats::add(tx, site.no, day, site.currency, &figures)?;
        store::stats::seal(tx, site.no, day, site.currency)
    });
}

#[test]
fn an_archive_that_goes_out_comes_in_and_goes_out_the_same() {
    let first = lively();
    let bytes = first.export("out.ndjson");
    let second = World::empty();
    let path = second.folder.path().join("in.ndjson");
    std::fs::write(&path, &bytes).expect("a file");
    assert!(matches!(second.take(&path), Outcome::Fine(_)));
    let again = second.export("again.ndjson");
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&bytes));
    assert_eq!(second.days(), first.days());
    second.figures_are_what_the_rows_say();
}

#[test]
fn the_same_archive_twice_is_skipped() {
    let world = lively();
    let bytes = world.export("out.ndjson");
    let Outcome::Fine(counts) = world.take(&world.folder.path().join("out.ndjson")) else { panic!("refused") };
    assert!(counts.iter().all(|(_, new, _)| new == 0), "{counts:?}");
    assert_eq!(counts.of(Kind::Cart), (0, 5));
    assert_eq!(world.export("again.ndjson"), bytes);
}

#[test]
fn lines_may_be_in_any_order_and_are_attributed_by_the_rules() {
    let lines = [
        r#"{"type":"refund","id":"r","purchase_id":"p","amount":100,"at":"2024-01-17T00:00:00Z"}"#,
        r#"{"type":"purchase","id":"p","email":"ann@example.com","cart_id":"c","currency":"EUR","total":900,"at":"2024-01-16T00:00:00Z"}"#,
        r#"{"type":"message","id":"m","cart_id":"c","email":"Ann@example.com","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"open","at":"2024-01-15T14:00:00Z"}]}"#,
        r#"{"type":"cart","id":"c","email":"Ann@example.com","currency":"EUR","total":900,"created_at":"2024-01-15T10:00:00Z","items":[{"product_id":"x","unit_price":900}]}"#,
        SITE_LINE,
    ];
    let world = World::empty();
    world.taken(&lines);
    let (cart, purchase) = (world.cart("c"), world.purchase("p"));
    assert_eq!((cart.status, cart.recovered, cart.emailed), (CartStatus::Converted, true, true));
    assert_eq!(cart.abandoned_at, Some(at("2024-01-15T10:30:00Z")));
    assert_eq!(purchase.recovered_cart, Some(cart.no));
    let total = world.total();
    assert_eq!((total.abandoned, total.sent, total.opened, total.recovered), (1, 1, 1, 1));
    assert_eq!((total.revenue, total.recovered_revenue), (800, 800));
    world.figures_are_what_the_rows_say();
    // Repeated, nothing is new and nothing is counted again; reversed, the outcome is the same.
    world.taken(&lines);
    assert_eq!(world.total(), total);
    let mut reversed = lines;
    reversed.reverse();
    let other = World::empty();
    other.taken(&reversed);
    assert_eq!(other.total(), total);
    other.figures_are_what_the_rows_say();
}

#[test]
fn a_purchase_without_a_cart_finds_the_newest_one_that_was_not_touched_since() {
    let cart = |id: &str, time: &str| {
        format!(
            r#"{{"type":"cart","id":"{id}","email":"ann@example.com","currency":"EUR","total":5,"created_at":"2024-02-{time}Z"}}"#
        )
    };
    let (old, new, later) = (cart("old", "01T10:00:00"), cart("new", "01T11:00:00"), cart("later", "02T11:00:00"));
    let sale = r#"{"type":"purchase","id":"p","email":"ANN@example.com","currency":"EUR","total":5,"at":"2024-02-01T12:00:00Z"}"#;
    let world = World::empty();
    world.taken(&[sale, &old, &new, &later, SITE_LINE]);
    assert_eq!(world.purchase("p").cart, Some(world.cart("new").no));
    assert_eq!(world.cart("later").status, CartStatus::Active);
    world.figures_are_what_the_rows_say();
    world.taken(&[sale, &old, &new, &later, SITE_LINE]);
    // The other way round: a sale that is stored claims a cart that comes in later.
    let other = World::empty();
    other.taken(&[SITE_LINE, sale]);
    other.taken(&[&old]);
    assert_eq!(other.purchase("p").cart, Some(other.cart("old").no));
    other.figures_are_what_the_rows_say();
}

#[test]
fn a_purchase_that_recovered_nothing_says_so_where_the_rules_would_differ() {
    let world = World::empty();
    let cart = r#"{"type":"cart","id":"c","email":"a@example.com","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z","abandoned_at":"2024-01-15T10:30:00Z","status":"converted"}"#;
    let letter = r#"{"type":"message","id":"m","cart_id":"c","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"click","at":"2024-01-15T14:00:00Z"}]}"#;
    let sale = r#"{"type":"purchase","id":"p","cart_id":"c","currency":"EUR","total":9,"at":"2024-01-16T00:00:00Z","recovered_cart_id":""}"#;
    world.taken(&[SITE_LINE, cart, letter, sale]);
    assert_eq!(world.purchase("p").recovered_cart, None);
    let text = String::from_utf8(world.export("out.ndjson")).expect("text");
    assert!(text.contains(r#""recovered_cart_id":"""#), "{text}");
    world.taken(&text.lines().collect::<Vec<_>>());
}

#[test]
fn a_wrong_line_is_named_with_its_field_and_nothing_is_written() {
    let world = World::empty();
    let good = r#"{"type":"cart","id":"c","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z"}"#;
    let problems = world.refused(&[
        SITE_LINE,
        good,
        "",
        r#"{"type":"cart","id":"d","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z","items":[{"product_id":"x"},{"product_id":"x","quantity":0}]}"#,
        r#"{"type":"cart","id":"e","currency":"EUR","total":1,"created_at":"yesterday"}"#,
        r#"{"type":"cart","id":"f","currency":"EUR","total":"1","created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"cart","id":"g","currency":"EUR","created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"cart","id":"h","currency":"EUR","total":1,"colour":"red","created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"webhook","id":"w"}"#,
        r#"{"id":"w"}"#,
        "[1]",
        r#"{"type":"cart""#,
        r#"{"type":"message","id":"m"}"#,
        r#"{"type":"cart","id":"i","currency":"EUR","total":1.5,"created_at":null}"#,
    ]);
    let begins = [
        "line 4: cart.items[1].quantity: must be a whole number from 1 to 1000000",
        "line 5: cart.created_at: must be an RFC 3339 time",
        "line 6: cart.total: must be a whole number from 0 to 999999999999, not string",
        "line 7: cart.total: is required",
        "line 8: cart.colour: is not a field of this type",
        "line 9: type: knows no `webhook`",
        "line 10: type: is required",
        "line 11: must be a JSON object",
        "line 12: is not JSON",
        "line 13: message.sent_at: is required",
        "line 14: cart.total: must be a whole number",
    ];
    assert_eq!(problems.len(), begins.len(), "{problems:#?}");
    for (problem, begin) in problems.iter().zip(begins) {
        assert!(problem.starts_with(begin), "{problem} does not begin with {begin}");
    }
    assert!(world.store.read(|tx| sites::find(tx, SITE)).is_err(), "a site was written");
}

#[test]
fn lines_that_contradict_each_other_are_refused() {
    let world = World::empty();
    let sale = r#"{"type":"purchase","id":"p","currency":"EUR","total":5,"at":"2024-02-01T12:00:00Z","order_id":"o"}"#;
    let cases: &[(&[&str], &str)] = &[
        (&[sale, &sale.replace("5", "6")], "line 3: purchase.id: "),
        (&[sale, &sale.replace("\"p\"", "\"q\"")], "line 3: purchase.order_id: "),
        (
            &[sale, r#"{"type":"refund","id":"r","purchase_id":"p","amount":6,"at":"2024-02-01T12:00:00Z"}"#],
            "line 3: refund.amount: ",
        ),
        (
            &[r#"{"type":"refund","id":"r","purchase_id":"x","amount":6,"at":"2024-02-01T12:00:00Z"}"#],
            "line 2: refund.purchase_id: ",
        ),
        (
            &[r#"{"type":"message","id":"m","cart_id":"x","sent_at":"2024-02-01T12:00:00Z"}"#],
            "line 2: message.cart_id: ",
        ),
        (&[r#"{"type":"suppression","reason":"manual","at":"2024-02-01T12:00:00Z"}"#], "line 2: suppression.email: "),
        (&[r#"{"type":"site","site_id":"other","account_id":"other"}"#], "line 2: site.site_id: "),
    ];
    for (lines, begin) in cases {
        let problems = world.refused(&[&[SITE_LINE], *lines].concat());
        assert!(problems.len() == 1 && problems[0].starts_with(begin), "{problems:?}, not {begin}");
    }
    let customer = r#"{"type":"customer","id":"k","created_at":"2024-01-01T00:00:00Z"}"#;
    let campaign = r#"{"type":"loyalty_campaign","id":"g","kind":"points","created_at":"2024-01-01T00:00:00Z"}"#;
    let entry = |id: &str, more: &str| {
        format!(
            r#"{{"type":"loyalty_entry","id":"{id}","campaign_id":"g","customer_id":"k","at":"2024-01-02T00:00:00Z","amount":5{more}}}"#
        )
    };
    let (made, undone) = (entry("a", ""), entry("b", r#","reverses":"a""#));
    let (twice, back) = (entry("c", r#","reverses":"a""#), entry("d", r#","reverses":"b""#));
    let base = [SITE_LINE, customer, campaign, &undone, &made];
    assert!(world.refused(&[&base[..], &[&twice]].concat())[0].starts_with("line 6: loyalty_entry.reverses: "));
    assert!(world.refused(&[&base[..], &[&back]].concat())[0].starts_with("line 6: loyalty_entry.reverses: "));
    world.taken(&base);
    assert!(world.refused(&[&twice])[0].starts_with("line 1: loyalty_entry.reverses: "));
}

#[test]
fn an_import_that_was_interrupted_is_completed_by_repeating_it() {
    let whole = World::empty();
    let text = String::from_utf8(lively().export("out.ndjson")).expect("text");
    // Without verdicts, so that the rules have something to do after the lines.
    let lines: Vec<String> = text.lines().map(without_verdict).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    whole.taken(&lines);
    for reached in 0..apply::PHASES {
        let world = World::empty();
        interrupted(&world, &lines, reached);
        world.taken(&lines);
        assert_eq!(world.total(), whole.total(), "after phase {reached}");
        assert_eq!(world.export("out.ndjson"), whole.export("out.ndjson"), "after phase {reached}");
        world.figures_are_what_the_rows_say();
    }
}

/// Applies lines as an import does, and stops after a phase.
fn interrupted(world: &World, lines: &[&str], reached: u8) {
    let mut survey = Survey::default();
    for (number, line) in (1..).zip(lines) {
        survey.take(number, Some(line.as_bytes()), SITE);
    }
    let parsed: Vec<Line> = lines.iter().map(|line| read::parse(line.as_bytes()).expect("a line")).collect();
    let act = move |tx: &WriteTx| {
        apply::site(tx, &survey, SITE)?;
        for phase in 0..=reached {
            let mut queue = parsed.iter().filter(|line| apply::belongs(line.kind(), phase)).cloned().collect();
            apply::lines(tx, SITE, &survey, phase, &mut queue, || false)?;
        }
        Ok(())
    };
    world.store.write(act).expect("some lines");
}

fn without_verdict(line: &str) -> String {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).expect("an object");
    if fields["type"] == "purchase" {
        fields.remove("recovered_cart_id");
        fields.remove("message_id");
    }
    serde_json::Value::Object(fields).to_string()
}

#[test]
fn a_line_given_twice_counts_once_and_a_closed_cart_stays_as_it_is() {
    let world = World::empty();
    let cart =
        r#"{"type":"cart","id":"c","status":"expired","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z"}"#;
    let sale = r#"{"type":"purchase","id":"p","cart_id":"c","currency":"EUR","total":9,"at":"2024-01-16T00:00:00Z"}"#;
    let refund = r#"{"type":"refund","id":"r","purchase_id":"p","amount":9,"at":"2024-01-16T00:00:00Z"}"#;
    let lines = [SITE_LINE, cart, cart, sale, sale, refund, refund];
    let Outcome::Fine(counts) = world.lines(&lines) else { panic!("refused") };
    assert_eq!((counts.of(Kind::Cart), counts.of(Kind::Refund)), ((1, 1), (1, 1)));
    assert_eq!(world.cart("c").status, CartStatus::Expired);
    world.taken(&lines);
    world.figures_are_what_the_rows_say();
}

#[test]
fn content_that_changed_under_its_id_is_refused() {
    let world = lively();
    let text = String::from_utf8(world.export("out.ndjson")).expect("text");
    let problems = world.refused(&[&text.replace("\"total\":2500", "\"total\":2501")]);
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].ends_with(": cart.total: is not what is stored under this id"), "{problems:?}");
    let problems = world.refused(&[&text.replace("A shop", "My shop")]);
    assert_eq!(problems, ["line 1: site.name: is not what is stored under this id"]);
}

#[test]
fn carts_of_machines_count_nowhere() {
    let world = World::empty();
    world.taken(&[
        SITE_LINE,
        r#"{"type":"cart","id":"c","class":"machine","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z","abandoned_at":"2024-01-15T10:30:00Z"}"#,
        r#"{"type":"message","id":"m","cart_id":"c","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"click","at":"2024-01-15T14:00:00Z"}]}"#,
    ]);
    assert_eq!(world.total(), Figures::default());
    world.figures_are_what_the_rows_say();
}

#[test]
fn a_sealed_day_is_taken_as_given_and_not_counted_again() {
    let world = World::empty();
    world.taken(&[
        r#"{"type":"cart","id":"c","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z","abandoned_at":"2024-01-15T10:30:00Z"}"#,
        r#"{"type":"daily","day":"2024-01-15","currency":"EUR","abandoned":40,"revenue":1000}"#,
        SITE_LINE,
    ]);
    let days = world.days();
    assert_eq!(days.len(), 1);
    assert!(days[0].sealed);
    assert_eq!((days[0].figures.abandoned, days[0].figures.revenue), (40, 1_000));
    world.figures_are_what_the_rows_say();
}

#[test]
fn a_name_that_ends_in_gz_is_packed_and_unpacked() {
    let world = lively();
    let packed = world.export("out.ndjson.gz");
    assert_eq!(packed[..2], [0x1f, 0x8b]);
    let second = World::empty();
    assert!(matches!(second.take(&world.folder.path().join("out.ndjson.gz")), Outcome::Fine(_)));
    assert_eq!(second.export("out.ndjson"), world.export("out.ndjson"));
}

#[test]
fn a_line_that_is_too_long_or_no_text_is_named() {
    let world = World::empty();
    let path = world.folder.path().join("long.ndjson");
    let mut bytes = format!("{SITE_LINE}\n{{\"type\":\"cart\",\"id\":\"{}\"}}\n", "x".repeat(1 << 20)).into_bytes();
    bytes.extend(b"{\"type\":\"\xff\"}\n");
    std::fs::write(&path, bytes).expect("a file");
    let Outcome::Wrong(problems) = world.take(&path) else { panic!("taken") };
    let said: Vec<String> = problems.shown.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["line 2: is longer than 1048576 bytes", "line 3: is not UTF-8 text"]);
}

#[test]
fn the_commands_say_what_they_did_and_end_with_the_right_code() {
    let world = World::empty();
    let run = |args: &[&str]| {
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .current_dir(world.folder.path())
            .args(args)
            .args(["--data", "data"])
            .assert()
    };
    world.file("good.ndjson", &[SITE_LINE]);
    world.file("bad.ndjson", &[SITE_LINE, "{}"]);
    run(&["import", "bad.ndjson", "--site", SITE]).code(1).stdout("");
    let dry = run(&["import", "good.ndjson", "--site", SITE, "--dry-run", "--json"]).code(0);
    let expected = "{\"site\":\"shop-1\",\"dry_run\":true,\"types\":{\"site\":{\"new\":1,\"skipped\":0}}}\n";
    dry.stdout(expected);
    run(&["export", "--site", SITE, "--output", "out.ndjson"]).code(2);
    run(&["import", "good.ndjson", "--site", SITE]).code(0).stdout("site: 1 new, 0 skipped\ngood.ndjson is in\n");
    run(&["import", "good.ndjson", "--site", SITE]).code(0).stdout("site: 0 new, 1 skipped\ngood.ndjson is in\n");
    run(&["export", "--site", SITE, "--output", "out.ndjson"]).code(0);
    assert!(world.folder.path().join("out.ndjson").exists());
}

/// Where every column of the schema is in an archive, or why it is not. `=` stands for a field of the column's name.
const COLUMNS: &[(&str, &str)] = &[
    (
        "sites",
        "no:- site_id:= account_id:= name:= currency:= timezone:= status:= created_at:= settings:= suppression_key:=",
    ),
    ("api_keys", "no:- site:- id:= key_hash:= scopes:= created_at:= expires_at:= revoked_at:="),
    ("users", "no:- site:- user_id:= role:= timezone:= allowed_campaigns:= key_hash:= password_hash:= created_at:="),
    (
        "customers",
        "no:- site:- id:= email:= address:email code:= card_number:= first_name:= last_name:= phone:= created_at:=",
    ),
    (
        "carts",
        "no:- site:- id:= email:= address:email identified:= customer_id:= session_id:= channel:= currency:= locale:= \
         subtotal:= discount:= tax:= shipping:= total:= item_count:items unique_item_count:items created_at:= \
         updated_at:= last_activity:= items_changed_at:last_activity first_abandoned_at:= abandoned_at:= status:= \
         expires_at:= due_at:status restore_url:= class:= order_id:= shipping_address:= metadata:= emailed:message \
         recovered:purchase",
    ),
    (
        "cart_items",
        "cart:- id:= position:items product_id:= variant_id:= name:= sku:= quantity:= unit_price:= image_url:= url:= \
         notes:= metadata:=",
    ),
    (
        "messages",
        "no:- site:- id:= cart:cart_id sequence_id:= step:= email:= address:email subject:= status:= created_at:= \
         sent_at:= opened:events clicked:events bounced:events complained:events unsubscribed:events",
    ),
    ("message_bodies", "message:- html:= text:="),
    ("message_events", "no:- message:- kind:= at:= class:= rule:= evidence:="),
    ("suppressions", "no:- site:- email:= address_hash:email_hash reason:= message:message_id at:= ended_at:="),
    ("consents", "no:- site:- email:= address:email given:= wording:= at:= source:="),
    (
        "purchases",
        "no:- site:- id:= order_id:= email:= address:email cart:cart_id currency:= total:= at:= source:= verified:= \
         reply:= recovered_cart:recovered_cart_id message:message_id",
    ),
    ("refunds", "no:- site:- id:= purchase:purchase_id amount:= at:="),
    (
        "loyalty_campaigns",
        "no:- site:- id:= name:= kind:= active:= created_at:= points_ratio:= reward_ratio:= earned_per_event:= \
         earns_from_purchases:=",
    ),
    (
        "loyalty_entries",
        "no:- site:- id:= campaign:campaign_id customer:customer_id at:= amount:= redeemed:= delta:amount item:= \
         description:= user:= reverses:= purchase:purchase_id",
    ),
    (
        "daily_stats",
        "site:- day:= currency:= abandoned:= abandoned_identified:= recovered:= recovered_revenue:= purchases:= \
         revenue:= sent:= opened:= clicked:= bounced:= complained:= unsubscribed:= sealed:daily",
    ),
];

/// Columns per table, read from the text of the schema: a line of a table that begins with a name and a type.
fn columns_of_the_schema() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.sql")).expect("the schema");
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut table = None;
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if let Some(name) = line.strip_prefix("create table ").and_then(|rest| rest.split_whitespace().next()) {
            table = Some(name.to_owned());
        } else if line.starts_with(')') {
            table = None;
        } else if let (Some(table), Some(name), Some(kind)) = (&table, words.next(), words.next())
            && ["integer", "text", "blob", "real", "any"].contains(&kind.trim_end_matches(','))
        {
            tables.entry(table.clone()).or_default().push(name.to_owned());
        }
    }
    tables
}

#[test]
fn every_column_of_the_schema_is_exported_or_follows_from_what_is() {
    let listed: BTreeMap<String, Vec<String>> = COLUMNS
        .iter()
        .map(|(table, columns)| {
            let names = columns.split_whitespace().filter_map(|column| column.split(':').next());
            ((*table).to_owned(), names.map(str::to_owned).collect())
        })
        .collect();
    assert_eq!(columns_of_the_schema(), listed);
    // And what the list calls exported does stand in an export of a shop in which everything happened.
    let exported = String::from_utf8(lively().export("out.ndjson")).expect("text");
    let absent: Vec<&str> = COLUMNS
        .iter()
        .flat_map(|(_, columns)| columns.split_whitespace())
        .filter_map(|column| column.strip_suffix(":="))
        .filter(|name| !exported.contains(&format!("\"{name}\":")))
        .collect();
    assert_eq!(absent, Vec::<&str>::new());
}
