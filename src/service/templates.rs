//! `TemplateService` over the use cases.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::app::{App, Error, Result};
use crate::domain::caller::Caller;
use crate::pb;
use crate::pb::template_service_server::TemplateService;
use crate::service::call::Call;
use crate::service::convert::problem::problems_to_pb;
use crate::service::convert::shared_values::page_from_pb;
use crate::service::convert::template::{
    TemplateDefaults, form_id_from_pb, registered_form_to_pb, template_source_from_pb, template_summary_to_pb, template_to_pb,
    version_from_pb,
};

/// The service.
pub(super) struct Templates {
    app: Arc<App>,
}

impl Templates {
    /// Makes the service.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

#[tonic::async_trait]
impl TemplateService for Templates {
    async fn register_template(
        &self,
        request: Request<pb::RegisterTemplateRequest>,
    ) -> std::result::Result<Response<pb::RegisterTemplateResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(register(&self.app, &call.caller, message).await)
    }

    async fn get_template(
        &self,
        request: Request<pb::GetTemplateRequest>,
    ) -> std::result::Result<Response<pb::GetTemplateResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(get(&self.app, &call.caller, message).await)
    }

    async fn list_templates(
        &self,
        request: Request<pb::ListTemplatesRequest>,
    ) -> std::result::Result<Response<pb::ListTemplatesResponse>, Status> {
        let (call, message) = Call::open(request)?;
        call.answer(list(&self.app, &call.caller, message).await)
    }
}

async fn register(app: &App, caller: &Caller, message: pb::RegisterTemplateRequest) -> Result<pb::RegisterTemplateResponse> {
    let organisation = caller.organisation("template.register")?.clone();
    let defaults = TemplateDefaults { organisation, year: app.clock().today().year() };
    let source = match template_source_from_pb(message.source, defaults) {
        Ok(source) => source,
        Err(problems) if message.validate_only => {
            return Ok(pb::RegisterTemplateResponse { problems: problems_to_pb(&problems), ..Default::default() });
        }
        Err(problems) => return Err(Error::Refused(problems)),
    };
    let registered = match message.validate_only {
        true => app.preview_template(caller, source).await?,
        false => app.register_template(caller, &message.request_id, source).await?,
    };
    Ok(registered_form_to_pb(registered))
}

async fn get(app: &App, caller: &Caller, message: pb::GetTemplateRequest) -> Result<pb::GetTemplateResponse> {
    let form = form_id_from_pb(&message.form_id)?;
    let found = app.get_template(caller, &form, version_from_pb(message.version)).await?;
    let (version, registered_at) = (found.version, found.registered_at.to_string());
    Ok(pb::GetTemplateResponse { template: Some(template_to_pb(found)), version, registered_at })
}

async fn list(app: &App, caller: &Caller, message: pb::ListTemplatesRequest) -> Result<pb::ListTemplatesResponse> {
    let page = app.list_templates(caller, &page_from_pb(message.page_size, message.cursor)).await?;
    let templates = page.entries.into_iter().map(template_summary_to_pb).collect();
    Ok(pb::ListTemplatesResponse { templates, next_cursor: page.next_cursor })
}
