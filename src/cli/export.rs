//! `cartwright export`: writes a shop's archive, whole or not at all.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::import::progress_bar;
use super::source::is_packed;
use super::{Ended, Global, find_site, print_json};
use crate::domain::Site;
use crate::ops::archive::{Counts, export};
use crate::store::Store;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright export --site my-shop --output my-shop.ndjson.gz
  cartwright export --site my-shop --output - | jq .

An archive holds addresses, hashes of keys and the secret of suppressions: keep it as you keep the database.")]
pub(super) struct Args {
    /// Public id of the shop
    #[arg(long)]
    site: String,
    /// Where to; gzip when the name ends in .gz, standard output for -
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let site = find_site(&store, &args.site)?;
    if args.output.as_os_str() == "-" {
        let mut out = BufWriter::new(std::io::stdout().lock());
        store.read(|tx| export::export(tx, &site, &mut out))?;
        out.flush()?;
        return Ok(Ended::Done);
    }
    let counts = export_to(&store, &site, &args.output)?;
    if args.json {
        let types: serde_json::Map<_, _> =
            counts.iter().map(|(kind, lines, _)| (kind.to_string(), lines.into())).collect();
        print_json(&json!({ "site": args.site, "types": types }))?;
        return Ok(Ended::Done);
    }
    for (kind, lines, _) in counts.iter() {
        say!("{kind}: {lines}");
    }
    say!("{} is written", args.output.display());
    Ok(Ended::Done)
}

/// Writes a site's archive to a file: into a temporary one beside it first, which takes the name once it is on disk. A
/// link stays and what it names is written; a pipe or a device, which nothing may take the name of, is written straight.
pub fn export_to(store: &Store, site: &Site, output: &Path) -> anyhow::Result<Counts> {
    let packed = is_packed(output);
    if std::fs::metadata(output).is_ok_and(|about| !about.is_file()) {
        let cannot = || format!("cannot write {}", output.display());
        let mut file = File::options().write(true).open(output).with_context(cannot)?;
        return write(store, site, packed, &mut file);
    }
    let output = &followed(output)?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only its owner can read the temporary file, and so the archive: there are secrets in it.
    let temporary =
        tempfile::NamedTempFile::new_in(folder).with_context(|| format!("cannot write into {}", folder.display()))?;
    let bar = progress_bar();
    let counts = write(store, site, packed, &mut bar.wrap_write(temporary.as_file()))?;
    bar.finish_and_clear();
    temporary.as_file().sync_all()?;
    temporary.persist(output).with_context(|| format!("cannot write {}", output.display()))?;
    File::open(folder)?.sync_all()?;
    Ok(counts)
}

fn write(store: &Store, site: &Site, packed: bool, out: &mut dyn Write) -> anyhow::Result<Counts> {
    let mut out = BufWriter::new(out);
    let counts = if packed {
        let mut packed = GzEncoder::new(&mut out, Compression::default());
        let counts = store.read(|tx| export::export(tx, site, &mut packed))?;
        packed.finish()?;
        counts
    } else {
        store.read(|tx| export::export(tx, site, &mut out))?
    };
    out.flush()?;
    Ok(counts)
}

/// What a link names in the end, whether or not it is there yet.
fn followed(output: &Path) -> anyhow::Result<PathBuf> {
    let mut path = output.to_owned();
    // As many links as a kernel follows.
    for _ in 0..40 {
        let Ok(next) = std::fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    anyhow::bail!("cannot write {}: it is a link that leads in a circle", output.display())
}
