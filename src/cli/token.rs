//! `baoyici token`: makes an API token on the server's own machine and prints its secret, which is not kept.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use crate::app::{App, Error, NewToken};
use crate::cli::SystemClock;
use crate::cli::serve::store::PlaceArgs;
use crate::config::StoreConfig;
use crate::domain::caller::{Role, Scope};
use crate::domain::id::{AccountId, OrganisationId};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::unit::UnitCode;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: PlaceArgs,
    /// Name of the account; a second token of an account replaces its first
    #[arg(long)]
    account: String,
    /// operator, bureau, data_officer or clerk
    #[arg(long)]
    role: String,
    /// Organisation that a bureau or data_officer account acts for
    #[arg(long, conflicts_with = "unit")]
    organisation: Option<String>,
    /// Reporting unit that a clerk account acts for
    #[arg(long)]
    unit: Option<String>,
    /// Last day on which the token is taken, as 2026-12-31
    #[arg(long)]
    expires: Option<String>,
}

/// Makes the token and prints its secret alone on standard output.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let token = new_token(&args)?;
    let store = args.place.place()?.open(&StoreConfig::default()).await?;
    let app = App::open(Arc::clone(&store), Arc::new(SystemClock)).await?;
    let made = app.make_token(token).await;
    store.close().await;
    println!("{}", made?);
    Ok(ExitCode::SUCCESS)
}

/// Reads the arguments; all faults are told at once.
fn new_token(args: &Args) -> Result<NewToken, Error> {
    let account = AccountId::parse(&args.account);
    let role = Role::parse(&args.role);
    let scope = match (&args.organisation, &args.unit) {
        (Some(organisation), _) => OrganisationId::parse(organisation).map(Scope::Organisation),
        (None, Some(unit)) => UnitCode::parse(unit).map(Scope::Unit),
        (None, None) => Ok(Scope::Installation),
    };
    let expires_at = args.expires.as_deref().map(end_of_day).transpose();
    match (account, role, scope, expires_at) {
        (Ok(account), Ok(role), Ok(scope), Ok(expires_at)) => Ok(NewToken { account, role, scope, expires_at }),
        (account, role, scope, expires_at) => {
            let at = |problem: Option<Problem>, flag: &str| problem.map(|p| p.at(Place::part(flag)));
            let problems = [
                at(account.err(), "--account"),
                at(role.err(), "--role"),
                at(scope.err(), "--organisation / --unit"),
                at(expires_at.err(), "--expires"),
            ];
            Err(Error::Refused(problems.into_iter().flatten().collect()))
        }
    }
}

/// The instant at which a day ends in China.
fn end_of_day(text: &str) -> Result<Timestamp, Problem> {
    let malformed = || Problem::new(Code::DateMalformed).arg("value", text);
    let day: Date = text.parse().map_err(|_| malformed())?;
    let next = day.tomorrow().map_err(|_| malformed())?;
    TimeZone::fixed(Offset::constant(8)).to_timestamp(next.at(0, 0, 0, 0)).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_in_china() {
        assert_eq!(end_of_day("2026-12-31").map(|t| t.to_string()), Ok("2026-12-31T16:00:00Z".to_owned()));
        assert_eq!(end_of_day("2026-02-30").map_err(|p| p.code), Err(Code::DateMalformed));
    }
}
