//! In which of the three formats a call is answered. Success and errors of one call have the same.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, X_CONTENT_TYPE_OPTIONS};

use super::auth::Refusal;
use crate::http::params::Params;
use crate::http::render;
use crate::http::tree::{Layout, Reply, is_callback};

/// A format, with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The default.
    Xml,
    Json(Layout),
    /// With a callback that was checked.
    Jsonp(String, Layout),
}

impl Format {
    /// The format of whatever is answered, also when the parameters that choose it are in error: XML when `output`
    /// says so or says nonsense; else plain JSON when the callback is nonsense, so that nothing of it is ever echoed.
    pub(super) fn of(params: &Params) -> Self {
        let layout = if is_on(params, "condensed") { Layout::Condensed } else { Layout::Indented };
        match (Output::of(params), params.get("callback")) {
            (Output::Xml | Output::Unknown, _) | (Output::Unsaid, None) => Format::Xml,
            (Output::Json, None) => Format::Json(layout),
            (Output::Json | Output::Unsaid, Some(callback)) if is_callback(callback) => {
                Format::Jsonp(callback.to_owned(), layout)
            }
            (Output::Json | Output::Unsaid, Some(_)) => Format::Json(layout),
        }
    }
}

/// Checks the parameters that choose the format.
pub(super) fn check(params: &Params) -> Result<(), Refusal> {
    if Output::of(params) == Output::Unknown {
        return Err(Refusal::OutputNotValid);
    }
    match params.get("callback") {
        Some(callback) if !is_callback(callback) => Err(Refusal::CallbackNotValid),
        _ => Ok(()),
    }
}

#[derive(PartialEq, Eq)]
enum Output {
    Unsaid,
    Xml,
    Json,
    Unknown,
}

impl Output {
    fn of(params: &Params) -> Self {
        match params.get("output") {
            None => Output::Unsaid,
            Some(word) if word.eq_ignore_ascii_case("xml") => Output::Xml,
            Some(word) if word.eq_ignore_ascii_case("json") => Output::Json,
            Some(_) => Output::Unknown,
        }
    }
}

/// Whether a flag is on: unless it is absent, empty, `0`, `N`, `No` or `false` in any letter case.
pub(super) fn is_on(params: &Params, name: &str) -> bool {
    params.get(name).is_some_and(|value| {
        let value = value.trim();
        !["0", "n", "no", "false"].iter().any(|off| value.eq_ignore_ascii_case(off))
    })
}

/// Writes a reply. No browser may take it for anything but what it says it is, a script least of all.
pub(super) fn write(format: &Format, status: StatusCode, reply: &Reply) -> HttpResponse {
    let (kind, written) = match format {
        Format::Xml => ("text/xml; charset=utf-8", reply.to_xml()),
        Format::Json(layout) => ("application/json; charset=utf-8", reply.to_json(*layout)),
        Format::Jsonp(callback, layout) => ("application/javascript; charset=utf-8", reply.to_jsonp(callback, *layout)),
    };
    match written {
        Ok(body) => {
            let mut answer = render::bytes(status, kind, body);
            answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            answer
        }
        Err(e) => {
            // Memory takes every byte; no input leads here.
            log::error!("a loyalty reply could not be written: {e}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_of(query: &str) -> Format {
        Format::of(&Params::parse(query.as_bytes()))
    }

    #[test]
    fn output_and_callback_choose_the_format() {
        let call = |layout| Format::Jsonp("f".into(), layout);
        assert_eq!(format_of(""), Format::Xml);
        assert_eq!(format_of("output=xMl"), Format::Xml);
        assert_eq!(format_of("output=json"), Format::Json(Layout::Indented));
        assert_eq!(format_of("output=JSON&condensed=yes"), Format::Json(Layout::Condensed));
        assert_eq!(format_of("callback=f"), call(Layout::Indented));
        assert_eq!(format_of("callback=f&output=Json&condensed=yes"), call(Layout::Condensed));
        assert_eq!(format_of("callback=f&output=XML"), Format::Xml);
    }

    #[test]
    fn nonsense_has_a_format_too() {
        assert_eq!(format_of("output=yaml"), Format::Xml);
        assert_eq!(format_of("output=yaml&callback=f"), Format::Xml);
        assert_eq!(format_of("callback=alert(1)//"), Format::Json(Layout::Indented));
        assert_eq!(format_of("callback=alert(1)//&output=json"), Format::Json(Layout::Indented));
        assert_eq!(format_of("callback=alert(1)//&output=xml"), Format::Xml);
    }

    #[test]
    fn flags_are_on_unless_they_say_no() {
        for off in ["", "0", "N", "no", "No", "FALSE", "%20"] {
            assert!(!is_on(&Params::parse(format!("flag={off}").as_bytes()), "flag"), "{off}");
        }
        for on in ["1", "10", "yes", "Y", "true", "on", "00"] {
            assert!(is_on(&Params::parse(format!("flag={on}").as_bytes()), "flag"), "{on}");
        }
        assert!(!is_on(&Params::default(), "flag"));
    }
}
