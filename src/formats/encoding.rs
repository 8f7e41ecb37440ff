//! Text files as spreadsheet programs write them: UTF-8, UTF-16 with its mark, or GB18030 (and GBK within it), found by what the bytes are.
//!
//! What is valid UTF-8 is UTF-8: GB18030 text of more than a few characters never is. Anything else must be GB18030 both by the detector and by
//! decoding without a fault, because a name decoded wrongly is worse than a file refused.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK};

use crate::domain::problem::{Code, Problem};

/// Decodes a text file, without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let refused = || Problem::new(Code::EncodingInvalid).arg("what", "file");
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let body = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling_and_without_replacement(body).ok_or_else(refused);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guessed = detector.guess(Some(b"cn"), Utf8Detection::Deny);
    if guessed != GBK && guessed != GB18030 {
        return Err(refused());
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_that_spreadsheets_write_are_found() {
        let text = "code,name,level,parent\n330122,桐庐县,county,\n330122001,〇镇,township,330122\n";
        assert_eq!(decode(text.as_bytes()).ok().as_deref(), Some(text));
        let (gb, _, is_lossy) = GB18030.encode(text);
        assert!(!is_lossy);
        assert_eq!(decode(&gb).ok().as_deref(), Some(text));
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).ok().as_deref(), Some(text));
        let mut utf16 = vec![0xff, 0xfe];
        utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&utf16).ok().as_deref(), Some(text));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b"code\n\xff\xff\xff"[..], b"\xef\xbb\xbf\xff", b"\xff\xfe\x00\xd8"] {
            assert_eq!(decode(bytes).map(|_| ()).map_err(|p| p.code), Err(Code::EncodingInvalid), "{bytes:?}");
        }
    }
}
