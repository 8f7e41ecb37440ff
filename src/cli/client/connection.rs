//! The connection to a server: its address, the caller's token, and a client of every service over one channel.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::cli::client::failure::Failure;
use crate::domain::message::Language;
use crate::pb::collection_service_client::CollectionServiceClient;
use crate::pb::dataset_service_client::DatasetServiceClient;
use crate::pb::dispute_service_client::DisputeServiceClient;
use crate::pb::draft_service_client::DraftServiceClient;
use crate::pb::organisation_service_client::OrganisationServiceClient;
use crate::pb::overlap_service_client::OverlapServiceClient;
use crate::pb::report_service_client::ReportServiceClient;
use crate::pb::template_service_client::TemplateServiceClient;
use crate::pb::unit_service_client::UnitServiceClient;

/// Largest answer that is taken, in bytes: an answer in one message about a whole province.
const MAX_ANSWER_BYTES: usize = 512 << 20;
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(900);

/// An API token; never printed.
#[derive(Clone)]
pub struct Token(String);

impl FromStr for Token {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where the server is and who calls.
#[derive(clap::Args, Clone, Debug)]
pub struct ServerArgs {
    /// Address of the server
    #[arg(long, env = "BAOYICI_SERVER", default_value = "http://127.0.0.1:7400", value_name = "URL", help_heading = "Server")]
    pub server: String,
    /// API token of the caller; other users of this machine cannot see it when it is given by the environment
    #[arg(long, env = "BAOYICI_TOKEN", hide_env_values = true, value_name = "TOKEN", help_heading = "Server")]
    pub token: Option<Token>,
    /// Language of tables and messages
    #[arg(long, env = "BAOYICI_LANGUAGE", value_enum, default_value_t = Language::Zh, help_heading = "Server")]
    pub language: Language,
}

impl ServerArgs {
    /// Prepares the connection; it is made with the first call.
    pub fn connect(&self) -> Result<Connection, Failure> {
        Ok(Connection::open(&self.server)?.with_token(self.token.as_ref())?)
    }
}

/// Puts the token into every call.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert("authorization", value.clone());
        }
        Ok(request)
    }
}

/// What carries the calls.
pub type Carrier = InterceptedService<Channel, Bearer>;

/// A connection on behalf of one caller.
#[derive(Clone)]
pub struct Connection {
    channel: Channel,
    bearer: Bearer,
}

impl Connection {
    /// Prepares a connection without a token; it is made with the first call.
    pub fn open(server: &str) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(server.to_owned()).with_context(|| format!("{server:?} is no address of a server"))?;
        let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).timeout(CALL_TIMEOUT);
        Ok(Self { channel: endpoint.connect_lazy(), bearer: Bearer(None) })
    }

    /// The same connection on behalf of another caller.
    pub fn with_token(&self, token: Option<&Token>) -> anyhow::Result<Self> {
        let bearer = match token {
            None => None,
            Some(token) => {
                // The error of the parser does not show the text.
                let mut value: MetadataValue<Ascii> =
                    format!("Bearer {}", token.0).parse().context("the token has characters that no token has")?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self { channel: self.channel.clone(), bearer: Bearer(bearer) })
    }

    fn carrier(&self) -> Carrier {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    /// Client of the organisations.
    pub fn organisations(&self) -> OrganisationServiceClient<Carrier> {
        OrganisationServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the reporting units.
    pub fn units(&self) -> UnitServiceClient<Carrier> {
        UnitServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the templates.
    pub fn templates(&self) -> TemplateServiceClient<Carrier> {
        TemplateServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the overlaps.
    pub fn overlaps(&self) -> OverlapServiceClient<Carrier> {
        OverlapServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the collection.
    pub fn collection(&self) -> CollectionServiceClient<Carrier> {
        CollectionServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the drafts.
    pub fn drafts(&self) -> DraftServiceClient<Carrier> {
        DraftServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the disputes.
    pub fn disputes(&self) -> DisputeServiceClient<Carrier> {
        DisputeServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the dataset.
    pub fn dataset(&self) -> DatasetServiceClient<Carrier> {
        DatasetServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Client of the reports.
    pub fn reports(&self) -> ReportServiceClient<Carrier> {
        ReportServiceClient::new(self.carrier()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_never_printed() {
        let token: Token = "byc_secret".parse().unwrap();
        assert_eq!(format!("{token:?}"), "***");
        let bad: Token = "byc_\u{7}secret".parse().unwrap();
        let refused = Connection::open("http://127.0.0.1:1").unwrap().with_token(Some(&bad)).err().unwrap();
        assert!(!format!("{refused:#} {refused:?}").contains("secret"));
    }
}
