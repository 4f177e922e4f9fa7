//! Shops.

use rusqlite::{Row, named_params, types::Type};

use super::cells::Cells;
use super::{ReadTx, WriteTx};
use crate::domain::settings::Settings;
use crate::domain::{Result, Site, SiteNo};

const COLUMNS: &str =
    "no, site_id, account_id, name, currency, timezone, status, created_at, settings, suppression_key";

fn from_row(row: &Row) -> rusqlite::Result<Site> {
    let mut cells = Cells::of(row);
    Ok(Site {
        no: cells.get("no")?,
        site_id: cells.get("site_id")?,
        account_id: cells.get("account_id")?,
        name: cells.get("name")?,
        currency: cells.get("currency")?,
        zone: cells.get("timezone")?,
        status: cells.get("status")?,
        created_at: cells.get("created_at")?,
        settings: settings_from(&cells.get::<String>("settings")?)?,
        suppression_key: cells.get("suppression_key")?,
    })
}

fn settings_from(json: &str) -> rusqlite::Result<Settings> {
    let bad = |e: Box<dyn std::error::Error + Send + Sync>| rusqlite::Error::FromSqlConversionFailure(8, Type::Text, e);
    let pairs: Vec<(String, String)> = serde_json::from_str::<std::collections::BTreeMap<String, String>>(json)
        .map_err(|e| bad(e.into()))?
        .into_iter()
        .collect();
    Settings::from_pairs(pairs).map_err(|e| bad(e.into()))
}

fn settings_json(settings: &Settings) -> String {
    let object: serde_json::Map<String, serde_json::Value> =
        settings.pairs().map(|(name, value)| (name.to_owned(), value.into())).collect();
    serde_json::Value::Object(object).to_string()
}

/// Every site, in the order in which they were added.
pub fn all(tx: &ReadTx) -> Result<Vec<Site>> {
    tx.all(sql!("select {COLUMNS} from sites order by no"), [], from_row)
}

/// By our own number.
pub fn by_no(tx: &ReadTx, no: SiteNo) -> Result<Option<Site>> {
    tx.remember("site by no", no, |tx| {
        tx.first(sql!("select {COLUMNS} from sites where no = :no"), named_params! { ":no": no }, from_row)
    })
}

/// By the public id of the cart interfaces.
pub fn by_site_id(tx: &ReadTx, site_id: &str) -> Result<Option<Site>> {
    tx.remember("site by site_id", site_id.to_owned(), |tx| {
        tx.first(
            sql!("select {COLUMNS} from sites where site_id = :site_id"),
            named_params! { ":site_id": site_id },
            from_row,
        )
    })
}

/// By the account of the loyalty interface.
pub fn by_account_id(tx: &ReadTx, account_id: &str) -> Result<Option<Site>> {
    tx.remember("site by account_id", account_id.to_owned(), |tx| {
        tx.first(
            sql!("select {COLUMNS} from sites where account_id = :account_id"),
            named_params! { ":account_id": account_id },
            from_row,
        )
    })
}

/// Adds a site; its `no` is given by the store.
pub fn insert(tx: &WriteTx, site: &Site) -> Result<SiteNo> {
    tx.note_changed_shop();
    tx.insert(
        "insert into sites (site_id, account_id, name, currency, timezone, status, created_at, settings, suppression_key)
         values (:site_id, :account_id, :name, :currency, :timezone, :status, :created_at, :settings, :suppression_key)",
        named_params! {
            ":site_id": site.site_id,
            ":account_id": site.account_id,
            ":name": site.name,
            ":currency": site.currency,
            ":timezone": site.zone,
            ":status": site.status,
            ":created_at": site.created_at,
            ":settings": settings_json(&site.settings),
            ":suppression_key": site.suppression_key,
        },
    )
    .map(SiteNo)
}

/// Writes what can change of a site.
pub fn update(tx: &WriteTx, site: &Site) -> Result<()> {
    tx.note_changed_shop();
    tx.run(
        "update sites
         set name = :name, currency = :currency, timezone = :timezone, status = :status, settings = :settings
         where no = :no",
        named_params! {
            ":no": site.no,
            ":name": site.name,
            ":currency": site.currency,
            ":timezone": site.zone,
            ":status": site.status,
            ":settings": settings_json(&site.settings),
        },
    )?;
    Ok(())
}
