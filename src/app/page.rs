//! Pages: a size within bounds and an opaque cursor that names where the last page ended.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::error::Result;
use crate::domain::problem::{Code, Place, Problem};

/// What a client asks for.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// Number of entries; 0 for the default.
    pub size: u32,
    /// Where the last page ended; empty for the first page.
    pub cursor: String,
}

/// A page of a list in a stable order.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Cursor of the next page; empty on the last.
    pub next_cursor: String,
}

impl PageRequest {
    /// The size within `default` and `limit`.
    pub(crate) fn size_within(&self, default: u32, limit: u32) -> Result<u32> {
        match self.size {
            0 => Ok(default),
            n if n <= limit => Ok(n),
            n => {
                let problem = Problem::new(Code::PageSizeOutOfRange).arg("value", n).arg("limit", limit);
                Err(problem.at(Place::part("page_size")).into())
            }
        }
    }

    /// The key that the last page ended with; `None` for the first page.
    pub(crate) fn after(&self) -> Result<Option<String>> {
        if self.cursor.is_empty() {
            return Ok(None);
        }
        let decoded = URL_SAFE_NO_PAD.decode(&self.cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded {
            Some(key) => Ok(Some(key)),
            None => Err(Problem::new(Code::CursorMalformed).arg("value", &self.cursor).at(Place::part("cursor")).into()),
        }
    }

    /// The position that the last page ended at, for lists that are cut by position.
    pub(crate) fn position(&self) -> Result<usize> {
        match self.after()? {
            None => Ok(0),
            Some(text) => {
                text.parse().map_err(|_| Problem::new(Code::CursorMalformed).arg("value", &self.cursor).at(Place::part("cursor")).into())
            }
        }
    }
}

impl<T> Page<T> {
    /// Makes a page from one entry more than fits, if there is one; `key` names an entry in the cursor.
    pub(crate) fn cut(mut entries: Vec<T>, size: u32, key: impl Fn(&T) -> String) -> Self {
        let size = size as usize;
        if entries.len() <= size {
            return Self { entries, next_cursor: String::new() };
        }
        entries.truncate(size);
        let next_cursor = entries.last().map(|e| URL_SAFE_NO_PAD.encode(key(e))).unwrap_or_default();
        Self { entries, next_cursor }
    }

    /// Makes a page of the entries from a position on of a list of `n` entries.
    pub(crate) fn part(entries: Vec<T>, position: usize, n: usize) -> Self {
        let end = position.saturating_add(entries.len());
        let next_cursor = if end < n { URL_SAFE_NO_PAD.encode(end.to_string()) } else { String::new() };
        Self { entries, next_cursor }
    }

    /// Makes a page from a whole list, beginning at a position.
    pub(crate) fn slice(all: Vec<T>, position: usize, size: u32) -> Self {
        let end = position.saturating_add(size as usize);
        let next_cursor = if end < all.len() { URL_SAFE_NO_PAD.encode(end.to_string()) } else { String::new() };
        Self { entries: all.into_iter().skip(position).take(size as usize).collect(), next_cursor }
    }
}
