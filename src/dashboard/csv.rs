//! Files for spreadsheets, written in pieces that each read for a moment, so that a million rows hold nobody up. A text
//! that a spreadsheet would take for a formula gets a `'` before it (OWASP, CSV injection).

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, error};
use csv::{Terminator, WriterBuilder};
use futures_util::future::LocalBoxFuture;
use futures_util::stream;

use crate::domain::{Error, Result};

/// Rows of a piece.
pub(super) const PER_PIECE: i64 = 1_000;

/// Some rows, and where the next ones begin; absent: these are the last.
pub(super) type Piece<C> = (Vec<Vec<String>>, Option<C>);

/// How far a file is written.
enum At<C> {
    Begin,
    After(C),
    End,
}

/// A file of these columns, to be saved under a name of ours. `piece` gives the rows from the beginning, or from where
/// the piece before said.
pub(super) fn answer<C: 'static>(
    name: &str,
    columns: &'static [&'static str],
    piece: impl Fn(Option<C>) -> LocalBoxFuture<'static, Result<Piece<C>>> + 'static,
) -> HttpResponse {
    let pieces = stream::try_unfold((piece, At::Begin), move |(piece, at)| async move {
        let (head, after) = match at {
            At::Begin => (Some(columns), None),
            At::After(cursor) => (None, Some(cursor)),
            At::End => return Ok(None),
        };
        let (rows, next) = piece(after).await.map_err(|e| cut(&e))?;
        let bytes = written(head, &rows).map_err(|e| cut(&e))?;
        Ok::<_, error::Error>(Some((bytes, (piece, next.map_or(At::End, At::After)))))
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(pieces))
}

/// The answer has begun; all that is left is to end it where everybody sees that it is not whole.
fn cut(e: &Error) -> error::Error {
    log::error!("an export failed: {}", e.chain());
    error::ErrorInternalServerError("the export failed")
}

fn written(head: Option<&[&str]>, rows: &[Vec<String>]) -> Result<Bytes> {
    // RFC 4180 ends lines so.
    let mut file = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut write = || {
        head.map_or(Ok(()), |columns| file.write_record(columns))?;
        rows.iter().try_for_each(|row| file.write_record(row.iter().map(|cell| plain(cell))))?;
        file.flush()?;
        Ok::<(), csv::Error>(())
    };
    write().map_err(Error::internal)?;
    file.into_inner().map(Bytes::from).map_err(|e| Error::internal(e.to_string()))
}

/// A cell that no spreadsheet takes for a formula.
fn plain(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_a_quote_ends_no_field() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(plain(formula).starts_with('\''), "{formula:?}");
        }
        let rows = [vec!["@a,\"b\"".to_owned(), "ann@example.com".to_owned()]];
        let bytes = written(Some(&["one", "two"]), &rows).expect("a piece");
        assert_eq!(&bytes[..], b"one,two\r\n\"'@a,\"\"b\"\"\",ann@example.com\r\n");
    }
}
