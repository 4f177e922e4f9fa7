//! The stylesheet, the scripts and the icon, embedded. Their names hold a hash of their content, so a browser keeps
//! them for ever and still never shows an old one.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static str,
    hash: String,
    href: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    [
        ("style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
        ("app.js", "text/javascript; charset=utf-8", include_str!("assets/app.js")),
        ("preview.js", "text/javascript; charset=utf-8", include_str!("assets/preview.js")),
        ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ]
    .into_iter()
    .map(|(name, kind, body)| {
        let hash = HEXLOWER.encode(&Sha256::digest(body.as_bytes())[..8]);
        let href = format!("/dashboard/assets/{hash}/{name}");
        Asset { name, kind, body, hash, href }
    })
    .collect()
});

/// The path of the assets.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/assets/{hash}/{name}", web::get().to(serve));
}

/// The address of an asset. An unknown name has none, which a test of every page would see.
pub(super) fn href(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.href.as_str())
}

async fn serve(request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (hash, name) = path.into_inner();
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return HttpResponse::NotFound().finish();
    };
    let tag = format!("\"{}\"", asset.hash);
    // A page of the version before may ask by the old name: it gets the new file, and does not keep it under the old.
    let keeping = if hash == asset.hash { "public, max-age=31536000, immutable" } else { "no-store" };
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((CACHE_CONTROL, HeaderValue::from_static(keeping)));
    answer.insert_header((ETAG, tag));
    if known {
        return answer.finish();
    }
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static(asset.kind)));
    answer.body(asset.body)
}
