//! A shop to try archives on: an empty one, and one in which everything happened.

use std::path::{Path, PathBuf};

use cartwright::app::ManualClock;
use cartwright::cli::export::export_to;
use cartwright::cli::import::{Outcome, import};
use cartwright::domain::capture::{Agent, Command, Price, Signs, Visitor};
use cartwright::domain::carts::{Cart, Channel, Class};
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
use cartwright::ops::carts::{NewCart, NewConsent, NewItem};
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::{NewCampaign, NewEntry};
use cartwright::ops::messages::NewMessage;
use cartwright::ops::purchases::{Confirmation, Stated};
use cartwright::ops::sites::NewSite;
use cartwright::ops::users::NewUser;
use cartwright::ops::{
    capture, carts, customers, keys, loyalty, messages, purchases, sites, stats, suppressions, users,
};
use cartwright::store::stats::DayFigures;
use cartwright::store::{self, Store, WriteTx};
use indicatif::ProgressBar;
use tempfile::TempDir;

pub const SITE: &str = "shop-1";
pub const SITE_LINE: &str = r#"{"type":"site","site_id":"shop-1","account_id":"shop_1","currency":"EUR"}"#;

/// A data folder with a store in it, and a clock that stands.
pub struct World {
    pub folder: TempDir,
    pub store: Store,
    pub hand: ManualClock,
}

impl World {
    pub fn empty() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let hand = ManualClock::starting_at(at("2024-03-01T12:00:00Z"));
        let store = Store::open(folder.path(), hand.clock()).expect("a store");
        World { folder, store, hand }
    }

    /// Does something at a time of 2024, such as `01-15T10:00`.
    pub fn when<T: Send + 'static>(
        &self,
        time: &str,
        act: impl FnOnce(&WriteTx, &Site) -> Result<T> + Send + 'static,
    ) -> T {
        self.hand.set(at(&format!("2024-{time}:00Z")));
        self.store.write(move |tx| act(tx, &sites::find(tx, SITE)?)).expect("an act")
    }

    pub fn file(&self, name: &str, lines: &[&str]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).expect("a file");
        path
    }

    pub fn take(&self, file: &Path) -> Outcome {
        import(&self.store, file, SITE, false, &ProgressBar::hidden()).expect("an outcome")
    }

    pub fn look_at(&self, file: &Path) -> Outcome {
        import(&self.store, file, SITE, true, &ProgressBar::hidden()).expect("an outcome")
    }

    pub fn lines(&self, lines: &[&str]) -> Outcome {
        self.take(&self.file("lines.ndjson", lines))
    }

    /// The problems of lines that are wrong, as they are printed.
    pub fn refused(&self, lines: &[&str]) -> Vec<String> {
        match self.lines(lines) {
            Outcome::Wrong(problems) => problems.shown.iter().map(ToString::to_string).collect(),
            Outcome::Fine(counts) => panic!("taken: {counts:?}"),
        }
    }

    pub fn taken(&self, lines: &[&str]) {
        match self.lines(lines) {
            Outcome::Fine(_) => {}
            Outcome::Wrong(problems) => panic!("refused: {problems:?}"),
        }
    }

    pub fn site(&self) -> Site {
        self.store.read(|tx| sites::find(tx, SITE)).expect("the site")
    }

    pub fn export(&self, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(name);
        export_to(&self.store, &self.site(), &path).expect("an export");
        std::fs::read(path).expect("the exported file")
    }

    pub fn cart(&self, id: &'static str) -> Cart {
        let site = self.site();
        self.store.read(|tx| store::carts::by_id(tx, site.no, id)).expect("a look").expect("the cart")
    }

    pub fn purchase(&self, id: &'static str) -> Purchase {
        let site = self.site();
        self.store.read(|tx| store::purchases::by_id(tx, site.no, id)).expect("a look").expect("the purchase")
    }

    pub fn days(&self) -> Vec<DayFigures> {
        let site = self.site();
        self.store.read(|tx| store::stats::all(tx, site.no)).expect("days")
    }

    pub fn total(&self) -> Figures {
        let mut total = Figures::default();
        self.days().into_iter().for_each(|day| total += day.figures);
        total
    }

    pub fn figures_are_what_the_rows_say(&self) {
        let site = self.site();
        let differences = self.store.read(|tx| stats::verify(tx, &site)).expect("a check");
        assert_eq!(differences, []);
        let counts = self.store.read(|tx| stats::verify_counts(tx, &site)).expect("a count");
        assert_eq!(counts, []);
        let balances = self.store.read(|tx| loyalty::verify(tx, &site)).expect("a sum");
        assert_eq!(balances, []);
    }
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

