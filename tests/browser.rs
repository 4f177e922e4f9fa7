//! The script in a real browser: a shop's page with the vendor's tag, under a strict Content-Security-Policy. It needs
//! Chromium, which `.ci/run` installs; where that is missing this fails, for a test that skips proves nothing.

#![cfg(feature = "outside")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cartwright::domain::carts::{Cart, CartStatus};
use cartwright::store;
use support::{SITE, World};
use tempfile::TempDir;

/// A headless browser calls itself so, and would be taken for the robot that it is.
const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const QUEUE: &str = "var _cartstack = _cartstack || [];";
const FILLED: &str = "
    _cartstack.push(['setSiteID', SITE]);
    _cartstack.push(['setAPI', 'tracking']);
    _cartstack.push(['setEmail', 'ann@example.com']);
    _cartstack.push(['setCartTotal', '<bdi><span>&#36;</span>18.00</bdi>']);
    _cartstack.push(['setCartItem', { quantity: '2', productID: 'beans', productName: 'Beans', productPrice: '18.00',
        productURL: '/beans', productImageURL: 'https://elsewhere.example/beans.png' }]);
    _cartstack.push(['setDataItem', { returnURL: '/cart?restore=7' }]);";
const UPDATED: &str = "
    _cartstack.push(['setSiteID', SITE]);
    window.addEventListener('load', function () {
        cartstack_updatecart([['setAPI', 'tracking-cart'], ['setCartTotal', 27],
            ['setCartItem', { quantity: 3, productID: 'beans', productName: 'Beans', productPrice: 9 }]]);
    });";
const CONFIRMED: &str = "
    _cartstack.push(['setSiteID', SITE]);
    _cartstack.push(['setAPI', 'confirmation']);";
/// Ahead of the script: a browser that has no beacon.
const NO_BEACON: &str = "Object.defineProperty(navigator, 'sendBeacon', { value: undefined });";
/// One whose beacon is full.
const FULL_BEACON: &str = "Object.defineProperty(navigator, 'sendBeacon', { value: function () { return false; } });";
/// Ones whose owner does not want to be tracked.
const GLOBAL_PRIVACY: &str = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });";
const DO_NOT_TRACK: &str = "Object.defineProperty(navigator, 'doNotTrack', { value: '1' });";
/// Writes what the browser keeps of us into the page, once the script had its time.
const SHOWN: &str = "
    window.addEventListener('load', function () {
        setTimeout(function () {
            var kept = 'storage:' + (localStorage.getItem('cartwright_visitor') || 'nothing') + ' cookie:' +
                (document.cookie || 'nothing');
            document.body.appendChild(document.createTextNode(kept));
        }, 2000);
    });";
const OF_THE_WHOLE_DOMAIN: &str = "_cartstack.push(['setDomain', 'shop.localhost']);";
/// A checkout with our own tag, where somebody types an address.
const CHECKOUT: &str = "<div data-cartwright-cart data-cartwright-currency=EUR><p data-cartwright-item=beans
    data-cartwright-name=Beans data-cartwright-price='617,25 €' data-cartwright-quantity=2></p></div>
    <p data-cartwright-total>1.234,50&nbsp;€</p><input type=email id=mail>
    <label for=yes>Remind me of my cart</label><input type=checkbox id=yes data-cartwright-consent>";
const TYPED: &str = "
    window.addEventListener('load', function () {
        var mail = document.getElementById('mail');
        mail.value = 'ann@example.com';
        mail.dispatchEvent(new Event('change', { bubbles: true }));
    });";
const AGREED: &str = "
    window.addEventListener('load', function () {
        var yes = document.getElementById('yes');
        yes.checked = true;
        yes.dispatchEvent(new Event('change', { bubbles: true }));
    });";
const TAG: &str = "
    (function () {
        var tag = document.createElement('script');
        tag.src = CARTWRIGHT + '/js/cs.js';
        document.head.appendChild(tag);
    })();";

