//! Disputes over gRPC: a township finds a village's figure wrong, the village answers by correcting it or by saying why it stands.

use crate::harness::{Authenticated, Callers, Server, reason};
use baoyici::domain::caller::{Role, Scope};
use baoyici::domain::unit::UnitCode;
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;
use baoyici::pb::dispute_service_client::DisputeServiceClient;
use baoyici::pb::register_template_request::Source;
use baoyici::pb::template_service_client::TemplateServiceClient;
use baoyici::pb::unit_service_client::UnitServiceClient;
use tonic::Code;

const TOWNSHIP: &str = "330122002";
const VILLAGES: [&str; 2] = ["330122002201", "330122002202"];
const DUE: &str = "2027-01-20";

type Disputes = DisputeServiceClient<Authenticated>;

struct Ground {
    server: Server,
    callers: Callers,
    township: Disputes,
    villages: Vec<String>,
}

impl Ground {
    /// Two villages that report a figure, and a township whose form shows their sum.
    async fn lay() -> Self {
        let server = Server::start().await;
        let callers = server.furnish().await;
        let mut units = UnitServiceClient::new(server.channel_as(&callers.operator).await);
        let csv = format!("code,name,level,parent\n{},甲村,village,{TOWNSHIP}\n{},乙村,village,{TOWNSHIP}\n", VILLAGES[0], VILLAGES[1]);
        let source = Some(pb::register_units_request::Source::Csv(csv.into_bytes()));
        units.register_units(pb::RegisterUnitsRequest { request_id: "more".into(), source, validate_only: false }).await.unwrap();
        for (id, level) in [("cun", pb::Level::Village), ("xiang", pb::Level::Township)] {
            let field = pb::Field {
                field_id: "1".into(),
                label: "年末常住人口".into(),
                unit: "人".into(),
                decimals: Some(0),
                ..Default::default()
            };
            let template = pb::FormTemplate {
                form_id: id.into(),
                title: format!("{id}年报"),
                number: format!("{id}1"),
                authority: "民政厅".into(),
                approval: "统制1".into(),
                level: level.into(),
                frequency: pb::Frequency::Annual.into(),
                year: 2026,
                fields: vec![field],
                ..Default::default()
            };
            let mut client = TemplateServiceClient::new(server.channel_as(&callers.officer).await);
            let source = Some(Source::Template(template));
            client.register_template(pb::RegisterTemplateRequest { request_id: id.into(), source, validate_only: false }).await.unwrap();
        }
        let mut villages = Vec::new();
        for (n, code) in VILLAGES.iter().enumerate() {
            villages.push(server.token(&format!("village-{n}"), Role::Clerk, Scope::Unit(UnitCode::parse(code).unwrap())).await);
        }
        let township = DisputeServiceClient::new(server.channel_as(&callers.clerk).await);
        let ground = Self { server, callers, township, villages };
        for (n, code) in VILLAGES.iter().enumerate() {
            let mut clerk = ground.clerk(n).await;
            let form = pb::GetConsolidatedFormRequest { unit: (*code).into(), due: DUE.into() };
            let cell = clerk.get_consolidated_form(form).await.unwrap().into_inner().inputs.remove(0);
            let figure = pb::TypedFigure { element: cell.element, period: cell.period, value: "100".into(), ..Default::default() };
            let (unit, due, figures) = ((*code).into(), DUE.into(), vec![figure]);
            clerk.submit(pb::SubmitRequest { request_id: "s".into(), unit, due, figures, ..Default::default() }).await.unwrap();
        }
        ground
    }

    async fn clerk(&self, n: usize) -> CollectionServiceClient<Authenticated> {
        CollectionServiceClient::new(self.server.channel_as(&self.villages[n]).await)
    }

    async fn village(&self, n: usize) -> Disputes {
        DisputeServiceClient::new(self.server.channel_as(&self.villages[n]).await)
    }

    fn objection(id: &str, source: &str) -> pb::RaiseDisputeRequest {
        pb::RaiseDisputeRequest {
            request_id: id.into(),
            unit: TOWNSHIP.into(),
            form_id: "xiang".into(),
            field_id: "1".into(),
            period: "2026".into(),
            source_unit: source.into(),
            claim: "少报一个组".into(),
            proposed: "120".into(),
        }
    }

    async fn raise(&mut self, id: &str, source: &str) -> Result<pb::Dispute, tonic::Status> {
        Ok(self.township.raise_dispute(Self::objection(id, source)).await?.into_inner().dispute.unwrap())
    }
}

async fn open(client: &mut Disputes) -> Vec<u64> {
    let request = pb::ListDisputesRequest { open: true, ..Default::default() };
    client.list_disputes(request).await.unwrap().into_inner().disputes.iter().map(|d| d.dispute).collect()
}

