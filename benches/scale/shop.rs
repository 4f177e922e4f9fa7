//! A shop of any size, made by the database itself in seconds: carts over a year, three letters and two ledger entries
//! each, purchases, members. The same size gives the same shop, but for the moment at which it was made.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use cartwright::domain::keys::Scopes;
use cartwright::domain::settings::Settings;
use cartwright::domain::sites::SiteStatus;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::domain::{Clock, Currency, Timestamp, Zone};
use cartwright::ops;
use cartwright::ops::sites::NewSite;
use cartwright::ops::users::NewUser;
use cartwright::store::{FILE_NAME, Store};
use rusqlite::{Connection, named_params};

/// The shop's names, and the one key of it and of its user.
pub const SITE: &str = "bench";
pub const ACCOUNT: &str = "bench_shop";
pub const USER: &str = "owner";
pub const KEY: &str = "key-of-the-bench";
/// Where its pages are.
pub const ORIGIN: &str = "https://shop.example";

/// The file of a bare server beside the shop's own.
pub const FLOOR_FILE: &str = "floor.db";

/// Goes up when what is made here changes.
const EDITION: u32 = 3;

/// A folder with a shop of so many carts and the file of the bare server, made unless it is there.
pub fn folder(data: &Path, carts: i64) -> PathBuf {
    let name = format!("shop-{carts}-{EDITION}-{:08x}", schema_mark());
    let folder = data.join(&name);
    if folder.join(FLOOR_FILE).exists() {
        return folder;
    }
    let unfinished = data.join(format!("{name}.part"));
    for old in [&folder, &unfinished] {
        drop(std::fs::remove_dir_all(old));
    }
    eprintln!("making a shop of {carts} carts in {}", folder.display());
    make(&unfinished, carts);
    std::fs::rename(&unfinished, &folder).expect("the folder takes its name");
    folder
}

/// Has the system hold a folder's files in memory, as it does while there is room. Where a host takes pages away that nobody touched for
/// a minute, as some do, the first writes after a long time of reading would wait for the disk, the bare ones as well.
pub fn warm(folder: &Path) {
    for name in [FILE_NAME, FLOOR_FILE] {
        let mut file = std::fs::File::open(folder.join(name)).expect("a file of the shop");
        let mut buffer = vec![0; 1 << 20];
        while file.read(&mut buffer).expect("its bytes") > 0 {}
    }
}

/// A mark of the schema, so that a shop of an older one is not taken.
fn schema_mark() -> u32 {
    // FNV-1a: short, and the same in every build.
    let step = |mark: u32, byte: &u8| (mark ^ u32::from(*byte)).wrapping_mul(16_777_619);
    include_str!("../../schema.sql").as_bytes().iter().fold(2_166_136_261, step)
}

/// The machine's clock.
pub fn clock() -> Clock {
    Arc::new(now)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Timestamp::from_secs(i64::try_from(since.as_secs()).expect("a year that can be written"))
}

fn make(folder: &Path, carts: i64) {
    let store = Store::open(folder, clock()).expect("a store");
    add_site(&store);
    drop(store);
    fill(&folder.join(FILE_NAME), carts);
    let store = Store::open(folder, clock()).expect("the store again");
    store
        .write(|tx| {
            let site = ops::sites::find(tx, SITE)?;
            ops::stats::rebuild(tx, &site).map(drop)
        })
        .expect("the kept figures");
    drop(store);
    make_floor(folder);
}