#[test]
fn a_page_with_the_vendors_tag_brings_a_cart_changes_it_and_confirms_it() {
    let world = World::new();
    let shop = shop(world.address());
    let profile = TempDir::new().expect("a folder");
    visit(profile.path(), shop, "filled");
    let cart = wait_for(&world, |cart| cart.total == 1_800);
    assert_eq!(cart.email.as_ref().map(|email| email.shown()), Some("ann@example.com"));
    assert_eq!(cart.restore_url, Some(format!("http://{shop}/cart?restore=7")));
    let lines = world.app.store.read(|tx| store::items::of_cart(tx, cart.no)).expect("lines");
    assert_eq!((lines[0].quantity, lines[0].unit_price), (2, 900));
    assert_eq!((lines[0].url.clone(), lines[0].image_url.clone()), (Some(format!("http://{shop}/beans")), None));
    world.advance("2m");
    visit(profile.path(), shop, "updated");
    let same = wait_for(&world, |cart| cart.total == 2_700);
    assert_eq!((same.id, same.item_count), (cart.id, 3));
    world.advance("2m");
    visit(profile.path(), shop, "confirmed");
    wait_for(&world, |cart| cart.status == CartStatus::Converted);
}

#[test]
fn our_own_tag_alone_brings_the_cart_of_the_attributes_and_an_address_once_its_owner_agrees() {
    let world = World::new();
    let shop = shop(world.address());
    let profile = TempDir::new().expect("a folder");
    visit(profile.path(), shop, "typed");
    let cart = wait_for(&world, |cart| cart.total == 123_450);
    assert_eq!((cart.email, cart.item_count, cart.currency.code()), (None, 2, "EUR"));
    visit(profile.path(), shop, "agreed");
    let cart = wait_for(&world, |cart| cart.email.is_some());
    assert_eq!(cart.email.expect("an address").shown(), "ann@example.com");
    let site = world.site(SITE);
    let word = world.app.store.read(|tx| store::consents::newest(tx, site.no, "ann@example.com")).expect("a look");
    let word = word.expect("a word");
    assert_eq!((word.given, word.wording.as_deref()), (true, Some("Remind me of my cart")));
}

#[test]
fn a_browser_without_a_beacon_or_with_a_full_one_tells_by_fetch() {
    for page in ["without-beacon", "full-beacon"] {
        let world = World::new();
        let shop = shop(world.address());
        let profile = TempDir::new().expect("a folder");
        visit(profile.path(), shop, page);
        let cart = wait_for(&world, |cart| cart.total == 1_800);
        assert_eq!(cart.email.as_ref().map(|email| email.shown()), Some("ann@example.com"), "{page}");
    }
}

#[test]
fn a_browser_whose_owner_does_not_want_it_tells_nothing_and_keeps_nothing() {
    for (page, overruled) in [("global-privacy", "global-privacy-off"), ("do-not-track", "do-not-track-off")] {
        let world = World::new();
        let shop = shop(world.address());
        let profile = TempDir::new().expect("a folder");
        let dom = visit(profile.path(), shop, page);
        assert!(dom.contains("storage:nothing cookie:nothing"), "{dom}");
        assert_eq!(carts(&world).len(), 0, "{page}");
        // The same page tells what it tells anybody once the shop's tag says so: it was not silent for another reason.
        let dom = visit(profile.path(), shop, overruled);
        assert!(!dom.contains("storage:nothing"), "{dom}");
        wait_for(&world, |cart| cart.total == 1_800);
    }
}

#[test]
fn one_visitor_is_known_on_all_hosts_of_the_domain_that_the_shop_names() {
    let world = World::new();
    let shop = shop(world.address());
    let profile = TempDir::new().expect("a folder");
    let port = shop.port();
    let dom = visit_at(profile.path(), &format!("http://www.shop.localhost:{port}/domain"));
    let (_, cookie) = dom.split_once("cookie:cartwright_visitor=").unwrap_or_else(|| panic!("no cookie in {dom}"));
    let visitor: String = cookie.chars().take_while(char::is_ascii_hexdigit).collect();
    let cart = wait_for(&world, |cart| cart.total == 1_800);
    assert_eq!(cart.visitor.as_deref(), Some(visitor.as_str()));
    // Another host has a storage of its own, and the cookie.
    let dom = visit_at(profile.path(), &format!("http://checkout.shop.localhost:{port}/domain-updated"));
    assert!(dom.contains(&visitor), "{dom}");
    let same = wait_for(&world, |cart| cart.total == 2_700);
    assert_eq!((same.id, same.visitor), (cart.id, Some(visitor)));
}

/// All carts of the shop.
fn carts(world: &World) -> Vec<Cart> {
    let site = world.site(SITE);
    let mut carts = Vec::new();
    let walked = world.app.store.read(|tx| {
        store::carts::walk(tx, site.no, |cart| {
            carts.push(cart);
            Ok(())
        })
    });
    walked.expect("carts");
    carts
}

