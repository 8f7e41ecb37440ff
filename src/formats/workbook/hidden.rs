//! Rows that a sheet hides, which the codec does not tell. Only the opening tags of rows are looked at.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::Event;

/// Hidden rows of a sheet's part, from 0. A part without the attribute is told by a search of its bytes and not parsed.
pub(super) fn rows(part: &[u8]) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    if !part.windows(8).any(|w| w == b"hidden=\"") {
        return found;
    }
    let text = String::from_utf8_lossy(part);
    let mut reader = Reader::from_str(&text);
    let mut next = 0_u32;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) if tag.local_name().as_ref() == "row" => {
                let attribute = |name: &str| tag.try_get_attribute(name).ok().flatten().map(|a| a.value.into_owned());
                let row = attribute("r").and_then(|r| r.parse::<u32>().ok()).and_then(|r| r.checked_sub(1)).unwrap_or(next);
                if attribute("hidden").is_some_and(|h| h == "1" || h == "true") {
                    found.insert(row);
                }
                next = row.saturating_add(1);
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}
