//! The reference as it is read: the document, a viewer for it, and a page with every error code. All of it is in the
//! program: it works without a network, and no other host learns who reads.

use std::io::Read;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use flate2::read::GzDecoder;

use super::errors::Code;
use crate::http::{reads, render};

/// What [`crate::dialects::reference`] says. It is here as text so that the code that puts it together, a megabyte of it, is in no
/// release; a test holds the two against each other and writes this one anew.
const DOCUMENT: &str = include_str!("assets/openapi.json");

/// RapiDoc 9.3.8, minified and gzipped as its package has it (MIT; assets/RAPIDOC-LICENSE.txt).
const RAPIDOC: &[u8] = include_bytes!("assets/rapidoc-min.js.gz");

/// What the viewer's page may do: run its one script, ask this server, and style itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const VIEWER: &str = r##"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cartwright REST interface</title>
<script type="module" src="/docs/rapidoc-min.js"></script>
<rapi-doc spec-url="/openapi.json" load-fonts="false" show-header="false" render-style="read" theme="light"
  primary-color="#5d6b4e" allow-spec-url-load="false" allow-spec-file-load="false" schema-description-expanded="true">
</rapi-doc>
<noscript><p>This page needs a script; <a href="/openapi.json">the document</a> does not.</p></noscript>
</html>
"##;

const STYLE: &str = "body{font:1.05rem/1.6 Georgia,serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#2b2b2b;\
    background:#f4f1ea}h1,h2{font-weight:normal}h2{font-family:monospace;margin-top:2rem}a{color:inherit}";

/// The paths of the reference.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/openapi.json", reads().to(document))
        .route("/docs", reads().to(viewer))
        .route("/docs/errors", reads().to(errors))
        .route("/docs/rapidoc-min.js", reads().to(script));
}

async fn document() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, render::JSON)).body(DOCUMENT)
}

async fn viewer() -> HttpResponse {
    page(VIEWER.to_owned())
}

/// A paragraph for each code, where the envelope's `documentation_url` leads.
async fn errors() -> HttpResponse {
    let paragraphs: String = Code::ALL
        .iter()
        .map(|code| {
            let (name, status, kind, said) = (code.as_str(), code.status().as_u16(), code.kind(), code.meaning());
            format!("<h2 id=\"{name}\">{name}</h2><p>{status}, <code>{kind}</code>. {said}</p>\n")
        })
        .collect();
    page(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Error codes</title>\n\
         <style>{STYLE}</style>\n<h1>Error codes of the REST interface</h1>\n\
         <p>What a refusal's <code>code</code> means. <a href=\"/docs\">The calls</a>.</p>\n{paragraphs}</html>\n"
    ))
}

fn page(html: String) -> HttpResponse {
    let mut answer = render::bytes(StatusCode::OK, "text/html; charset=utf-8", html);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

async fn script(request: HttpRequest) -> HttpResponse {
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((VARY, "Accept-Encoding"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if accepted.contains("gzip") {
        return answer.insert_header((CONTENT_ENCODING, "gzip")).body(RAPIDOC);
    }
    let mut plain = Vec::new();
    match GzDecoder::new(RAPIDOC).read_to_end(&mut plain) {
        Ok(_) => answer.body(plain),
        Err(e) => {
            log::error!("the viewer in this program cannot be unpacked: {e}");
            HttpResponse::InternalServerError().finish()
        }
    }
}
