//! The whole road over gRPC, small: a form is registered, typed once, refused twice, and drawn as rows and as one Arrow stream.

use crate::harness::{Authenticated, Callers, Server, reason};
use arrow::array::{Array, StringArray};
use arrow::ipc::reader::StreamReader;
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::dataset_service_client::DatasetServiceClient;
use baoyici::pb::register_template_request::Source;
use baoyici::pb::template_service_client::TemplateServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use tonic::Code;

/// More units than fit into one slice, and more than two.
const N_TOWNSHIPS: u32 = 1_100;

fn field(id: &str, label: &str, unit: &str) -> pb::Field {
    pb::Field { field_id: id.into(), label: label.into(), unit: unit.into(), decimals: Some(0), ..Default::default() }
}

fn template() -> pb::FormTemplate {
    pb::FormTemplate {
        form_id: "mzt-jb".into(),
        title: "社会救助年报".into(),
        number: "民表1".into(),
        authority: "民政厅".into(),
        approval: "统制1".into(),
        level: pb::Level::Township.into(),
        frequency: pb::Frequency::Annual.into(),
        year: 2026,
        fields: vec![field("1", "年末常住人口", "人"), field("2", "城市低保户数", "户")],
        ..Default::default()
    }
}

async fn register(server: &Server, callers: &Callers) -> pb::RegisterTemplateResponse {
    let mut client = TemplateServiceClient::new(server.channel_as(&callers.officer).await);
    let request =
        pb::RegisterTemplateRequest { request_id: "form".into(), source: Some(Source::Template(template())), validate_only: false };
    client.register_template(request).await.unwrap().into_inner()
}

async fn fetch(client: &mut CollectionServiceClient<Authenticated>) -> pb::GetConsolidatedFormResponse {
    let request = pb::GetConsolidatedFormRequest { unit: "330122002".into(), due: "2027-01-20".into() };
    client.get_consolidated_form(request).await.unwrap().into_inner()
}

fn submission(request_id: &str, form: &pb::GetConsolidatedFormResponse) -> pb::SubmitRequest {
    let typed = |(n, cell): (usize, &pb::InputCell)| pb::TypedFigure {
        element: cell.element.clone(),
        period: cell.period.clone(),
        value: format!("{}", 100 + n),
        unit_of_measure: String::new(),
        explanation: String::new(),
    };
    let figures = form.inputs.iter().enumerate().map(typed).collect();
    let (unit, due) = ("330122002".into(), "2027-01-20".into());
    pb::SubmitRequest { request_id: request_id.into(), unit, due, figures, partial: false, validate_only: false, draft_version: 0 }
}

fn scope() -> Option<pb::ExtractionScope> {
    Some(pb::ExtractionScope { form_id: "mzt-jb".into(), period: "2026".into(), within: String::new() })
}

