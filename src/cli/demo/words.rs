//! Who and what there is in a made-up shop: people with addresses that reach nobody (RFC 2606), and things to buy.

use rand::RngExt;

use super::dice::{Dice, Topic, dice, one_of, weighted};
use crate::domain::{Currency, EmailAddress, Error, Result};
use crate::ops::carts::NewItem;

/// The shop's own address on the web, under a name that no registry gives away.
pub(super) const SHOP_URL: &str = "https://larch-and-linen.example";

/// Where the shop can be found, as its letters say.
pub(super) const POSTAL_ADDRESS: &str = "14 Warren Street, Hudson, NY 12534, USA";

const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Amara",
    "Anneke",
    "Aoife",
    "Beatriz",
    "Bram",
    "Camille",
    "Chidi",
    "Clara",
    "Daniel",
    "Diego",
    "Dilnoza",
    "Elena",
    "Emil",
    "Esther",
    "Farid",
    "Fiona",
    "Freya",
    "Gabriel",
    "Giulia",
    "Grace",
    "Hana",
    "Hannah",
    "Henrik",
    "Ines",
    "Isaac",
    "Ivy",
    "Jamal",
    "Jonas",
    "Josephine",
    "Kaito",
    "Kwame",
    "Laila",
    "Leo",
    "Linnea",
    "Lucas",
    "Mai",
    "Marta",
    "Mateo",
    "Maya",
    "Mikkel",
    "Nadia",
    "Naomi",
    "Noah",
    "Nora",
    "Oliver",
    "Olu",
    "Oscar",
    "Petra",
    "Priya",
    "Quentin",
    "Rafael",
    "Rosa",
    "Ruth",
    "Sana",
    "Sofia",
    "Soren",
    "Tara",
    "Theo",
    "Tomas",
    "Uma",
    "Victor",
    "Wanda",
    "Yara",
    "Yuki",
    "Zoe",
];

const LAST_NAMES: &[&str] = &[
    "Abbott",
    "Adeyemi",
    "Almeida",
    "Andersen",
    "Baker",
    "Bauer",
    "Becker",
    "Bennett",
    "Bianchi",
    "Brooks",
    "Castillo",
    "Chen",
    "Cohen",
    "Costa",
    "Dahl",
    "Davis",
    "Delgado",
    "Dubois",
    "Eriksen",
    "Evans",
    "Ferrari",
    "Fischer",
    "Flores",
    "Garcia",
    "Green",
    "Haddad",
    "Hansen",
    "Harris",
    "Ito",
    "Jansen",
    "Jensen",
    "Kaya",
    "Keller",
    "Khan",
    "Kowalski",
    "Larsen",
    "Lee",
    "Lindqvist",
    "Lopez",
    "Marsh",
    "Martin",
    "Mensah",
    "Meyer",
    "Morales",
    "Nakamura",
    "Nguyen",
    "Novak",
    "Okafor",
    "Olsen",
    "Park",
    "Patel",
    "Pereira",
    "Quinn",
    "Rossi",
    "Russo",
    "Sato",
    "Schmidt",
    "Silva",
    "Singh",
    "Sorensen",
    "Tanaka",
    "Turner",
    "Vargas",
    "Weber",
    "Wilson",
    "Wright",
    "Yilmaz",
    "Zhang",
];

const MAIL_HOSTS: &[(&str, u32)] = &[("example.com", 58), ("example.net", 24), ("example.org", 18)];

/// Name, short form for article numbers, and price in US cents.
const PRODUCTS: &[(&str, &str, i64)] = &[
    ("Linen duvet cover", "DUV", 18_900),
    ("Linen pillowcase, pair", "PIL", 5_400),
    ("Stonewashed linen apron", "APR", 4_200),
    ("Washed linen napkins, set of four", "NAP", 3_600),
    ("Waffle bath towel", "TOW", 3_900),
    ("Larch wood serving board", "BRD", 5_800),
    ("Larch wood stool", "STL", 14_500),
    ("Turned maple bowl", "BWL", 7_200),
    ("Beeswax candles, three", "CAN", 2_400),
    ("Stoneware mug", "MUG", 2_200),
    ("Stoneware dinner plate", "PLT", 2_900),
    ("Stoneware teapot", "TEA", 8_600),
    ("Wool throw", "THR", 12_900),
    ("Felt slippers", "SLI", 6_400),
    ("Cast iron pan, 26 cm", "PAN", 9_800),
    ("Carbon steel paring knife", "KNF", 4_900),
    ("Willow laundry basket", "BSK", 8_800),
    ("Soap dish, slate", "DSH", 1_800),
    ("Olive oil soap", "SOP", 900),
    ("Cedar blocks, twelve", "CED", 1_400),
    ("Brass reading lamp", "LMP", 16_800),
    ("Paper lantern", "LAN", 3_200),
    ("Rag rug, 70 by 140", "RUG", 11_000),
    ("Enamel colander", "COL", 3_400),
    ("Notebook, sewn", "NTB", 1_600),
];

const VARIANTS: &[Option<&str>] = &[None, None, Some("natural"), Some("moss"), Some("indigo"), Some("oat")];

/// Somebody who visits the shop.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) email: EmailAddress,
    /// The shop's own name of somebody who has an account there.
    pub(super) customer_id: Option<String>,
}

/// The person of a number: the same one whenever asked.
pub(super) fn person(seed: u64, number: u64) -> Result<Person> {
    let mut dice = dice(seed, Topic::Person, number);
    let (first_name, last_name) = (one_of(&mut dice, FIRST_NAMES), one_of(&mut dice, LAST_NAMES));
    let host = weighted(&mut dice, MAIL_HOSTS);
    // The number keeps addresses apart, however many people share a name.
    let address = match dice.random_range(0..3) {
        0 => format!("{first_name}.{last_name}{number}@{host}"),
        1 => format!("{}{}{number}@{host}", first_name.to_lowercase(), &last_name.to_lowercase()[..1]),
        _ => format!("{}.{}+{number}@{host}", first_name.to_lowercase(), last_name.to_lowercase()),
    };
    let email = EmailAddress::parse(&address).map_err(Error::internal)?;
    let customer_id = dice.random_bool(0.4).then(|| format!("C{}", 10_000 + number));
    Ok(Person { first_name, last_name, email, customer_id })
}

/// A line for a cart. `quantity` people of a household rarely need more than three of anything.
pub(super) fn product(dice: &mut Dice, currency: Currency, quantity: i64) -> NewItem {
    let at = dice.random_range(0..PRODUCTS.len());
    let (name, short, cents) = PRODUCTS[at];
    let variant = one_of(dice, VARIANTS);
    let sku = variant.map_or(format!("LL-{short}"), |variant| format!("LL-{short}-{}", variant[..3].to_uppercase()));
    NewItem {
        product_id: format!("p{}", 100 + at),
        variant_id: variant.map(str::to_owned),
        name: Some(variant.map_or(name.to_owned(), |variant| format!("{name}, {variant}"))),
        sku: Some(sku),
        quantity,
        unit_price: Some(priced(cents, currency)),
        image_url: None,
        url: Some(format!("{SHOP_URL}/products/{}", short.to_lowercase())),
        notes: None,
        metadata: None,
    }
}

/// A price list in other currencies: not today's rate, but round.
fn priced(cents: i64, currency: Currency) -> i64 {
    match currency.code() {
        "EUR" => cents * 95 / 100 / 10 * 10,
        "GBP" => cents * 82 / 100 / 10 * 10,
        "JPY" => cents * 3 / 2 / 10 * 10,
        _ => cents,
    }
}
