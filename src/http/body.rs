//! Reading a request body within bounds of size and time.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, dev, web};
use futures_util::StreamExt;

use super::AppData;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// Larger than the limit.
    TooLarge,
    /// Not complete in time.
    TooSlow,
    /// The connection or its framing broke.
    Broken,
}

/// A body that was not read yet.
pub struct Body {
    payload: web::Payload,
    announced: Option<u64>,
    limit: usize,
    patience: Duration,
}

impl FromRequest for Body {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let limits = request.app_data::<AppData>().map(|app| app.config.limits.clone());
        let announced = request
            .headers()
            .get(actix_web::http::header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let payload = web::Payload::from_request(request, payload).into_inner();
        ready(payload.map(|payload| Body {
            payload,
            announced,
            limit: limits.as_ref().map_or(1 << 20, |limits| limits.body_bytes),
            patience: Duration::from_secs(limits.map_or(10, |limits| limits.body_seconds)),
        }))
    }
}

impl Body {
    /// The same with a lower limit.
    pub fn at_most(self, bytes: usize) -> Self {
        Body { limit: self.limit.min(bytes), ..self }
    }

    /// Reads it to its end. A body that announces too much is refused before any of it is read.
    pub async fn read(mut self) -> Result<Bytes, BodyError> {
        let patience = self.patience;
        if self.announced.is_some_and(|bytes| bytes > self.limit as u64) {
            return Err(BodyError::TooLarge);
        }
        tokio::time::timeout(patience, self.collect()).await.unwrap_or(Err(BodyError::TooSlow))
    }

    /// Most bodies come in one piece, which is taken as it is.
    async fn collect(&mut self) -> Result<Bytes, BodyError> {
        let first = self.piece(0).await?.unwrap_or_default();
        let Some(second) = self.piece(first.len()).await? else { return Ok(first) };
        let mut bytes = BytesMut::from(first);
        bytes.extend_from_slice(&second);
        while let Some(piece) = self.piece(bytes.len()).await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }

    /// What comes next, after so many bytes.
    async fn piece(&mut self, before: usize) -> Result<Option<Bytes>, BodyError> {
        match self.payload.next().await.transpose().map_err(|_| BodyError::Broken)? {
            Some(piece) if before + piece.len() > self.limit => Err(BodyError::TooLarge),
            piece => Ok(piece),
        }
    }
}