/// The shop, its key, and the user of its loyalty interface.
pub fn add_site(store: &Store) {
    let settings = [("abandon_after", "30d"), ("origins", ORIGIN), ("consent", "not_required")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let new = NewSite {
        site_id: SITE.into(),
        account_id: ACCOUNT.into(),
        name: "A shop of some size".into(),
        currency: Currency::parse("USD").expect("a currency"),
        zone: Zone::parse("Europe/Paris").expect("a zone"),
        status: SiteStatus::Paid,
        settings: Settings::from_pairs(settings).expect("settings"),
    };
    let user = NewUser {
        user_id: USER.into(),
        role: Role::Owner,
        zone: None,
        campaigns: Campaigns::All,
        key: Some(KEY.into()),
    };
    let add = store.write(move |tx| {
        let site = ops::sites::add(tx, new)?;
        ops::keys::import(tx, &site, KEY, Scopes::parse("all")?, None)?;
        ops::users::add(tx, &site, user)
    });
    add.expect("a shop");
}

/// What an index or a trigger is made by, of a whole file.
fn makers(conn: &Connection, kind: &str) -> Vec<(String, String)> {
    let sql = "select name, sql from sqlite_schema where type = :kind and sql is not null";
    let mut statement = conn.prepare(sql).expect("a statement");
    let rows = statement.query_map(named_params! { ":kind": kind }, |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

fn fill(path: &Path, carts: i64) {
    let conn = Connection::open(path).expect("the file");
    conn.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000; pragma temp_store = memory;",
    )
    .expect("a file in a hurry");
    let (indexes, triggers) = (makers(&conn, "index"), makers(&conn, "trigger"));
    for (kind, makers) in [("trigger", &triggers), ("index", &indexes)] {
        makers.iter().for_each(|(name, _)| conn.execute_batch(&format!("drop {kind} {name}")).expect("dropped"));
    }
    conn.execute_batch("begin").expect("a transaction");
    for sql in FILL {
        let step = conn.prepare(sql).expect("a statement of the shop");
        let names = (1..=step.parameter_count()).filter_map(|at| step.parameter_name(at).map(str::to_owned));
        let names: Vec<String> = names.collect();
        drop(step);
        let values = [(":carts", carts), (":members", (carts / 5).max(1)), (":now", now().secs())];
        let used: Vec<_> = values.iter().filter(|(name, _)| names.iter().any(|known| known == name)).collect();
        let bound: Vec<(&str, &dyn rusqlite::ToSql)> =
            used.iter().map(|(name, value)| (*name, value as &dyn rusqlite::ToSql)).collect();
        conn.execute(sql, bound.as_slice()).expect("rows");
    }
    for (_, sql) in indexes.iter().chain(&triggers) {
        conn.execute_batch(sql).expect("an index again");
    }
    conn.execute_batch("commit; pragma journal_mode = wal; analyze").expect("a file as it was");
}

/// Scatters a row number over 32 bits: Knuth's multiplicative hash.
macro_rules! scattered {
    ($sql:literal) => {
        concat!(
            "with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < :carts),
                  scattered as (select i, (i * 2654435761) & 4294967295 as h,
                                       :now - 31536000 + i * 31500000 / :carts as at from numbers) ",
            $sql
        )
    };
}

/// One in ten carts is active for years to come, 45 % are abandoned, 30 % bought, the rest expired; one in 50 is a machine's, one in five
/// without an address, one in ten in another currency. Ids have the shape of real ones, in the order of creation; addresses are in none.
const FILL: &[&str] = &[
    scattered!(
        "insert into carts (site, id, email, address, identified, customer_id, session_id, channel, currency, subtotal, discount, tax, shipping,
             total, item_count, unique_item_count, created_at, updated_at, last_activity, items_changed_at,
             first_abandoned_at, abandoned_at, status, expires_at, due_at, class, emailed, recovered)
         select 1, printf('cart_%08x-%04x-7000-8000-%012x', at, i & 65535, h),
             iif(known, printf('Shopper%d@example.com', h), null), iif(known, printf('shopper%d@example.com', h), null),
             known, iif(h % 3 = 0, 'customer-' || (h % 100000), null), printf('sess_%08x', h),
             case when h % 10 < 6 then 'web' when h % 10 < 8 then 'mobile' when h % 10 = 8 then 'pos' else 'api' end,
             iif((h >> 9) % 10 = 0, 'EUR', 'USD'), 1000 + h % 20000, 0, 0, 0, 1000 + h % 20000, 2, 1,
             at, at + 7200, iif(part < 10, :now + 157680000, at + 600), at + 600, iif(part >= 10, at + 2400, null), iif(part >= 10, at + 2400, null),
             case when part < 10 then 'active' when part < 55 then 'abandoned' when part < 85 then 'converted' else 'expired' end,
             :now + 315360000, iif(part < 55, :now + 160272000, null),
             iif((h >> 7) % 50 = 0, 'machine', 'unknown'), part >= 10, part between 55 and 69
         from (select i, h, at, (h >> 3) % 100 as part, (h >> 12) % 5 <> 0 as known from scattered)"
    ),
    scattered!(
        "insert into cart_items (cart, id, position, product_id, name, sku, quantity, unit_price, url)
         select i, printf('ci_%016x', h), 1, 'product-' || (h % 5000), 'A thing of some length', 'SKU-' || (h % 5000), 2,
             (1000 + h % 20000) / 2, 'https://shop.example/p/' || (h % 5000)
         from scattered"
    ),
    "insert into messages (site, id, cart, sequence_id, step, email, address, subject, status, created_at, attempts, sent_at, opened, clicked)
     select 1, printf('msg_%012x-%d', c.no, step.value), c.no, 'default', step.value, c.email, c.address,
         'You left something in your cart', 'sent', c.created_at + 2400, 1, c.created_at + 6000 + 86400 * (step.value - 1),
         (c.no + step.value) % 3 = 0, (c.no + step.value) % 12 = 0
     from carts c, json_each('[1, 2, 3]') step where c.no <= :carts",
    "insert into purchases (site, id, order_id, email, address, cart, currency, total, at, source, verified, reply, last_cart, recovered_cart, message)
     select 1, printf('pur_%012x', c.no), 'order-' || c.no, c.email, c.address, c.no, c.currency, c.total, c.created_at + 7200, 'ss/v1', 1, 'recorded',
         c.no, iif(c.recovered, c.no, null), iif(c.recovered, 3 * c.no - 2, null)
     from carts c where c.status = 'converted' and c.no <= :carts",
    "with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < :members)
     insert into customers (site, id, email, address, code, card_number, first_name, last_name, created_at)
     select 1, printf('cus_%012x', i), printf('member%d@example.com', i), printf('member%d@example.com', i), printf('%016d', i * 7919), printf('card-%d', i),
         'Ann' || (i % 500), 'Example', :now - 31536000 + i * 31500000 / :members
     from numbers",
    "insert into loyalty_campaigns (site, id, name, kind, active, created_at, earns_from_purchases)
     select 1, printf('camp_%d', value), 'Campaign ' || value, iif(value % 2 = 0, 'points', 'events'), value < 9, :now - 31536000, 0
     from json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]')",
    "with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < 2 * :carts),
          scattered as (select i, (i * 2654435761) & 4294967295 as h from numbers)
     insert into loyalty_entries (site, id, campaign, customer, at, cause, amount, redeemed, delta, description, user)
     select 1, printf('txn_%016x', i), 1 + h % 10, 1 + (h >> 4) % :members, :now - 31536000 + i * 15750000 / :carts, iif((h >> 20) % 8 = 0, 'redeem', 'earn'), 10 + h % 90,
         (h >> 20) % 8 = 0, iif((h >> 20) % 8 = 0, -1, 1) * (10 + h % 90), 'A visit', 'owner'
     from scattered",
];

