//! Letters as a mail program shows them: in a frame of their own, without scripts and forms, under a policy of their own.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_SECURITY_POLICY;

use crate::dashboard::door::Answer;
use crate::http::render;

/// No script and no form whatever the letter says; styles are inline, as mail programs want them. Links open elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
    frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// Whether pictures are fetched: of a letter that a real reader got, a picture would say that it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pictures {
    Shown,
    Left,
}

/// A document in a frame.
pub(super) fn framed(status: StatusCode, html: String, pictures: Pictures) -> Answer {
    let sources = match pictures {
        Pictures::Shown => "data: https: http:",
        Pictures::Left => "data:",
    };
    let mut answer = render::bytes(status, "text/html; charset=utf-8", html);
    let policy = format!("{POLICY}; img-src {sources}");
    let policy = policy.parse().map_err(crate::domain::Error::internal)?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// A letter whose links open in a tab of their own, for a frame shows no other site. `subject` stands above it.
pub(super) fn letter(html: &str, subject: Option<&str>) -> String {
    let mut page = html.to_owned();
    if let Some(subject) = subject {
        let at = after_tag(&page, "<body").unwrap_or(0);
        page.insert_str(at, &head(subject));
    }
    let at = after_tag(&page, "<head").or_else(|| after_tag(&page, "<!doctype")).unwrap_or(0);
    page.insert_str(at, "<base target=\"_blank\">");
    page
}

/// A letter's text.
pub(super) fn text(text: &str, subject: Option<&str>) -> String {
    let head = subject.map_or(String::new(), head);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Text</title></head>\
         <body style=\"margin:0;background:#fff;color:#222\">{head}<pre style=\"margin:0;padding:16px;\
         white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.55 ui-monospace,Menlo,Consolas,monospace\">{}</pre>\
         </body></html>\n",
        escape(text)
    )
}

/// Why there is nothing to see.
pub(super) fn sentences(lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("<p>{}</p>", escape(line))).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>No preview</title></head>\
         <body style=\"margin:0;padding:20px;background:#fff;color:#a4261d;font:15px/1.5 system-ui,sans-serif\">\
         {lines}</body></html>\n"
    )
}

fn head(subject: &str) -> String {
    format!(
        "<div style=\"padding:12px 16px;border-bottom:1px solid #ddd;background:#fff;color:#222;\
         font:600 15px/1.4 system-ui,sans-serif\">{}</div>",
        escape(subject)
    )
}

/// Where a document goes on after the first tag that begins so, in any letter case.
fn after_tag(html: &str, tag: &str) -> Option<usize> {
    let at = html.to_ascii_lowercase().find(tag)?;
    // `<header` is not `<head`.
    let next = html[at + tag.len()..].chars().next()?;
    if next.is_ascii_alphanumeric() {
        return None;
    }
    html[at..].find('>').map(|end| at + end + 1)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_open_elsewhere_and_a_subject_stays_words() {
        let page = letter("<!doctype html><HTML><Head><title>x</title></head><body class=a>hi</body>", Some("<b>&"));
        assert!(page.contains("<Head><base target=\"_blank\"><title>"), "{page}");
        assert!(page.contains("<body class=a><div style") && page.contains("&lt;b&gt;&amp;</div>hi"), "{page}");
        assert_eq!(letter("hi", None), "<base target=\"_blank\">hi");
        assert!(letter("<header>x</header>", None).starts_with("<base"));
        assert!(text("<script>", None).contains("&lt;script&gt;"));
    }
}
