//! Every metric of the program: its name, unit and help, in one list.
//!
//! Names are `baoyici_<layer>_<what>_<unit>`. Whoever measures takes the name from here; [`describe`] tells the recorder all of them.

use metrics::Unit;

/// How a metric is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// A distribution.
    Histogram,
    /// Goes up and down.
    Gauge,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it is counted.
    pub kind: Kind,
    /// What is counted.
    pub unit: Unit,
    /// What it tells, in one sentence.
    pub help: &'static str,
}

/// Fields of registered forms.
pub const APP_FIELDS: Metric =
    Metric { name: "baoyici_app_fields", kind: Kind::Gauge, unit: Unit::Count, help: "Fields of registered forms" };

/// Rows of reporting units.
pub const APP_UNITS: Metric = Metric { name: "baoyici_app_units", kind: Kind::Gauge, unit: Unit::Count, help: "Rows of reporting units" };

/// Time from the head of a request to the end of its answer; labels `service` and `method`.
pub const SERVICE_CALL: Metric = Metric {
    name: "baoyici_service_call_seconds",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    help: "Time from the head of a request to the end of its answer, by service and method",
};

/// Calls that ended; labels `service`, `method` and `code`.
pub const SERVICE_CALLS: Metric = Metric {
    name: "baoyici_service_calls_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Calls that ended, by service, method and gRPC code",
};

/// Calls refused because too many were under way.
pub const SERVICE_CALLS_SHED: Metric = Metric {
    name: "baoyici_service_calls_shed_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Calls refused because too many were under way",
};

/// Calls that are being answered.
pub const SERVICE_CALLS_UNDER_WAY: Metric =
    Metric { name: "baoyici_service_calls_under_way", kind: Kind::Gauge, unit: Unit::Count, help: "Calls that are being answered" };

/// Open connections.
pub const SERVICE_CONNECTIONS: Metric =
    Metric { name: "baoyici_service_connections", kind: Kind::Gauge, unit: Unit::Count, help: "Open connections" };

/// Panics caught while a call was answered.
pub const SERVICE_PANICS: Metric = Metric {
    name: "baoyici_service_panics_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Panics caught while a call was answered",
};

/// Time that each call of the store took; labels `method` and `outcome` (ok, conflict, unavailable, broken, cancelled).
pub const STORE_CALL: Metric = Metric {
    name: "baoyici_store_call_seconds",
    kind: Kind::Histogram,
    unit: Unit::Seconds,
    help: "Time that a call of the store took, by method and outcome",
};

/// Transactions that waited for or hold their turn to write.
pub const STORE_WRITERS: Metric = Metric {
    name: "baoyici_store_writers",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Transactions that are open or wait for their turn to write",
};

/// All metrics, by name.
pub const ALL: [Metric; 10] = [
    APP_FIELDS,
    APP_UNITS,
    SERVICE_CALL,
    SERVICE_CALLS_SHED,
    SERVICE_CALLS,
    SERVICE_CALLS_UNDER_WAY,
    SERVICE_CONNECTIONS,
    SERVICE_PANICS,
    STORE_CALL,
    STORE_WRITERS,
];

/// Upper bounds of the buckets of every histogram, in seconds.
pub const SECONDS_BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0];

/// Tells the recorder what each metric is.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.unit, metric.help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.unit, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.unit, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_pattern_and_stand_in_order() {
        for metric in ALL {
            assert!(metric.name.starts_with("baoyici_"), "{}", metric.name);
            assert!(!metric.help.is_empty() && !metric.help.ends_with('.'), "{}", metric.name);
        }
        assert!(ALL.is_sorted_by_key(|m| m.name));
    }
}
