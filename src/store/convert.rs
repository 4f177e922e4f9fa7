//! How domain values stand in columns. Text that a column holds and the domain refuses is an error of the store.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::domain::carts::{CartStatus, Channel, Class};
use crate::domain::coupons::CouponType;
use crate::domain::go_lives::How;
use crate::domain::letters::{Outcome, Why};
use crate::domain::loyalty::{CampaignKind, Cause};
use crate::domain::messages::{EventKind, MessageStatus};
use crate::domain::passes::Purpose;
use crate::domain::purchases::FirstReply;
use crate::domain::sites::SiteStatus;
use crate::domain::subscribers::Phone;
use crate::domain::suppressions::{Reason, Source};
use crate::domain::users::{Campaigns, Role};
use crate::domain::webhooks::{DeliveryStatus, Event, Format};
use crate::domain::{Currency, EmailAddress, Error, SiteNo, Timestamp, Zone};

use super::counts::Hourly;

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        Error::internal(e)
    }
}

impl ToSql for SiteNo {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for SiteNo {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(SiteNo)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.secs().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Timestamp::from_secs)
    }
}

impl ToSql for EmailAddress {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.shown().into())
    }
}

impl FromSql for EmailAddress {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        EmailAddress::parse(value.as_str()?).map_err(FromSqlError::other)
    }
}

impl ToSql for Phone {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.shown().into())
    }
}

impl FromSql for Phone {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Phone::parse(value.as_str()?).map_err(FromSqlError::other)
    }
}

impl ToSql for Currency {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.code().into())
    }
}

impl FromSql for Currency {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Currency::parse(value.as_str()?).map_err(FromSqlError::other)
    }
}

impl ToSql for Zone {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for Zone {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Zone::parse(value.as_str()?).map_err(FromSqlError::other)
    }
}

/// `all`, `none`, or a JSON array of ids.
impl ToSql for Campaigns {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Campaigns::All => "all".into(),
            Campaigns::None => "none".into(),
            Campaigns::Some(ids) => serde_json::json!(ids).to_string().into(),
        })
    }
}

impl FromSql for Campaigns {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "all" => Ok(Campaigns::All),
            "none" => Ok(Campaigns::None),
            list => {
                let ids: Vec<String> = serde_json::from_str(list).map_err(FromSqlError::other)?;
                Ok(Campaigns::listed(ids.into_iter()))
            }
        }
    }
}

macro_rules! stored_as_words {
    ($($name:ty),+ $(,)?) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|e: Error| FromSqlError::other(e))
            }
        }
    )+};
}

stored_as_words!(
    CampaignKind,
    CartStatus,
    Cause,
    Channel,
    Class,
    CouponType,
    DeliveryStatus,
    Event,
    EventKind,
    FirstReply,
    Format,
    Hourly,
    How,
    MessageStatus,
    Outcome,
    Purpose,
    Reason,
    Role,
    SiteStatus,
    Source,
    Why
);
