//! A browser without a screen: it keeps cookies, finds a form's token on the page that holds it, and sends forms as a
//! browser does.

use super::{Reply, World};
use cartwright::domain::users::{Campaigns, Role};
use cartwright::ops;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A browser at a world's dashboard.
pub struct Browser<'w> {
    world: &'w World,
    /// `name=value` of the one cookie.
    pub cookie: Option<String>,
}

impl World {
    /// A browser that was nowhere yet.
    pub fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookie: None }
    }

    /// Adds a user with [`PASSWORD`] to a site.
    pub fn add_person(&self, site_id: &str, user_id: &str, role: Role) {
        let site = self.site(site_id);
        let key = format!("key-of-{user_id}-of-{site_id}");
        self.add_user(&site, user_id, role, Campaigns::All, &key);
        self.set_password(site_id, user_id, PASSWORD);
    }

    /// Sets somebody's password.
    pub fn set_password(&self, site_id: &str, user_id: &str, password: &str) {
        let (site, user_id) = (self.site(site_id), user_id.to_owned());
        let hash = password_auth::generate_hash(password);
        self.app.store.write(move |tx| ops::users::set_password(tx, &site, &user_id, &hash)).expect("a password");
    }

    /// A browser in which somebody of [`super::SITE`] with this role is signed in.
    pub fn signed_in(&self, role: Role) -> Browser<'_> {
        self.add_person(super::SITE, role.as_str(), role);
        let mut browser = self.browser();
        let entered = browser.sign_in(role.as_str(), PASSWORD);
        assert_eq!((entered.status, entered.header("location")), (303, Some("/dashboard")), "{}", entered.body);
        browser
    }
}

impl World {
    /// A cart of [`super::SITE`] that was left an hour ago. Returns its id.
    pub fn abandoned_cart(&self, email: &str, total: i64) -> String {
        self.abandoned_cart_of(email, "Beans", total)
    }

    /// The same with one line of this name.
    pub fn abandoned_cart_of(&self, email: &str, name: &str, total: i64) -> String {
        let item = serde_json::json!({ "product_id": "p", "name": name, "quantity": 1, "unit_price": total });
        let made = self.rest("POST", "/v1/carts", &serde_json::json!({ "email": email, "items": [item] })).json();
        self.advance("1h");
        made["id"].as_str().expect("an id").to_owned()
    }

    /// A text that a till keeps with a customer.
    pub fn add_custom_text(&self, id: &str, name: &str, text: &str) {
        let (site, id) = (self.site(super::SITE), id.to_owned());
        let (name, text) = (name.to_owned(), text.to_owned());
        let kept = self.app.store.write(move |tx| {
            let (no, before) = ops::customers::find(tx, &site, &id)?;
            ops::customers::change(tx, &site, no, &before, |customer| {
                customer.custom.insert(name, text);
            })
        });
        kept.expect("a text is kept");
    }

    /// The connection was lost after a letter was handed over: nobody knows what became of it.
    pub fn lose_letter(&self, site: &cartwright::domain::Site, id: &str) {
        let (site, id) = (site.clone(), id.to_owned());
        let lost = self.app.store.write(move |tx| {
            let mut message = cartwright::store::messages::by_id(tx, site.no, &id)?.expect("a letter");
            message.status = cartwright::domain::messages::MessageStatus::Unknown;
            cartwright::store::messages::update(tx, &message)
        });
        lost.expect("a letter is lost");
    }
}

impl Browser<'_> {
    /// Opens a page, without following where it sends.
    pub fn open(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    /// Opens a page that must be there.
    pub fn page(&mut self, path: &str) -> String {
        let reply = self.open(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    }

    /// Opens a page, fills its form in and sends it to `action`.
    pub fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let token = form_token(&self.open(page).body);
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all, &[("Sec-Fetch-Site", "same-origin")])
    }

    /// Sends a form with these fields and no other.
    pub fn post(&mut self, action: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", action, &all, pairs.join("&").as_bytes())
    }

    /// Sends a body of another kind than a form's usual one, from a page of ours.
    pub fn post_body(&mut self, action: &str, content_type: &str, body: &[u8]) -> Reply {
        self.send("POST", action, &[("Content-Type", content_type), ("Sec-Fetch-Site", "same-origin")], body)
    }

    /// Signs in by the form.
    pub fn sign_in(&mut self, user_id: &str, password: &str) -> Reply {
        self.submit("/dashboard/sign-in", "/dashboard/sign-in", &[("user", user_id), ("password", password)])
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut all = headers.to_vec();
        let cookie = self.cookie.clone();
        if let Some(cookie) = &cookie {
            all.push(("Cookie", cookie));
        }
        let reply = self.world.call(method, path, &all, body);
        for set in reply.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value) {
            let pair = set.split(';').next().unwrap_or_default();
            self.cookie = (!set.contains("Max-Age=0")).then(|| pair.to_owned());
        }
        reply
    }
}

/// The token in the first form of a page.
pub fn form_token(html: &str) -> String {
    let at = html.find("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("no form in {html}"));
    html[at + 19..].split('"').next().unwrap_or_default().to_owned()
}
