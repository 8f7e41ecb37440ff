//! What stands before the codecs: a workbook from anywhere is measured before anything of it is decoded.
//!
//! An `.xlsx` is taken apart with the `zip` crate under caps, and only the parts that hold cells go on, stored without compression; macros,
//! links to other files, comments, drawings and pictures never reach the codec. An `.xls` is walked record by record, because the codec
//! allocates every sheet as a full rectangle: one cell at the far corner would cost gigabytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::domain::problem::{Code, Problem};

/// Largest workbook file.
pub(super) const MAX_FILE_BYTES: usize = 32 << 20;
/// Most entries of the archive.
const MAX_ENTRIES: usize = 10_000;
/// Most bytes of all parts that are read, unpacked.
const MAX_UNPACKED: u64 = 128 << 20;
/// Most bytes of the shared texts: the smallest entry has 5 bytes and costs 24 in memory.
const MAX_SHARED_TEXTS: u64 = 24 << 20;
/// Most bytes of the styles: the smallest has 5 bytes and costs some 200 in memory.
const MAX_STYLES: u64 = 4 << 20;
/// Most sheets.
pub(super) const MAX_SHEETS: usize = 500;
/// Most cells of the rectangles of all sheets of an `.xls`.
const MAX_XLS_AREA: u64 = 4_000_000;
/// Most bytes of the cell stream of an `.xls`.
const MAX_XLS_STREAM: u64 = 64 << 20;

/// What kind of workbook the bytes are, by what they begin with and never by the name of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Xls,
    Xlsx,
}

/// Tells the kind of a workbook; what is none is refused with what it seems to be.
pub(super) fn kind_of(bytes: &[u8]) -> Result<Kind, Problem> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Problem::new(Code::ListTooLong).arg("what", "bytes").arg("limit", MAX_FILE_BYTES).arg("n", bytes.len()));
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Ok(Kind::Xls);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Kind::Xlsx);
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_lowercase();
    let found = match () {
        () if head.contains("<html") || head.contains("<table") => "HTML",
        () if head.contains("urn:schemas-microsoft-com:office:spreadsheet") => "XML 2003",
        () if head.starts_with("%pdf") => "PDF",
        () if bytes.is_empty() => "∅",
        () if bytes.starts_with(&[0x09, 0x08]) || bytes.starts_with(&[0x09, 0x04]) => "Excel 5",
        () => "?",
    };
    Err(Problem::new(Code::WorkbookKindUnknown).arg("found", found))
}

/// Says that a workbook cannot be read.
pub(super) fn broken(detail: impl std::fmt::Display) -> Problem {
    Problem::new(Code::WorkbookMalformed).arg("detail", detail)
}

fn too_large(what: &str, limit: impl std::fmt::Display, n: impl std::fmt::Display) -> Problem {
    Problem::new(Code::ListTooLong).arg("what", what).arg("limit", limit).arg("n", n)
}

/// Hidden rows of each part that holds a sheet, and the archive made anew.
pub(super) struct Unpacked {
    /// An archive of the parts that hold cells, not compressed.
    pub archive: Vec<u8>,
    /// Rows that are hidden, by the number in the name of the sheet's part.
    pub hidden_rows: BTreeMap<String, std::collections::BTreeSet<u32>>,
    /// What was left out, for the reader to tell: macros, links to other files.
    pub left_out: Vec<&'static str>,
}

/// Takes an `.xlsx` apart under the caps.
pub(super) fn unpack(bytes: &[u8]) -> Result<Unpacked, Problem> {
    let n_entries = entries_declared(bytes).ok_or_else(|| broken("zip"))?;
    if n_entries > MAX_ENTRIES {
        return Err(too_large("zip entries", MAX_ENTRIES, n_entries));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MAX_ENTRIES {
        return Err(too_large("zip entries", MAX_ENTRIES, archive.len()));
    }
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let mut unpacked = Unpacked { archive: Vec::new(), hidden_rows: BTreeMap::new(), left_out: Vec::new() };
    let mut left = MAX_UNPACKED;
    let mut is_workbook = false;
    for n in 0..archive.len() {
        let mut entry = archive.by_index(n).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => Problem::new(Code::WorkbookEncrypted),
            other => broken(other),
        })?;
        if entry.encrypted() {
            return Err(Problem::new(Code::WorkbookEncrypted));
        }
        let name = entry.name().map_err(broken)?.replace('\\', "/").trim_start_matches('/').to_owned();
        is_workbook |= name.eq_ignore_ascii_case("xl/workbook.xml");
        note_left_out(&name, &mut unpacked.left_out);
        let Some(limit) = limit_of(&name) else { continue };
        let limit = limit.min(left);
        let mut part = Vec::new();
        entry.by_ref().take(limit + 1).read_to_end(&mut part).map_err(broken)?;
        let n_bytes = u64::try_from(part.len()).unwrap_or(u64::MAX);
        if n_bytes > limit {
            return Err(too_large(&name, limit, format!("> {limit}")));
        }
        left = left.saturating_sub(n_bytes);
        if has_doctype(&part) {
            return Err(Problem::new(Code::WorkbookUnsafe).arg("what", "DTD"));
        }
        if name.starts_with("xl/worksheets/") {
            let hidden = super::hidden::rows(&part);
            if !hidden.is_empty() {
                unpacked.hidden_rows.insert(name.clone(), hidden);
            }
        }
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        out.start_file(name, options).map_err(broken)?;
        out.write_all(&part).map_err(broken)?;
    }
    if !is_workbook {
        return Err(Problem::new(Code::WorkbookKindUnknown).arg("found", "ZIP"));
    }
    unpacked.archive = out.finish().map_err(broken)?.into_inner();
    Ok(unpacked)
}

