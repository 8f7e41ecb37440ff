//! A server with a few small forms of one township, and what a test of the reviewer asks it.

use crate::harness::{Authenticated, Callers, Options, Server};
use baoyici::app::App;
use baoyici::domain::decision::FigureConflict;
use baoyici::domain::observation::Observation;
use baoyici::domain::unit::UnitCode;
use baoyici::pb;
use baoyici::pb::Verdict;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::dataset_service_client::DatasetServiceClient;
use baoyici::pb::overlap_service_client::OverlapServiceClient;
use baoyici::pb::register_template_request::Source;
use baoyici::pb::template_service_client::TemplateServiceClient;
use baoyici::store::ObservationFilter;
use baoyici::store::fault::{Faults, Faulty};
use baoyici::store::verify::verify;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tonic::Status;

/// The township's due date for annual forms of 2026.
const DUE: &str = "2027-01-20";

/// The server.
pub struct Ground {
    pub server: Server,
    pub callers: Callers,
    n_requests: AtomicU32,
}

/// An annual form of the township: field id, label and unit of measure.
pub fn form(id: &str, fields: &[(&str, &str, &str)]) -> pb::FormTemplate {
    let field = |(id, label, unit): &(&str, &str, &str)| pb::Field {
        field_id: (*id).into(),
        label: (*label).into(),
        unit: (*unit).into(),
        decimals: Some(if *unit == "万元" { 2 } else { 0 }),
        dtype: if *unit == "万元" { pb::DataType::Decimal } else { pb::DataType::Integer }.into(),
        ..Default::default()
    };
    pb::FormTemplate {
        form_id: id.into(),
        title: format!("{id} 基本情况"),
        number: format!("{id}1表"),
        authority: "民政厅".into(),
        approval: "统制1".into(),
        level: pb::Level::Township.into(),
        frequency: pb::Frequency::Annual.into(),
        year: 2026,
        fields: fields.iter().map(field).collect(),
        ..Default::default()
    }
}

/// Identity of a field.
pub fn key(form: &str, field: &str, since: u32) -> Option<pb::FieldKey> {
    Some(pb::FieldKey { form_id: form.into(), field_id: field.into(), since })
}

impl Ground {
    /// Starts a server with these forms.
    pub async fn of(forms: &[pb::FormTemplate]) -> Self {
        Self::over(Server::start().await, forms).await
    }

    /// The same over a store that fails where it is told to.
    pub async fn with_faults(forms: &[pb::FormTemplate]) -> (Self, Faults) {
        let faults = Faults::default();
        let wrapped = faults.clone();
        let options = Options { wrap: Box::new(|store| Arc::new(Faulty::new(store, wrapped))), ..Options::default() };
        (Self::over(Server::start_with(options).await, forms).await, faults)
    }

    /// The same over a server that runs already.
    pub async fn over(server: Server, forms: &[pb::FormTemplate]) -> Self {
        let callers = server.furnish().await;
        let ground = Self { server, callers, n_requests: AtomicU32::new(0) };
        for form in forms {
            ground.register(form.clone()).await;
        }
        ground
    }

    /// A server whose forms were read by an older program, which gave the readings other keys.
    pub async fn read_earlier(forms: &[pb::FormTemplate], older: fn(&str) -> String) -> Self {
        let ground = Self::of(forms).await;
        let store = Arc::clone(ground.server.app.store());
        let mut tx = store.begin().await.unwrap();
        for mut stored in store.newest_templates(None, 100).await.unwrap() {
            for field in &mut stored.fields {
                field.meaning.key = older(&field.meaning.key);
            }
            stored.vocabulary = "older".into();
            tx.reread_template(&stored).await.unwrap();
        }
        tx.commit().await.unwrap();
        let Self { server, callers, n_requests } = ground;
        Self { server: server.reopen().await, callers, n_requests }
    }