#[tokio::test]
async fn a_figure_is_typed_once_and_refused_twice() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    let registered = register(&server, &callers).await;
    assert_eq!((registered.version, registered.fields.len()), (1, 2));
    let mut client = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let form = fetch(&mut client).await;
    assert_eq!(form.inputs.len(), 2);
    let request = submission("s-1", &form);
    let receipt = client.submit(request.clone()).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!((receipt.figures, receipt.request_id.as_str()), (2, "s-1"));
    assert_eq!(client.submit(request).await.unwrap().into_inner().receipt.unwrap(), receipt, "the same request, the same receipt");
    let status = client.submit(submission("s-2", &form)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::AlreadyExists, "FIGURE_HELD"));
    let checked = pb::SubmitRequest { validate_only: true, ..submission("s-3", &form) };
    assert_eq!(client.submit(checked).await.unwrap().into_inner().problems.len(), 2);
    assert!(fetch(&mut client).await.inputs.iter().all(|cell| cell.held.as_ref().is_some_and(|h| h.receipt == receipt.id)));
    let stored = client.get_receipt(pb::GetReceiptRequest { receipt: receipt.id.clone() }).await.unwrap().into_inner();
    assert_eq!(stored.receipt, Some(receipt));
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_correction_makes_a_version() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers).await;
    let mut client = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let form = fetch(&mut client).await;
    client.submit(submission("s", &form)).await.unwrap();
    let figure = submission("", &form).figures.remove(0);
    let figure = pb::TypedFigure { value: "7".into(), ..figure };
    let (element, period) = (figure.element.clone(), figure.period.clone());
    let corrected = pb::CorrectedFigure { figure: Some(figure), seen_version: 1 };
    let request = pb::CorrectRequest {
        request_id: "c-1".into(),
        unit: "330122002".into(),
        figures: vec![corrected],
        reason: "漏报".into(),
        validate_only: false,
        dispute: 0,
    };
    client.correct(request.clone()).await.unwrap();
    let status = client.correct(pb::CorrectRequest { request_id: "c-2".into(), ..request.clone() }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "FIGURE_VERSION_STALE"));
    let without_reason = pb::CorrectRequest { reason: String::new(), request_id: "c-3".into(), ..request };
    assert_eq!(reason(&client.correct(without_reason).await.unwrap_err()), "REASON_MISSING");
    let request = pb::ListObservationVersionsRequest { unit: "330122002".into(), element, period };
    let versions = client.list_observation_versions(request).await.unwrap().into_inner().versions;
    assert_eq!(versions.iter().map(|v| (v.version, v.value.as_str())).collect::<Vec<_>>(), [(1, "100"), (2, "7")]);
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_form_is_drawn_slice_by_slice_as_rows_and_as_one_arrow_stream() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    let mut csv = "code,name,level,parent\n".to_owned();
    for n in 0..N_TOWNSHIPS {
        csv.push_str(&format!("3302{n:05},乡镇{n},township,330122\n"));
    }
    let mut units = UnitServiceClient::new(server.channel_as(&callers.operator).await);
    let source = Some(pb::register_units_request::Source::Csv(csv.into_bytes()));
    units.register_units(pb::RegisterUnitsRequest { request_id: "more".into(), source, validate_only: false }).await.unwrap();
    register(&server, &callers).await;
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let form = fetch(&mut clerk).await;
    clerk.submit(submission("s", &form)).await.unwrap();

    let mut client = DatasetServiceClient::new(server.channel_as(&callers.officer).await);
    let mut stream = client.extract_rows(pb::ExtractRowsRequest { scope: scope() }).await.unwrap().into_inner();
    let (mut rows, mut missing, mut n_with_columns) = (Vec::new(), Vec::new(), 0);
    while let Some(message) = stream.message().await.unwrap() {
        n_with_columns += usize::from(!message.columns.is_empty());
        missing.push(message.missing);
        rows.extend(message.rows);
    }
    let n_units = N_TOWNSHIPS as usize + 1;
    assert_eq!((rows.len(), n_with_columns), (n_units, 1));
    assert!(rows.is_sorted_by(|a, b| a.unit < b.unit));
    assert_eq!(missing.pop(), Some(2 * u64::from(N_TOWNSHIPS)));
    assert!(missing.iter().all(|n| *n == 0) && missing.len() >= 2);
    let typed = rows.iter().find(|r| r.unit == "330122002000").unwrap();
    let mut figures: Vec<&str> = typed.figures.iter().filter_map(|f| f.value.as_deref()).collect();
    figures.sort_unstable();
    assert_eq!((typed.unit_name.as_str(), figures), ("旧县街道", vec!["100", "101"]));

    let mut stream = client.extract_arrow(pb::ExtractArrowRequest { scope: scope() }).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        bytes.extend(message.data);
    }
    let mut drawn: Vec<String> = Vec::new();
    for batch in StreamReader::try_new(bytes.as_slice(), None).unwrap() {
        let batch = batch.unwrap();
        let codes = batch.column(0).as_any().downcast_ref::<StringArray>().unwrap();
        drawn.extend((0..codes.len()).map(|n| codes.value(n).to_owned()));
    }
    assert_eq!(drawn, rows.iter().map(|r| r.unit.clone()).collect::<Vec<_>>());
    drop((units, clerk, client));
    server.stop().await;
}

#[tokio::test]
async fn others_draw_nothing() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers).await;
    let expected =
        [(&callers.operator, Code::PermissionDenied), (&callers.clerk, Code::PermissionDenied), (&callers.bureau, Code::NotFound)];
    for (token, code) in expected {
        let mut client = DatasetServiceClient::new(server.channel_as(token).await);
        assert_eq!(client.extract_rows(pb::ExtractRowsRequest { scope: scope() }).await.unwrap_err().code(), code);
        assert_eq!(client.extract_arrow(pb::ExtractArrowRequest { scope: scope() }).await.unwrap_err().code(), code);
    }
    server.stop().await;
}
