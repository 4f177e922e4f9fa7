//! `/v1/sequences`: which letters the shop writes about an abandoned cart, and what they say.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::money::MAX_MINOR;
use crate::domain::sequences::{LONGEST_DELAY, MOST_STEPS, Sequence, Step};
use crate::domain::{Error, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::templates;
use crate::ops::sequences::{self, StepChange};

/// The most characters of a template; `mail/template.rs` counts its bytes.
const LONGEST_TEMPLATE: usize = 65_536;

/// A sequence of letters.
#[derive(Serialize, ToSchema)]
#[schema(as = Sequence)]
pub(super) struct View {
    /// `default`: a shop has one.
    id: String,
    /// Always `sequence`.
    #[schema(value_type = String, pattern = "^sequence$")]
    object: &'static str,
    /// Whether it is as shipped, with nothing of the shop's own.
    shipped: bool,
    /// In order of number.
    steps: Vec<StepView>,
}

/// A letter's place in a sequence.
#[derive(Serialize, ToSchema)]
#[schema(as = SequenceStep)]
pub(super) struct StepView {
    /// 1 for the first.
    step: i64,
    /// Seconds after the abandonment.
    delay_secs: i64,
    /// Whether it is written at all.
    active: bool,
    /// The least that a cart must be worth, minor units of its currency.
    minimum: i64,
    /// The coupon that its letters show.
    coupon_id: Option<String>,
    /// Template; null: as shipped.
    subject: Option<String>,
    /// Template; null: as shipped.
    html: Option<String>,
    /// Template; null: as shipped.
    text: Option<String>,
}

impl From<Sequence> for View {
    fn from(sequence: Sequence) -> Self {
        let shipped = sequence == Sequence::shipped();
        View {
            id: sequence.id,
            object: "sequence",
            shipped,
            steps: sequence.steps.into_iter().map(StepView::from).collect(),
        }
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        StepView {
            step: step.number,
            delay_secs: step.delay_secs,
            active: step.active,
            minimum: step.minimum,
            coupon_id: step.coupon_id,
            subject: step.words.subject,
            html: step.words.html,
            text: step.words.text,
        }
    }
}

#[utoipa::path(
    get, path = "/v1/sequences", tag = "sequences", params(PageParams, OrderParams),
    responses((status = 200, description = "The shop's one sequence", body = List<View>)),
)]
/// List sequences
///
/// Scope `sequences:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::SequencesRead, move |tx, site| {
        Ok(List::of(sequences::list(tx, site, &wanted(&params)?)?, "/v1/sequences", View::from))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/sequences/{id}", tag = "sequences", params(("id" = String, Path)),
    responses((status = 200, description = "The sequence", body = View)),
)]
/// Read a sequence
///
/// Scope `sequences:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::SequencesRead, move |tx, site| Ok(View::from(sequences::get(tx, site, &id)?))).await
}

/// A step; what is absent or null of a step that is there stays.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `step_change` reads")]
pub(super) struct StepBody {
    /// Seconds after the abandonment. Required for a new step.
    #[schema(minimum = 0, maximum = 31_536_000)]
    delay_secs: Option<i64>,
    /// Whether it is written at all.
    active: Option<bool>,
    /// The least that a cart must be worth, minor units of its currency.
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    minimum: Option<i64>,
    /// The coupon that its letters show.
    coupon_id: Option<String>,
    /// Template of the subject.
    subject: Option<String>,
    /// Template for programs that show HTML.
    html: Option<String>,
    /// Template for those that do not.
    text: Option<String>,
    /// Say what is shipped again, without a coupon, before anything else that is named.
    as_shipped: Option<bool>,
}

/// A step in a sequence that is replaced.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `replace` reads")]
pub(super) struct NumberedStepBody {
    /// 1 for the first; absent: one more than the step before.
    #[schema(minimum = 1, maximum = 50)]
    step: Option<i64>,
    /// Seconds after the abandonment.
    #[schema(minimum = 0, maximum = 31_536_000)]
    delay_secs: i64,
    /// Whether it is written at all; absent: yes.
    active: Option<bool>,
    /// The least that a cart must be worth, minor units of its currency; absent: 0.
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    minimum: Option<i64>,
    /// The coupon that its letters show.
    coupon_id: Option<String>,
    /// Template; absent: as shipped.
    subject: Option<String>,
    /// Template; absent: as shipped.
    html: Option<String>,
    /// Template; absent: as shipped.
    text: Option<String>,
}

/// All steps of a sequence.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `replace` reads")]
pub(super) struct SequenceBody {
    #[schema(min_items = 1, max_items = 50)]
    steps: Vec<NumberedStepBody>,
}

