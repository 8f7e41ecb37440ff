//! A caller with a token: clients of every service over one connection.

use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::dataset_service_client::DatasetServiceClient;
use baoyici::pb::organisation_service_client::OrganisationServiceClient;
use baoyici::pb::overlap_service_client::OverlapServiceClient;
use baoyici::pb::report_service_client::ReportServiceClient;
use baoyici::pb::template_service_client::TemplateServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// Largest answer that a test takes.
const MAX_ANSWER_BYTES: usize = 256 << 20;

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

type Door = InterceptedService<Channel, Bearer>;

/// A caller.
#[derive(Clone)]
pub struct Caller {
    channel: Channel,
    bearer: Bearer,
}

impl Caller {
    /// Connects to a server's address, once it is first needed.
    pub fn new(address: &str, secret: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        Self { channel: endpoint.connect_lazy(), bearer: bearer(secret) }
    }

    /// Another caller over the same connection.
    pub fn with_secret(&self, secret: &str) -> Self {
        Self { channel: self.channel.clone(), bearer: bearer(secret) }
    }

    /// The connection, without a token.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn door(&self) -> Door {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    pub fn organisations(&self) -> OrganisationServiceClient<Door> {
        OrganisationServiceClient::new(self.door())
    }

    pub fn units(&self) -> UnitServiceClient<Door> {
        UnitServiceClient::new(self.door()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn templates(&self) -> TemplateServiceClient<Door> {
        TemplateServiceClient::new(self.door()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn overlap(&self) -> OverlapServiceClient<Door> {
        OverlapServiceClient::new(self.door()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn collection(&self) -> CollectionServiceClient<Door> {
        CollectionServiceClient::new(self.door()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn dataset(&self) -> DatasetServiceClient<Door> {
        DatasetServiceClient::new(self.door()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub fn reports(&self) -> ReportServiceClient<Door> {
        ReportServiceClient::new(self.door()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }
}

/// An empty secret stands for no token at all.
fn bearer(secret: &str) -> Bearer {
    let value = (!secret.is_empty()).then(|| format!("Bearer {secret}").parse().expect("a token is ASCII"));
    Bearer(value)
}
