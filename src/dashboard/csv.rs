//! Files for spreadsheets. A text that a spreadsheet would take for a formula gets a `'` before it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_DISPOSITION;

use crate::http::render;

/// A file that is being written.
pub(super) struct File(String);

impl File {
    /// A file with these columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut file = File(String::new());
        file.row(columns);
        file
    }

    /// One more row.
    pub(super) fn row(&mut self, fields: &[&str]) {
        let line: Vec<String> = fields.iter().map(|field| cell(field)).collect();
        self.0.push_str(&line.join(","));
        self.0.push_str("\r\n");
    }

    /// The file as something to be saved under a name of ours.
    pub(super) fn answer(self, name: &'static str) -> HttpResponse {
        let mut answer = render::bytes(StatusCode::OK, "text/csv; charset=utf-8", self.0);
        if let Ok(value) = format!("attachment; filename=\"{name}\"").parse() {
            answer.headers_mut().insert(CONTENT_DISPOSITION, value);
        }
        answer
    }
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let text = format!("{guard}{text}");
    if text.contains([',', ';', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_stays_a_text_and_a_quote_ends_no_field() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("@a,\"b\""), "\"'@a,\"\"b\"\"\"");
        assert_eq!(cell("plain"), "plain");
    }
}