/// Bytes that a part may have; `None` for parts that are not read.
fn limit_of(name: &str) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "xl/sharedstrings.xml" => Some(MAX_SHARED_TEXTS),
        "xl/styles.xml" => Some(MAX_STYLES),
        "[content_types].xml" | "_rels/.rels" | "xl/workbook.xml" | "xl/_rels/workbook.xml.rels" => Some(4 << 20),
        _ if name.starts_with("xl/worksheets/") && name.ends_with(".xml") => Some(MAX_UNPACKED),
        _ => None,
    }
}

fn note_left_out(name: &str, left_out: &mut Vec<&'static str>) {
    let lower = name.to_ascii_lowercase();
    for (part, what) in [("xl/vbaproject", "VBA"), ("xl/externallinks/", "external links"), ("xl/embeddings/", "embedded objects")] {
        if lower.starts_with(part) && !left_out.contains(&what) {
            left_out.push(what);
        }
    }
}

/// A document type declaration has no place in a workbook; it is how entities that expand without end are made.
fn has_doctype(part: &[u8]) -> bool {
    part.windows(9).take(4096).any(|w| w.eq_ignore_ascii_case(b"<!DOCTYPE")) || part.windows(8).take(1 << 16).any(|w| w == b"<!ENTITY")
}

/// Entries that the end of the archive declares, read before the archive is: each costs memory.
fn entries_declared(bytes: &[u8]) -> Option<usize> {
    // The record has 22 bytes and a comment of at most 65,535.
    let from = bytes.len().saturating_sub(22 + 65_535);
    let tail = bytes.get(from..)?;
    let at = tail.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let count = tail.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes(count.try_into().ok()?)))
}

/// Walks the cell stream of an `.xls` and refuses what the codec could not hold.
pub(super) fn check_xls(bytes: &[u8]) -> Result<(), Problem> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(broken)?;
    if file.is_stream("/EncryptedPackage") || file.is_stream("/EncryptionInfo") {
        return Err(Problem::new(Code::WorkbookEncrypted));
    }
    let name = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"].into_iter().find(|name| file.is_stream(name));
    let Some(name) = name else { return Err(Problem::new(Code::WorkbookKindUnknown).arg("found", "OLE")) };
    let stream = file.open_stream(name).map_err(broken)?;
    let mut cells = Vec::new();
    stream.take(MAX_XLS_STREAM + 1).read_to_end(&mut cells).map_err(broken)?;
    if u64::try_from(cells.len()).unwrap_or(u64::MAX) > MAX_XLS_STREAM {
        return Err(too_large("bytes of the cell stream", MAX_XLS_STREAM, format!("> {MAX_XLS_STREAM}")));
    }
    walk(&cells)
}

/// Record numbers of MS-XLS 2.3 that the walk knows.
const FILEPASS: u16 = 0x2f;
const BOF: u16 = 0x809;
const EOF: u16 = 0x0a;
const BOUNDSHEET: u16 = 0x85;
/// FORMULA, NUMBER, LABEL, BOOLERR, RSTRING, MULRK, LABELSST, RK.
const CELLS: [u16; 8] = [0x06, 0x203, 0x204, 0x205, 0xd6, 0xbd, 0xfd, 0x27e];

fn walk(stream: &[u8]) -> Result<(), Problem> {
    let word = |at: usize| stream.get(at..at + 2).and_then(|w| w.try_into().ok()).map(u16::from_le_bytes);
    let (mut at, mut area, mut n_sheets) = (0_usize, 0_u64, 0_usize);
    let mut bounds: Option<(u16, u16, u16, u16)> = None;
    let mut settle = |bounds: &mut Option<(u16, u16, u16, u16)>| {
        if let Some((top, bottom, left, right)) = bounds.take() {
            area += u64::from(bottom - top + 1) * u64::from(right - left + 1);
        }
        area
    };
    while let (Some(kind), Some(len)) = (word(at), word(at + 2)) {
        let len = usize::from(len);
        match kind {
            FILEPASS => return Err(Problem::new(Code::WorkbookEncrypted)),
            BOUNDSHEET => n_sheets += 1,
            BOF | EOF => {
                let area = settle(&mut bounds);
                if area > MAX_XLS_AREA {
                    return Err(too_large("cells", MAX_XLS_AREA, area));
                }
            }
            _ if CELLS.contains(&kind) => {
                if let (Some(row), Some(column)) = (word(at + 4), word(at + 6)) {
                    let last = if kind == 0xbd { word(at + 2 + len).unwrap_or(column) } else { column };
                    let (top, bottom, left, right) = bounds.unwrap_or((row, row, column, column));
                    let right = right.max(column).max(last);
                    bounds = Some((top.min(row), bottom.max(row), left.min(column), right));
                }
            }
            _ => {}
        }
        at += 4 + len;
    }
    let area = settle(&mut bounds);
    if area > MAX_XLS_AREA {
        return Err(too_large("cells", MAX_XLS_AREA, area));
    }
    if n_sheets > MAX_SHEETS {
        return Err(too_large("sheets", MAX_SHEETS, n_sheets));
    }
    Ok(())
}