    fn request_id(&self) -> String {
        format!("q-{}", self.n_requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Registers a form, or a new version of one.
    pub async fn register(&self, template: pb::FormTemplate) {
        let mut client = TemplateServiceClient::new(self.server.channel_as(&self.callers.officer).await);
        let source = Some(Source::Template(template));
        client
            .register_template(pb::RegisterTemplateRequest { request_id: self.request_id(), source, validate_only: false })
            .await
            .unwrap();
    }

    /// The bureau's reviewer.
    pub async fn bureau(&self) -> OverlapServiceClient<Authenticated> {
        OverlapServiceClient::new(self.server.channel_as(&self.callers.bureau).await)
    }

    /// An answer on its way.
    pub fn request(&self, (form_a, a): (&str, &str), (form_b, b): (&str, &str), verdict: Verdict) -> pb::DecideRequest {
        pb::DecideRequest {
            request_id: self.request_id(),
            a: key(form_a, a, 0),
            b: key(form_b, b, 0),
            verdict: verdict.into(),
            note: String::new(),
            validate_only: false,
        }
    }

    pub async fn decide(&self, a: (&str, &str), b: (&str, &str), verdict: Verdict) -> pb::DecideResponse {
        self.try_decide(a, b, verdict).await.unwrap()
    }

    pub async fn try_decide(&self, a: (&str, &str), b: (&str, &str), verdict: Verdict) -> Result<pb::DecideResponse, Status> {
        Ok(self.bureau().await.decide(self.request(a, b, verdict)).await?.into_inner())
    }

    pub async fn preview(&self, a: (&str, &str), b: (&str, &str), verdict: Verdict) -> pb::DecideResponse {
        let request = pb::DecideRequest { validate_only: true, ..self.request(a, b, verdict) };
        self.bureau().await.decide(request).await.unwrap().into_inner()
    }

    pub async fn undo(&self, decision: u64) -> Result<pb::UndoDecisionResponse, Status> {
        let request = pb::UndoDecisionRequest { request_id: self.request_id(), decision, note: "看错了".into(), validate_only: false };
        Ok(self.bureau().await.undo_decision(request).await?.into_inner())
    }

    /// The whole queue.
    pub async fn questions(&self) -> Vec<pb::Question> {
        let request = pb::ListQuestionsRequest { page_size: 200, cursor: String::new() };
        self.bureau().await.list_questions(request).await.unwrap().into_inner().questions
    }

    pub async fn question(&self, a: (&str, &str), b: (&str, &str)) -> pb::Question {
        let request = pb::GetQuestionRequest { a: key(a.0, a.1, 0), b: key(b.0, b.1, 0) };
        self.bureau().await.get_question(request).await.unwrap().into_inner().question.unwrap()
    }

    /// Elements of the fields of forms, in order.
    pub async fn elements(&self, forms: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for form in forms {
            let request = pb::GetFormOverlapRequest { form_id: (*form).into() };
            let fields = self.bureau().await.get_form_overlap(request).await.unwrap().into_inner().fields;
            found.extend(fields.into_iter().map(|f| f.element));
        }
        found
    }

    /// The same as another process would find them, that reads everything from the store.
    pub async fn elements_after_restart(&self, forms: &[&str]) -> Vec<String> {
        let app = App::open(Arc::clone(self.server.app.store()), Arc::clone(self.server.app.clock())).await.unwrap();
        let caller = app.authenticate(&self.callers.bureau).await.unwrap();
        let mut found = Vec::new();
        for form in forms {
            let form = baoyici::domain::id::FormId::parse(form).unwrap();
            found.extend(app.get_form_overlap(&caller, &form).await.unwrap().into_iter().map(|f| f.element.to_string()));
        }
        found
    }

    async fn clerk(&self) -> CollectionServiceClient<Authenticated> {
        CollectionServiceClient::new(self.server.channel_as(&self.callers.clerk).await)
    }

    /// What the township types.
    pub async fn inputs(&self) -> Vec<pb::InputCell> {
        let request = pb::GetConsolidatedFormRequest { unit: "330122002".into(), due: DUE.into() };
        self.clerk().await.get_consolidated_form(request).await.unwrap().into_inner().inputs
    }

    /// The cell with this label.
    pub async fn input(&self, label: &str) -> pb::InputCell {
        self.inputs().await.into_iter().find(|i| i.label == label).unwrap_or_else(|| panic!("{label} is not asked"))
    }

    /// Submits values for cells.
    pub async fn submit(&self, request_id: &str, values: &[(&pb::InputCell, &str)]) -> Result<(), Status> {
        let figure = |(cell, value): &(&pb::InputCell, &str)| pb::TypedFigure {
            element: cell.element.clone(),
            period: cell.period.clone(),
            value: (*value).into(),
            unit_of_measure: String::new(),
            explanation: String::new(),
        };
        let figures = values.iter().map(figure).collect();
        let (request_id, unit, due) = (request_id.into(), "330122002".into(), DUE.into());
        self.clerk()
            .await
            .submit(pb::SubmitRequest { request_id, unit, due, figures, partial: true, validate_only: false, draft_version: 0 })
            .await?;
        Ok(())
    }

    /// Figures of a form of 2026 as its department draws it for the township.
    pub async fn drawn(&self, form: &str) -> Vec<Option<String>> {
        let mut client = DatasetServiceClient::new(self.server.channel_as(&self.callers.officer).await);
        let scope = Some(pb::ExtractionScope { form_id: form.into(), period: "2026".into(), within: String::new() });
        let mut stream = client.extract_rows(pb::ExtractRowsRequest { scope }).await.unwrap().into_inner();
        let mut rows = Vec::new();
        while let Some(message) = stream.message().await.unwrap() {
            rows.extend(message.rows);
        }
        let plain = |value: String| value.trim_end_matches('0').trim_end_matches('.').to_owned();
        rows.into_iter().flat_map(|r| r.figures).map(|f| f.value.map(|v| if v.contains('.') { plain(v) } else { v })).collect()
    }

    /// Every figure that is kept of the township, all versions, set aside or not, and the conflicts.
    pub async fn everything(&self) -> (Vec<Observation>, Vec<Observation>, Vec<FigureConflict>) {
        let store = self.server.app.store();
        let unit = UnitCode::parse("330122002").unwrap();
        let filter = ObservationFilter { units: vec![unit.clone()], ..ObservationFilter::default() };
        let current = store.observations(&filter).await.unwrap();
        let mut versions = store.observations_aside(&unit).await.unwrap();
        for one in &current {
            versions.extend(store.observation_versions(&one.key).await.unwrap());
        }
        (current, versions, store.figure_conflicts(0, 100).await.unwrap())
    }

    /// The store fits, receipts and audit chain.
    pub async fn fits(&self) {
        let verified = verify(self.server.app.store().as_ref()).await.unwrap();
        assert_eq!(verified.findings, []);
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// An argument of the first problem of a refusal.
pub fn argument(status: &Status, name: &str) -> String {
    let problems = crate::outside::problems::problems_of(status).0;
    let problem = problems.first().unwrap_or_else(|| panic!("{status:?}"));
    crate::outside::problems::argument(problem, name).to_owned()
}

/// Whether a text is told in both languages with all its arguments.
pub fn is_told(problem: &pb::Problem) -> bool {
    !problem.text_zh.is_empty() && !problem.text_en.is_empty() && !problem.text_zh.contains('{') && !problem.text_en.contains('{')
}
