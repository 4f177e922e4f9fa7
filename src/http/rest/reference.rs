//! The reference of the REST interface, as OpenAPI: what all its calls have in common is said once, here, and put into each
//! call that the dialects describe beside their code.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;

use super::errors::Code;

/// What is said of a thing that is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    id: String,
    /// What it was.
    #[schema(value_type = String)]
    object: &'static str,
    /// Always true.
    deleted: bool,
}

impl Deleted {
    pub(crate) fn of(id: String, object: &'static str) -> Self {
        Deleted { id, object, deleted: true }
    }
}

/// Headers of every answer, with what they hold.
const HEADERS: &[(&str, &str, &str)] = &[
    ("X-Request-Id", "string", "The id of this request, `req_…`, which the log has too."),
    ("X-RateLimit-Limit", "integer", "Calls a minute. Absent, as the two below, while the limit is off."),
    ("X-RateLimit-Remaining", "integer", "Calls that may follow at once."),
    ("X-RateLimit-Reset", "integer", "When all of them are back, in Unix seconds."),
];

/// The document: what the dialects describe, with everything that all calls have in common.
pub(crate) fn complete(described: &OpenApi) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(described)?;
    document["info"] = json!({
        "title": "Cartwright REST interface",
        "version": env!("CARGO_PKG_VERSION"),
        "description": include_str!("reference.md"),
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/", "description": "This process" }]);
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for (method, call) in item.as_object_mut().into_iter().flatten().filter(|(_, call)| call.is_object()) {
                complete_call(path, method, call);
            }
        }
    }
    let components = &mut document["components"];
    components["securitySchemes"] = json!({ "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the shop with the scope that the call names: `cartwright key create`.",
    }});
    components["headers"] = headers();
    components["responses"] = problems();
    components["parameters"] = json!({ "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "Marks two calls as one: within 24 hours the first answer is given again, with \
            `Idempotency-Replayed: true`. The same key with another call is 409.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    }});
    components["schemas"]["Error"] = error_schema();
    Ok(document)
}

fn complete_call(path: &str, method: &str, call: &mut Value) {
    let writes = method != "get";
    let name =
        format!("{}_{}", call["tags"][0].as_str().unwrap_or("call"), call["operationId"].as_str().unwrap_or(method));
    call["operationId"] = name.into();
    call["security"] = json!([{ "bearer": [] }]);
    let mut headers: Map<String, Value> =
        HEADERS.iter().map(|(name, _, _)| ((*name).to_owned(), reference("headers", name))).collect();
    if writes {
        headers.insert("Idempotency-Replayed".into(), reference("headers", "Idempotency-Replayed"));
        let mark = reference("parameters", "IdempotencyKey");
        match call["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(mark),
            None => call["parameters"] = json!([mark]),
        }
    }
    let Some(responses) = call["responses"].as_object_mut() else { return };
    for answer in responses.values_mut() {
        answer["headers"] = headers.clone().into();
    }
    let names = path.contains('{');
    for (status, for_it) in [
        ("400", true),
        ("401", true),
        ("403", true),
        ("404", names),
        ("408", writes),
        ("409", writes),
        ("413", writes),
        ("415", writes),
        ("429", true),
        ("500", true),
    ] {
        if for_it && !responses.contains_key(status) {
            responses.insert(status.to_owned(), reference("responses", status));
        }
    }
}

fn reference(kind: &str, name: &str) -> Value {
    // A component's name may not be a number alone for every reader of such documents.
    let name = if kind == "responses" { format!("Problem{name}") } else { name.to_owned() };
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn headers() -> Value {
    let mut all: Map<String, Value> = HEADERS
        .iter()
        .map(|(name, kind, said)| ((*name).to_owned(), json!({ "description": said, "schema": { "type": kind } })))
        .collect();
    for (name, kind, said) in [
        ("Idempotency-Replayed", "string", "`true` when this answer was given before."),
        ("Retry-After", "integer", "Seconds after which the next call is let through."),
    ] {
        all.insert(name.into(), json!({ "description": said, "schema": { "type": kind } }));
    }
    all.into()
}

/// The answers that every call may give besides its own, by status.
fn problems() -> Value {
    let mut all = Map::new();
    for code in Code::ALL {
        let status = code.status();
        let name = format!("Problem{}", status.as_u16());
        let entry = all.entry(name).or_insert_with(|| {
            let mut headers: Map<String, Value> =
                HEADERS.iter().map(|(name, _, _)| ((*name).to_owned(), reference("headers", name))).collect();
            if status.as_u16() == 429 {
                headers.insert("Retry-After".into(), reference("headers", "Retry-After"));
            }
            json!({
                "description": "",
                "headers": headers,
                "content": { "application/json": { "schema": reference("schemas", "Error") } },
            })
        });
        let said = entry["description"].as_str().unwrap_or_default();
        let gap = if said.is_empty() { "" } else { "\n\n" };
        entry["description"] = format!("{said}{gap}`{}`: {}", code.as_str(), code.meaning()).into();
    }
    all.into()
}

fn error_schema() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut kinds: Vec<&str> = Code::ALL.iter().map(|code| code.kind()).collect();
    kinds.dedup();
    kinds.sort_unstable();
    kinds.dedup();
    let text = |said: &str| json!({ "type": "string", "description": said });
    json!({
        "type": "object",
        "description": "What every refusal says.",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message", "type", "details", "request_id", "timestamp", "documentation_url"],
            "properties": {
                "code": { "type": "string", "enum": codes },
                "message": text("One sentence for people."),
                "type": { "type": "string", "enum": kinds },
                "details": {
                    "type": "object",
                    "properties": { "param": text("The path of the field or parameter that is wrong.") },
                },
                "request_id": text("As in `X-Request-Id`."),
                "timestamp": { "type": "string", "format": "date-time" },
                "documentation_url": text("The code's paragraph, on this server."),
            },
        }},
    })
}