#[utoipa::path(
    put, path = "/v1/sequences/{id}", tag = "sequences", params(("id" = String, Path)),
    request_body = SequenceBody,
    responses((status = 200, description = "The sequence", body = View)),
)]
/// Replace the steps of a sequence
///
/// A template that cannot be read is refused here, by part and line. Scope `sequences:write`.
pub(super) async fn replace(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let understand = |body: &Value| {
        let listed = Fields::of_body(body)?.list("steps")?;
        if listed.is_empty() {
            return Err(Error::missing("steps"));
        }
        let mut steps: Vec<(i64, StepChange)> = Vec::new();
        for fields in &listed {
            let number = fields.integer_within("step", 1, MOST_STEPS)?;
            let number = number.unwrap_or_else(|| steps.last().map_or(1, |(before, _)| before + 1));
            let change = step_change(fields)?;
            if change.delay_secs.is_none() {
                return Err(Error::missing(fields.path("delay_secs")));
            }
            if steps.iter().any(|(other, _)| *other == number) {
                return Err(Error::refused(
                    fields.path("step"),
                    "must be another number than that of every other step",
                ));
            }
            steps.push((number, change));
        }
        Ok(steps)
    };
    door.write(
        Scope::SequencesWrite,
        Some(body),
        understand,
        move |tx, site, steps| sequences::replace(tx, site, &id, steps),
        |sequence| (StatusCode::OK, View::from(sequence)),
    )
    .await
}

#[utoipa::path(
    delete, path = "/v1/sequences/{id}", tag = "sequences", params(("id" = String, Path)),
    responses((status = 200, description = "The sequence as it is shipped", body = View)),
)]
/// Go back to the shipped sequence
///
/// Scope `sequences:write`.
pub(super) async fn reset(door: Door, id: web::Path<String>) -> HttpResponse {
    door.write(
        Scope::SequencesWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| sequences::reset(tx, site, &id),
        |sequence| (StatusCode::OK, View::from(sequence)),
    )
    .await
}

#[utoipa::path(
    patch, path = "/v1/sequences/{id}/steps/{step}", tag = "sequences",
    params(("id" = String, Path), ("step" = i64, Path, minimum = 1, maximum = 50)),
    request_body = StepBody,
    responses((status = 200, description = "The sequence", body = View)),
)]
/// Change a step, or add one
///
/// The first change makes the shipped sequence the shop's own. Scope `sequences:write`.
pub(super) async fn change_step(door: Door, path: web::Path<(String, String)>, body: Body) -> HttpResponse {
    let (id, step) = path.into_inner();
    door.write(
        Scope::SequencesWrite,
        Some(body),
        |body| Ok((number(&step)?, step_change(&Fields::of_body(body)?)?)),
        move |tx, site, (step, change)| sequences::change(tx, site, &id, step, change),
        |sequence| (StatusCode::OK, View::from(sequence)),
    )
    .await
}

#[utoipa::path(
    delete, path = "/v1/sequences/{id}/steps/{step}", tag = "sequences",
    params(("id" = String, Path), ("step" = i64, Path, minimum = 1, maximum = 50)),
    responses((status = 200, description = "The sequence", body = View)),
)]
/// Take a step out
///
/// The last one stays: a shop that wants no letters switches them off. Scope `sequences:write`.
pub(super) async fn remove_step(door: Door, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, step) = path.into_inner();
    door.write(
        Scope::SequencesWrite,
        None,
        |_| number(&step),
        move |tx, site, step| sequences::take_out(tx, site, &id, step),
        |sequence| (StatusCode::OK, View::from(sequence)),
    )
    .await
}

/// The number of a step, from the path.
fn number(text: &str) -> Result<i64> {
    let number: i64 = text.parse().map_err(|_| Error::malformed("step", "must be a whole number"))?;
    match (1..=MOST_STEPS).contains(&number) {
        true => Ok(number),
        false => Err(Error::refused("step", format!("must lie between 1 and {MOST_STEPS}"))),
    }
}

/// What is said of a step, with its templates checked.
fn step_change(fields: &Fields) -> Result<StepChange> {
    let mut change = StepChange {
        delay_secs: fields.integer_within("delay_secs", 0, LONGEST_DELAY)?,
        active: fields.boolean("active")?,
        minimum: fields.integer_within("minimum", 0, MAX_MINOR)?,
        coupon_id: fields.text("coupon_id")?,
        as_shipped: fields.boolean("as_shipped")?.unwrap_or(false),
        ..StepChange::default()
    };
    change.words.subject = fields.text("subject")?;
    change.words.html = fields.long_text("html", LONGEST_TEMPLATE)?;
    change.words.text = fields.long_text("text", LONGEST_TEMPLATE)?;
    templates::check(&change.words).map_err(|e| match e {
        Error::Invalid { field, flaw, reason } => Error::Invalid { field: fields.path(&field), flaw, reason },
        other => other,
    })?;
    Ok(change)
}
