//! What the gate reads from the head of a request: token, language, time limit.

use std::time::Duration;

use http::{HeaderMap, header};

use crate::domain::message::Language;

/// The secret of `authorization: Bearer <secret>`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// The language that `accept-language` likes best of those there are; Chinese where it likes none.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let wishes = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut best = (0.0, Language::default());
    for wish in wishes.split(',').take(20) {
        let (tag, weight) = wish.split_once(';').unwrap_or((wish, ""));
        let weight: f32 = weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok()).unwrap_or(0.0);
        let primary = tag.trim().split('-').next().unwrap_or_default();
        let language = match primary.to_ascii_lowercase().as_str() {
            "zh" => Language::Zh,
            "en" => Language::En,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

/// The time limit that the client sets by `grpc-timeout`: up to eight digits and a unit.
pub(super) fn client_time_limit(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(n * 3_600)),
        "M" => Some(Duration::from_secs(n * 60)),
        "S" => Some(Duration::from_secs(n)),
        "m" => Some(Duration::from_millis(n)),
        "u" => Some(Duration::from_micros(n)),
        "n" => Some(Duration::from_nanos(n)),
        _ => None,
    }
}

/// The gRPC code that a head already tells, where the answer has no body.
pub(super) fn grpc_code(headers: &HeaderMap) -> Option<tonic::Code> {
    headers.get("grpc-status").map(|value| tonic::Code::from_bytes(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), http::HeaderValue::from_static(value))])
    }

    #[test]
    fn languages_are_weighed() {
        let read = |value| language(&with("accept-language", value));
        assert_eq!(language(&HeaderMap::new()), Language::Zh);
        assert_eq!(read("en"), Language::En);
        assert_eq!(read("en-GB,zh;q=0.9"), Language::En);
        assert_eq!(read("fr, en;q=0.3, zh-CN;q=0.7"), Language::Zh);
        assert_eq!(read("en;q=x"), Language::Zh);
        assert_eq!(read("fr"), Language::Zh);
    }

    #[test]
    fn tokens_are_read() {
        assert_eq!(bearer(&with("authorization", "Bearer byc_x")), Some("byc_x"));
        assert_eq!(bearer(&with("authorization", "bearer  byc_x ")), Some("byc_x"));
        assert_eq!(bearer(&with("authorization", "Basic byc_x")), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    #[test]
    fn time_limits_are_read() {
        let read = |value| client_time_limit(&with("grpc-timeout", value));
        assert_eq!(read("20S"), Some(Duration::from_secs(20)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(359_999_996_400)));
        assert_eq!(read("100m"), Some(Duration::from_millis(100)));
        for malformed in ["", "S", "123456789S", "-1S", "1X", "１S"] {
            assert_eq!(
                client_time_limit(&HeaderMap::from_iter([(
                    http::HeaderName::from_static("grpc-timeout"),
                    http::HeaderValue::from_bytes(malformed.as_bytes()).unwrap()
                )])),
                None,
                "{malformed}"
            );
        }
    }
}
