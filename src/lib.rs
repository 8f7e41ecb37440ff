//! Baoyici (报一次): every base figure is reported at most once.
//!
//! The road of a figure, folder by folder: `formats` reads forms, `overlap` finds which fields are one data element, `planning` decides who
//! types what, `store` keeps each observation once, `dataset` computes every form from the observations, `service` and `cli` are the doors.
//! `app` holds the use cases, `domain` the meaning. `ARCHITECTURE.md` is the map.

pub mod app;
pub mod cli;
pub mod config;
pub mod dataset;
pub mod domain;
pub mod formats;
pub mod metrics;
pub mod overlap;
pub mod pb;
pub mod planning;
pub mod service;
pub mod store;
pub mod telemetry;
