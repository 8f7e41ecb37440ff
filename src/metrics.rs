//! Every metric: name, kind, unit and help. Whoever measures takes the name from here.

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts values in buckets.
    Histogram,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// `baoyici_<layer>_<what>_<unit>`.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Unit of its values.
    pub unit: Unit,
    /// What it says.
    pub help: &'static str,
}

const fn metric(name: &'static str, kind: Kind, unit: Unit, help: &'static str) -> Metric {
    Metric { name, kind, unit, help }
}

/// Calls that ended; labels: service, method, code.
pub const SERVICE_CALLS: Metric =
    metric("baoyici_service_calls_total", Kind::Counter, Unit::Count, "calls that ended, by service, method and gRPC code");
/// Time from the head of a request to the end of its answer; labels: service, method.
pub const SERVICE_CALL_SECONDS: Metric = metric(
    "baoyici_service_call_seconds",
    Kind::Histogram,
    Unit::Seconds,
    "time from the head of a request to the end of its answer, by service and method",
);
/// Calls under way.
pub const SERVICE_CALLS_UNDER_WAY: Metric =
    metric("baoyici_service_calls_under_way", Kind::Gauge, Unit::Count, "calls that are being answered");
/// Calls refused because too many were under way.
pub const SERVICE_CALLS_SHED: Metric =
    metric("baoyici_service_calls_shed_total", Kind::Counter, Unit::Count, "calls refused because too many were under way");
/// Panics caught while answering.
pub const SERVICE_PANICS: Metric =
    metric("baoyici_service_panics_total", Kind::Counter, Unit::Count, "panics caught while answering a call");
/// Open connections.
pub const SERVICE_CONNECTIONS: Metric = metric("baoyici_service_connections", Kind::Gauge, Unit::Count, "open connections");
/// Fields of registered forms.
pub const APP_FIELDS: Metric = metric("baoyici_app_fields", Kind::Gauge, Unit::Count, "fields of registered forms");
/// Rows of reporting units.
pub const APP_UNITS: Metric = metric("baoyici_app_units", Kind::Gauge, Unit::Count, "rows of reporting units");

/// All of them; one that is missing here has no help text.
pub const ALL: &[Metric] = &[
    SERVICE_CALLS,
    SERVICE_CALL_SECONDS,
    SERVICE_CALLS_UNDER_WAY,
    SERVICE_CALLS_SHED,
    SERVICE_PANICS,
    SERVICE_CONNECTIONS,
    APP_FIELDS,
    APP_UNITS,
];

/// Upper bounds of the buckets of every histogram, in seconds.
pub const SECONDS_BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0];

/// Tells the recorder what each metric means.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.unit, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.unit, metric.help),
            Kind::Histogram => describe_histogram!(metric.name, metric.unit, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_say_what_they_count() {
        let mut names: Vec<&str> = ALL.iter().map(|m| m.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for metric in ALL {
            assert!(metric.name.starts_with("baoyici_"), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            assert_eq!(metric.name.ends_with("_seconds"), metric.unit == Unit::Seconds, "{}", metric.name);
        }
    }
}