/// The bare server's file: what it reads and writes, with the same indexes and nothing else.
fn make_floor(folder: &Path) {
    let conn = Connection::open(folder.join(FLOOR_FILE)).expect("a file");
    conn.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000; pragma foreign_keys = off;",
    )
    .expect("a file in a hurry");
    let shop = folder.join(FILE_NAME).display().to_string();
    conn.execute("attach :shop as shop", named_params! { ":shop": shop }).expect("the shop beside it");
    for table in ["sites", "carts", "cart_items", "purchases", "messages", "daily_stats"] {
        let of_table = |kind: &str| -> Vec<String> {
            let sql = "select sql from shop.sqlite_schema where tbl_name = :table and type = :kind and sql is not null";
            let mut statement = conn.prepare(sql).expect("a statement");
            let rows = statement.query_map(named_params! { ":table": table, ":kind": kind }, |row| row.get(0));
            rows.expect("rows").map(|row| row.expect("a text")).collect()
        };
        of_table("table").iter().for_each(|sql| conn.execute_batch(sql).expect("a table"));
        if table != "messages" {
            let columns = columns(&conn, table);
            conn.execute(&format!("insert into {table} ({columns}) select {columns} from shop.{table}"), [])
                .expect("its rows");
        }
        of_table("index").iter().for_each(|sql| conn.execute_batch(sql).expect("an index"));
    }
    conn.execute_batch("detach shop; pragma journal_mode = wal; analyze").expect("a file in write-ahead mode");
}

/// The columns of a table that are written, between commas: those that are worked out are left out.
pub fn columns(conn: &Connection, table: &str) -> String {
    let mut statement = conn.prepare("select name from pragma_table_info(:table)").expect("a statement");
    let names = statement.query_map(named_params! { ":table": table }, |row| row.get::<_, String>(0)).expect("rows");
    names.map(|name| name.expect("a name")).collect::<Vec<_>>().join(", ")
}