pub fn new_cart(address: Option<&str>) -> NewCart {
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

/// What a page tells of an anonymous cart without lines.
fn told() -> capture::Told {
    capture::Told {
        visitor: Visitor::parse("visitor-of-a-page").expect("a visitor"),
        command: Command::TrackingCart,
        email: None,
        consent: None,
        currency: None,
        total: Some(Price("7.00".into())),
        lines: None,
        restore_url: None,
        data: Vec::new(),
        signs: Signs { agent: Agent::Browser, human: true, burst: false },
    }
}

pub fn letter(cart: &Cart) -> NewMessage {
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

pub fn confirmation(address: &str, order: &str) -> Confirmation {
    Confirmation {
        email: email(address),
        order_id: Some(order.into()),
        total: Stated::Minor(2_000),
        codes: Vec::new(),
        source: "cartstack",
    }
}

pub fn opened(time: &str, class: Class) -> Event {
    let evidence = Some(r#"{"agent":"x"}"#.to_owned());
    Event { kind: EventKind::Open, at: at(time), class, rule: Some("pixel".into()), evidence }
}

/// A shop in which everything happened that the archive knows.
pub fn lively() -> World {
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
        r#"{"type":"suppression","email":"eve@example.com","reason":"manual","source":"page","at":"2024-01-02T00:00:00Z","ended_at":"2024-01-03T00:00:00Z"}"#,
        r#"{"type":"suppression","email_hash":"0000000000000000000000000000000000000000000000000000000000000001","reason":"bounce","at":"2024-01-02T00:00:00Z"}"#,
        r#"{"type":"message","id":"m","status":"failed","created_at":"2024-01-02T00:00:00Z","text":"Hello","events":[{"kind":"click","at":"2024-01-04T00:00:00Z"},{"kind":"bounce","at":"2024-01-03T00:00:00Z"}]}"#,
        r#"{"type":"cart","id":"d","identified":true,"currency":"EUR","total":7,"created_at":"2024-01-02T00:00:00Z","status":"expired","deleted_at":"2024-01-05T00:00:00Z"}"#,
        r#"{"type":"cart","id":"c","email":"flo@example.com","order_id":"A-9","currency":"JPY","total":9,"created_at":"2024-01-02T00:00:00Z"}"#,
    ]);
    world.taken(&[
        r#"{"type":"coupon","id":"pool","name":"Five euros","kind":"fixed","value":500,"currency":"EUR","minimum":1000,"starts_at":"2024-01-01T00:00:00Z","ends_at":"2025-01-01T00:00:00Z","code_life_secs":86400,"use_limit":9,"pooled":true,"created_at":"2024-01-01T00:00:00Z"}"#,
        r#"{"type":"coupon_code","coupon_id":"pool","code":"P-1","assigned_at":"2024-01-02T02:00:00Z","expires_at":"2024-01-03T02:00:00Z","uses":1}"#,
        r#"{"type":"coupon_code","coupon_id":"pool","code":"P-2"}"#,
        r#"{"type":"cart","id":"c2","currency":"EUR","total":1500,"discount":500,"created_at":"2024-01-02T00:00:00Z","items":[{"product_id":"x","unit_price":2000}],"coupons":[{"code":"p-2","discount":500,"applied_at":"2024-01-02T00:00:00Z"}]}"#,
        r#"{"type":"message","id":"m2","cart_id":"c","step":1,"sent_at":"2024-01-02T02:00:00Z","coupon_code":"P-1","coupon_at":"2024-01-02T02:00:01Z"}"#,
        r#"{"type":"sequence","id":"default","steps":[{"step":1,"delay_secs":60,"minimum":100,"subject":"Hi","html":"<p>Hi</p>","text":"Hi"},{"step":2,"delay_secs":86400,"active":false,"coupon_id":"pool"}]}"#,
        r#"{"type":"decision","cart_id":"c","sequence_id":"default","step":1,"at":"2024-01-02T01:00:00Z","outcome":"wait","reason":"quiet_hours","until":"2024-01-02T02:00:00Z","message_id":"m2"}"#,
        r#"{"type":"decision","cart_id":"c","sequence_id":"default","step":1,"at":"2024-01-02T02:00:00Z","outcome":"send","reason":"clear","message_id":"m2"}"#,
    ]);
    world.taken(&[
        r#"{"type":"webhook","id":"w","url":"https://shop.example/hooks","format":"form","events":"cart.abandoned order.recovered","secret":"0101010101010101010101010101010101010101010101010101010101010101","active":false,"created_at":"2024-01-02T00:00:00Z"}"#,
        r#"{"type":"subscriber","id":"s","email":"Hal@example.com","name":"Hal H.","phone":"+40 712 345 678","created_at":"2024-01-02T00:00:00Z","sms_ended_at":"2024-01-03T00:00:00Z"}"#,
    ]);
    // An address whose carts are all closed, and a letter that waits.
    world.when("01-21T08:00", |tx, site| {
        let codes = vec!["p-2".to_owned(), "P-1".to_owned()];
        purchases::confirm(tx, site, Confirmation { codes, ..confirmation("ann@example.com", "A-4") })?;
        let cart = carts::create(tx, site, new_cart(Some("gus@example.com")))?.cart;
        messages::enqueue(tx, site, letter(&cart)).map(drop)
    });
    world
}

pub fn people(world: &World) {
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
        let member = NewMember {
            email: Some(email("Mia@example.com")),
            custom: [("city".to_owned(), "Paris".to_owned())].into(),
            ..NewMember::default()
        };
        let (customer, _) = customers::add_member(tx, site, member)?;
        let campaign = loyalty::add_campaign(
            tx,
            site,
            NewCampaign {
                points_ratio: Some("1.50".into()),
                product: Some("beans".into()),
                buy_quantity: Some(8),
                expires_after_secs: Some(400 * 86_400),
                earns_from_purchases: true,
                ..NewCampaign::named("Points", CampaignKind::Points)
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
        loyalty::reverse(tx, site, &redeemed.id, None)?;
        // A purchase earns, its points are spent, and so a refund finds some of them gone.
        let bought = purchases::confirm(tx, site, confirmation("mia@example.com", "M-1"))?;
        let all = loyalty::balance(tx, site, &campaign, customer)?;
        loyalty::redeem(tx, site, new(all))?;
        purchases::refund(tx, site, &bought.purchase.id, bought.purchase.total).map(drop)
    });
}

pub fn shopping(world: &World) {
    let cart = world.when("01-15T10:00", |tx, site| carts::create(tx, site, new_cart(Some("Ann@example.com")))).cart;
    world.when("01-15T12:00", move |tx, site| {
        cartwright::ops::clockwork::settle_due(tx, 100, || false)?;
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
        capture::hear(tx, site, &told())?;
        let day = parse_day("2023-12-24")?;
        let figures = Figures { abandoned: 7, revenue: -300, ..Figures::default() };
        store::stats::add(tx, site.no, day, site.currency, &figures)?;
        store::stats::seal(tx, site.no, day, site.currency)
    });
}