/// Waits until the shop's only cart is as it should be: a beacon arrives when it arrives.
fn wait_for(world: &World, right: impl Fn(&Cart) -> bool) -> Cart {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut carts = carts(world);
        assert!(carts.len() <= 1, "one browser has one cart");
        if let Some(cart) = carts.pop_if(|cart| right(cart)) {
            return cart;
        }
        assert!(Instant::now() < deadline, "it did not arrive; there is {carts:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Shows a page of the shop and returns what became of it.
fn visit(profile: &Path, shop: SocketAddr, page: &str) -> String {
    visit_at(profile, &format!("http://{shop}/{page}"))
}

fn visit_at(profile: &Path, address: &str) -> String {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--user-agent={AGENT}"))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg("--host-resolver-rules=MAP *.localhost 127.0.0.1")
        .arg(address)
        .output()
        .expect("chromium: apt-get install chromium");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("A shop"), "{dom}{}", String::from_utf8_lossy(&output.stderr));
    dom
}

/// The same script with a tag that says that such a wish is not respected here.
fn off(script: &str) -> String {
    script.replace(
        "document.head.appendChild(tag);",
        "tag.setAttribute('data-respect-dnt', 'off'); document.head.appendChild(tag);",
    )
}

/// Serves the shop's pages and their scripts, until the test ends.
fn shop(cartwright: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.expect("a connection"), cartwright);
        }
    });
    address
}

fn serve(mut stream: TcpStream, cartwright: SocketAddr) {
    let mut request = [0_u8; 8_192];
    // A browser may open a connection that it does not use.
    let Ok(read) = stream.read(&mut request) else { return };
    let request = String::from_utf8_lossy(&request[..read]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let script =
        |commands: &str| format!("var SITE = '{SITE}', CARTWRIGHT = 'http://{cartwright}'; {QUEUE}{commands}{TAG}");
    let (kind, body) = match path {
        "/filled.js" => ("text/javascript", script(FILLED)),
        "/without-beacon.js" => ("text/javascript", format!("{NO_BEACON}{}", script(FILLED))),
        "/full-beacon.js" => ("text/javascript", format!("{FULL_BEACON}{}", script(FILLED))),
        "/global-privacy.js" => ("text/javascript", format!("{GLOBAL_PRIVACY}{SHOWN}{}", script(FILLED))),
        "/global-privacy-off.js" => ("text/javascript", format!("{GLOBAL_PRIVACY}{SHOWN}{}", off(&script(FILLED)))),
        "/do-not-track.js" => ("text/javascript", format!("{DO_NOT_TRACK}{SHOWN}{}", script(FILLED))),
        "/do-not-track-off.js" => ("text/javascript", format!("{DO_NOT_TRACK}{SHOWN}{}", off(&script(FILLED)))),
        "/domain.js" => ("text/javascript", format!("{SHOWN}{}", script(&format!("{OF_THE_WHOLE_DOMAIN}{FILLED}")))),
        "/domain-updated.js" => {
            ("text/javascript", format!("{SHOWN}{}", script(&format!("{OF_THE_WHOLE_DOMAIN}{UPDATED}"))))
        }
        "/updated.js" => ("text/javascript", script(UPDATED)),
        "/confirmed.js" => ("text/javascript", script(CONFIRMED)),
        "/typed.js" => ("text/javascript", TYPED.to_owned()),
        "/agreed.js" => ("text/javascript", format!("{TYPED}{AGREED}")),
        page @ ("/typed" | "/agreed") => {
            let tag = format!("<script src=\"http://{cartwright}/js/cartwright.js\" data-siteid=\"{SITE}\"></script>");
            let own = format!("<script src=\"{page}.js\"></script>");
            (
                "text/html; charset=utf-8",
                format!(
                    "<!doctype html><html><head><title>A shop</title>{tag}{own}</head><body>{CHECKOUT}</body></html>"
                ),
            )
        }
        page => (
            "text/html",
            format!(
                "<!doctype html><html><head><title>A shop</title><script src=\"{page}.js\"></script></head><body></body></html>"
            ),
        ),
    };
    let policy = format!("default-src 'none'; script-src 'self' http://{cartwright}; connect-src http://{cartwright}");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Security-Policy: {policy}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // Whoever went away needs no answer.
    drop(stream.write_all(format!("{head}{body}").as_bytes()));
}
