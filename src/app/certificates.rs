//! The certificate that this process shows, and its exchange while it runs. Who connects during the exchange gets the old one or the
//! new one, whole; who is connected already keeps what was agreed.

use std::path::Path;
use std::sync::{Arc, RwLock};

use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::config::Certificate;
use crate::domain::{Error, Result, Timestamp};

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// From when on it counts.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Names that it vouches for, such as `carts.shop.example` or `*.shop.example`.
    pub names: Vec<String>,
}

impl Facts {
    /// Whether it vouches for a host's name.
    pub fn cover(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.iter().any(|name| match name.strip_prefix('*') {
            // A star stands for one label (RFC 6125, 6.4.3).
            Some(rest) => host.split_once('.').is_some_and(|(_, after)| rest.strip_prefix('.') == Some(after)),
            None => *name == host,
        })
    }
}

/// The certificate that is shown.
#[derive(Debug)]
pub struct Certificates {
    files: Certificate,
    shown: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the files.
    pub fn open(files: Certificate) -> Result<Arc<Self>> {
        let (shown, _) = read(&files)?;
        Ok(Arc::new(Certificates { files, shown: RwLock::new(Arc::new(shown)) }))
    }

    /// Reads the files again. What cannot be used changes nothing.
    pub fn reload(&self) -> Result<Facts> {
        let (fresh, facts) = read(&self.files)?;
        // Nobody panics while holding this, and a pointer is whole.
        *self.shown.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(fresh);
        Ok(facts)
    }

    /// How connections are made with it: TLS 1.2 and 1.3, by the library's choice of ciphers, and nobody asked who he is.
    pub fn server(self: &Arc<Self>) -> Result<ServerConfig> {
        let versions = [&version::TLS13, &version::TLS12];
        let config =
            ServerConfig::builder_with_provider(Arc::new(default_provider())).with_protocol_versions(&versions);
        Ok(config.map_err(Error::internal)?.with_no_client_auth().with_cert_resolver(self.clone()))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone())
    }
}

/// Reads and checks the files: there is a certificate, there is a key, and they belong together.
pub fn read(files: &Certificate) -> Result<(CertifiedKey, Facts)> {
    let chain = text(&files.certificate, "tls.certificate")?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain)
        .collect::<std::result::Result<_, _>>()
        .map_err(|e| refused("tls.certificate", &files.certificate, format!("is no certificate in PEM ({e})")))?;
    let Some(first) = chain.first() else {
        return Err(refused("tls.certificate", &files.certificate, "holds no certificate in PEM".into()));
    };
    let facts = facts(first).ok_or_else(|| {
        refused("tls.certificate", &files.certificate, "holds a certificate that cannot be read".into())
    })?;
    let unusable = |why: String| refused("tls.key", &files.key, why);
    // What the library says of a key names its place in the file at most.
    let key = PrivateKeyDer::from_pem_slice(&text(&files.key, "tls.key")?)
        .map_err(|_| unusable("holds no private key in PEM".into()))?;
    let key = any_supported_type(&key).map_err(|_| unusable("holds a key of a kind that is not known".into()))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) => Ok((certified, facts)),
        Err(_) => Err(unusable(format!("is not the key of the certificate in {}", files.certificate.display()))),
    }
}

fn text(path: &Path, field: &'static str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::refused(field, format!("cannot read {}: {e}", path.display())))
}

fn refused(field: &'static str, path: &Path, why: String) -> Error {
    Error::refused(field, format!("{} {why}", path.display()))
}

fn facts(certificate: &CertificateDer) -> Option<Facts> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let validity = certificate.validity();
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map_or(&[][..], |extension| extension.value.general_names.as_slice());
    let names = names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    Some(Facts {
        from: Timestamp::from_secs(validity.not_before.timestamp()),
        until: Timestamp::from_secs(validity.not_after.timestamp()),
        names: names.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        let at = Timestamp::from_secs(0);
        let facts = Facts { from: at, until: at, names: vec!["*.shop.example".into(), "shop.example".into()] };
        for (host, covered) in [
            ("carts.shop.example", true),
            ("Carts.Shop.example", true),
            ("shop.example", true),
            ("a.carts.shop.example", false),
            ("evilshop.example", false),
            ("example", false),
        ] {
            assert_eq!(facts.cover(host), covered, "{host}");
        }
    }
}
