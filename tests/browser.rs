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

/// Waits until the shop's only cart is as it should be: a beacon arrives when it arrives.
fn wait_for(world: &World, right: impl Fn(&Cart) -> bool) -> Cart {
    let site = world.site(SITE);
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut carts = Vec::new();
        let walked = world.app.store.read(|tx| {
            store::carts::walk(tx, site.no, |cart| {
                carts.push(cart);
                Ok(())
            })
        });
        walked.expect("carts");
        assert!(carts.len() <= 1, "one browser has one cart");
        if let Some(cart) = carts.pop_if(|cart| right(cart)) {
            return cart;
        }
        assert!(Instant::now() < deadline, "it did not arrive; there is {carts:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn visit(profile: &Path, shop: SocketAddr, page: &str) {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--user-agent={AGENT}"))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("http://{shop}/{page}"))
        .output()
        .expect("chromium: apt-get install chromium");
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("A shop"), "{dom}{}", String::from_utf8_lossy(&output.stderr));
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
                "<!doctype html><html><head><title>A shop</title><script src=\"{page}.js\"></script></head></html>"
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