#[tokio::test]
async fn a_correction_answers_a_dispute() {
    let mut ground = Ground::lay().await;
    assert_eq!(reason(&ground.raise("d-0", "").await.unwrap_err()), "DISPUTE_SOURCE_UNCLEAR");
    let dispute = ground.raise("d-1", VILLAGES[1]).await.unwrap();
    assert_eq!((dispute.state(), dispute.addressee_unit.as_str()), (pb::DisputeState::Open, VILLAGES[1]));
    assert_eq!((dispute.figures.len(), dispute.figures[0].value.as_str()), (1, "100"));
    assert_eq!(ground.raise("d-1", VILLAGES[1]).await.unwrap(), dispute, "the same request, the same dispute");
    let again = ground.raise("d-2", VILLAGES[1]).await.unwrap_err();
    assert_eq!((again.code(), reason(&again).as_str()), (Code::AlreadyExists, "DISPUTE_OPEN"));
    let (mut asked, mut stranger) = (ground.village(1).await, ground.village(0).await);
    assert_eq!((open(&mut asked).await, open(&mut stranger).await), (vec![dispute.dispute], vec![]));
    let unseen = stranger.get_dispute(pb::GetDisputeRequest { dispute: dispute.dispute }).await.unwrap_err();
    assert_eq!(unseen.code(), Code::NotFound);

    let disputed = &dispute.figures[0];
    let figure =
        pb::TypedFigure { element: disputed.element.clone(), period: disputed.period.clone(), value: "120".into(), ..Default::default() };
    let correct = |id: &str, n: usize| pb::CorrectRequest {
        request_id: id.into(),
        unit: VILLAGES[n].into(),
        figures: vec![pb::CorrectedFigure { figure: Some(figure.clone()), seen_version: 1 }],
        reason: "补报第三组".into(),
        validate_only: false,
        dispute: dispute.dispute,
    };
    let foreign = ground.clerk(0).await.correct(correct("c-0", 0)).await.unwrap_err();
    assert_eq!(reason(&foreign), "DISPUTE_UNKNOWN");
    let receipt = ground.clerk(1).await.correct(correct("c-1", 1)).await.unwrap().into_inner().receipt.unwrap();
    let ended = ground.township.get_dispute(pb::GetDisputeRequest { dispute: dispute.dispute }).await.unwrap().into_inner();
    let ended = ended.dispute.unwrap();
    assert_eq!((ended.state(), ended.receipt, ended.note.as_str()), (pb::DisputeState::Corrected, receipt.id, "补报第三组"));
    assert_eq!(open(&mut asked).await, Vec::<u64>::new());
    drop((asked, stranger));
    let Ground { server, township, .. } = ground;
    drop(township);
    server.stop().await;
}

#[tokio::test]
async fn a_figure_that_stands_is_defended_with_a_reason() {
    let mut ground = Ground::lay().await;
    let dispute = ground.raise("d", VILLAGES[0]).await.unwrap().dispute;
    let mut asked = ground.village(0).await;
    let reject = |id: &str, note: &str| pb::RejectDisputeRequest { request_id: id.into(), dispute, note: note.into() };
    assert_eq!(reason(&asked.reject_dispute(reject("r-0", "")).await.unwrap_err()), "TEXT_MISSING");
    let own = ground.township.reject_dispute(reject("r-1", "x")).await.unwrap_err();
    assert_eq!(own.code(), Code::PermissionDenied, "who asks does not answer");
    let ended = asked.reject_dispute(reject("r-2", "按户籍核实无误")).await.unwrap().into_inner().dispute.unwrap();
    assert_eq!((ended.state(), ended.note.as_str()), (pb::DisputeState::Rejected, "按户籍核实无误"));
    assert_eq!(asked.reject_dispute(reject("r-2", "按户籍核实无误")).await.unwrap().into_inner().dispute.unwrap(), ended);
    let late = pb::WithdrawDisputeRequest { request_id: "w".into(), dispute, note: String::new() };
    assert_eq!(reason(&ground.township.withdraw_dispute(late).await.unwrap_err()), "DISPUTE_ENDED");
    let second = ground.raise("d-2", VILLAGES[0]).await.unwrap().dispute;
    let withdraw = pb::WithdrawDisputeRequest { request_id: "w-2".into(), dispute: second, note: String::new() };
    ground.township.withdraw_dispute(withdraw).await.unwrap();
    let mut bureau = DisputeServiceClient::new(ground.server.channel_as(&ground.callers.bureau).await);
    let all = bureau.list_disputes(pb::ListDisputesRequest::default()).await.unwrap().into_inner().disputes;
    assert_eq!(all.iter().map(pb::Dispute::state).collect::<Vec<_>>(), [pb::DisputeState::Rejected, pb::DisputeState::Withdrawn]);
    drop((asked, bureau));
    let Ground { server, township, .. } = ground;
    drop(township);
    server.stop().await;
}

#[tokio::test]
async fn what_a_unit_reported_itself_it_corrects() {
    let ground = Ground::lay().await;
    let mut village = ground.village(0).await;
    let own = pb::RaiseDisputeRequest { unit: VILLAGES[0].into(), form_id: "cun".into(), ..Ground::objection("d", "") };
    assert_eq!(reason(&village.raise_dispute(own).await.unwrap_err()), "DISPUTE_OWN_FIGURE");
    drop(village);
    let Ground { server, township, .. } = ground;
    drop(township);
    server.stop().await;
}
