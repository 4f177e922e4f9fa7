//! The files of a certificate, where this process speaks TLS by itself.

use std::path::PathBuf;

use crate::domain::{Error, Result};

/// Files in PEM. What stands in them is read when the process starts, and again when it is told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, followed by those of the authorities in between.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificate {
    /// Reads the keys; absent: this process does not speak TLS.
    pub(super) fn read<'a>(text: impl Fn(&'static str) -> &'a str) -> Result<Option<Self>> {
        match (text("tls.certificate"), text("tls.key")) {
            ("", "") => Ok(None),
            ("", _) => Err(Error::missing("tls.certificate")),
            (_, "") => Err(Error::missing("tls.key")),
            (certificate, key) => Ok(Some(Certificate { certificate: certificate.into(), key: key.into() })),
        }
    }
}
