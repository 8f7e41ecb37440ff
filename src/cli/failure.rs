//! How a command ends that did not succeed: what is wrong, in both languages where it is the user's to mend, and an exit code.

use std::fmt;
use std::process::ExitCode;

use crate::app;
use crate::config::Fault;
use crate::domain::message::{Language, render};

/// Exit code of what the user can mend: configuration, arguments, refused acts.
const REFUSED: u8 = 2;
/// Exit code of everything else.
const FAILED: u8 = 1;

/// The configuration has faults.
#[derive(Debug)]
pub(crate) struct ConfigFaults(pub(crate) Vec<Fault>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} faults in the configuration", self.0.len())
    }
}

impl std::error::Error for ConfigFaults {}

/// Prints on standard error what is wrong and gives the exit code.
pub(crate) fn tell(error: &anyhow::Error) -> ExitCode {
    if let Some(ConfigFaults(faults)) = error.downcast_ref() {
        for fault in faults {
            eprintln!("{fault}");
        }
        return ExitCode::from(REFUSED);
    }
    if let Some(app::Error::Refused(problems)) = error.downcast_ref() {
        for problem in problems {
            eprintln!("{} / {}", render(problem, Language::Zh), render(problem, Language::En));
        }
        return ExitCode::from(REFUSED);
    }
    eprintln!("出错 / error: {error:#}");
    ExitCode::from(FAILED)
}
