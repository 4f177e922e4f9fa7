//! `/v1/customers`: whom the shop knows by more than an address.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::customers::Customer;
use crate::domain::keys::Scope;
use crate::domain::{EmailAddress, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::http::rest::reference::Deleted;
use crate::ops::customers::{self, CustomerChange, NewCustomer};
use crate::store::customers::Filter;

/// A customer.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub(super) struct View {
    /// Opaque.
    id: String,
    /// Always `customer`.
    #[schema(value_type = String, pattern = "^customer$")]
    object: &'static str,
    email: Option<String>,
    /// The member's number in the loyalty interface; null for a contact that is no member.
    code: Option<String>,
    /// Number of a printed card.
    card_number: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    /// Since when the shop knows the customer.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Customer> for View {
    fn from(customer: Customer) -> Self {
        View {
            id: customer.id,
            object: "customer",
            email: customer.email.map(|email| email.shown().to_owned()),
            code: customer.code,
            card_number: customer.card_number,
            first_name: customer.first_name,
            last_name: customer.last_name,
            phone: customer.phone,
            created_at: customer.created_at.rfc3339(),
        }
    }
}

#[utoipa::path(
    get, path = "/v1/customers", tag = "customers",
    params(
        PageParams,
        OrderParams,
        ("email" = Option<String>, Query, description = "Exactly this address"),
        ("code" = Option<String>, Query, description = "Exactly this member's number"),
        ("created_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("created_before" = Option<String>, Query, description = "ISO 8601; strict"),
    ),
    responses((status = 200, description = "A page, by `created_at`", body = List<View>)),
)]
/// List customers
///
/// Scope `customers:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::CustomersRead, move |tx, site| {
        let (created_after, created_before) = query::created(&params)?;
        let address = query::address(&params)?.map(|email| email.matched());
        let code = params.get("code").map(str::to_owned);
        let filter = Filter { address, code, created_after, created_before };
        Ok(List::of(customers::list(tx, site, &filter, &wanted(&params)?)?, "/v1/customers", View::from))
    })
    .await
}

#[utoipa::path(
    post, path = "/v1/customers", tag = "customers",
    request_body = NewCustomerBody,
    responses((status = 201, description = "The customer", body = View)),
)]
/// Add a customer
///
/// Scope `customers:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        Ok(NewCustomer { id: fields.text("id")?, known: known(&fields)? })
    };
    door.write(Scope::CustomersWrite, Some(body), understand, customers::create, |customer| {
        (StatusCode::CREATED, View::from(customer))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/customers/{id}", tag = "customers", params(("id" = String, Path)),
    responses((status = 200, description = "The customer", body = View)),
)]
/// Read a customer
///
/// Scope `customers:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::CustomersRead, move |tx, site| Ok(View::from(customers::get(tx, site, &id)?))).await
}

#[utoipa::path(
    patch, path = "/v1/customers/{id}", tag = "customers", params(("id" = String, Path)),
    request_body = CustomerBody,
    responses((status = 200, description = "The customer", body = View)),
)]
/// Change what is known of a customer
///
/// What is absent or null stays. Scope `customers:write`.
pub(super) async fn change(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    door.write(
        Scope::CustomersWrite,
        Some(body),
        |body| known(&Fields::of_body(body)?),
        move |tx, site, change| customers::change_known(tx, site, &id, change),
        |customer| (StatusCode::OK, View::from(customer)),
    )
    .await
}

#[utoipa::path(
    delete, path = "/v1/customers/{id}", tag = "customers", params(("id" = String, Path)),
    responses((status = 200, description = "It is gone", body = Deleted)),
)]
/// Delete a customer
///
/// One with entries in the loyalty ledger is refused, for the ledger stays. Carts and purchases stay too: they have their own
/// addresses. Scope `customers:write`.
pub(super) async fn delete(door: Door, id: web::Path<String>) -> HttpResponse {
    door.write(
        Scope::CustomersWrite,
        None,
        |_| Ok(id.into_inner()),
        |tx, site, id| customers::delete(tx, site, &id).map(|()| id),
        |id| (StatusCode::OK, Deleted::of(id, "customer")),
    )
    .await
}

/// What is known of a customer. Null and blank are absent.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `known` reads")]
pub(super) struct CustomerBody {
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    /// The member's number; one customer's.
    #[schema(max_length = 64)]
    code: Option<String>,
    #[schema(max_length = 2048)]
    card_number: Option<String>,
    #[schema(max_length = 2048)]
    first_name: Option<String>,
    #[schema(max_length = 2048)]
    last_name: Option<String>,
    #[schema(max_length = 2048)]
    phone: Option<String>,
}

/// A customer to be added.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `create` reads")]
pub(super) struct NewCustomerBody {
    /// The shop's own name of the customer; absent, one is made.
    #[schema(max_length = 64)]
    id: Option<String>,
    #[schema(inline)]
    #[serde(flatten)]
    known: CustomerBody,
}

fn known(fields: &Fields) -> Result<CustomerChange> {
    Ok(CustomerChange {
        email: fields.parsed("email", EmailAddress::parse)?,
        code: fields.text("code")?,
        card_number: fields.text("card_number")?,
        first_name: fields.text("first_name")?,
        last_name: fields.text("last_name")?,
        phone: fields.text("phone")?,
    })
}
