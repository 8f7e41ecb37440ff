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
pub const ALL: [Metric; 2] = [STORE_CALL, STORE_WRITERS];

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
