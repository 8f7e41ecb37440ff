//! The server on which bad input is tried: forms with a field of every kind, one figure held, and what is stored at the start.

use std::collections::HashMap;

use baoyici::domain::caller::{Role, Scope, TokenRecord};
use baoyici::domain::id::AccountId;
use baoyici::domain::unit::UnitCode;
use baoyici::pb;
use baoyici::pb::{DataType, Frequency, Level};
use baoyici::store::sqlite::{SqliteOptions, SqliteStore};
use baoyici::store::{AuditReads, ObservationReads, Store, TokenReads};
use jiff::Timestamp;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::outside::caller::Caller;
use crate::outside::world::{TOWNSHIPS, VILLAGES, World, consolidated_form, field, form, register_request, typed};

/// The village whose clerk makes the mistakes.
pub const VILLAGE: &str = VILLAGES[0];
/// When the village's form of 2026 is due.
pub const DUE: &str = "2027-01-20";

/// The server with what the table needs.
pub struct Ground {
    pub world: World,
    /// Clerk of [`VILLAGE`].
    pub clerk: Caller,
    /// Clerk of the first township.
    pub township_clerk: Caller,
    /// A caller whose token has ended.
    pub expired: Caller,
    /// A caller whose token was revoked.
    pub revoked: Caller,
    /// Elements and periods of the village's cells by label.
    cells: HashMap<String, (String, String)>,
    /// Receipt of the one figure that is held.
    pub receipt: String,
    /// Token of the civil affairs department's data officer, for calls made by hand.
    pub officer_secret: String,
}

/// Everything that is stored, as far as it can be counted and listed.
#[derive(Debug, PartialEq)]
pub struct Stored {
    n_observations: u64,
    n_audit_records: usize,
    n_tokens: usize,
    forms: Vec<pb::TemplateSummary>,
    organisations: Vec<pb::Organisation>,
    units: Vec<pb::UnitRow>,
    receipts: Vec<pb::Receipt>,
}

fn village_form() -> pb::FormTemplate {
    let mut kind = field("kind", "村庄类型", "代码", DataType::Code);
    kind.options = ["1.平原", "2.丘陵", "3.山区"].map(str::to_owned).to_vec();
    let mut area = field("area", "甲子地块面积", "公顷", DataType::Decimal);
    area.decimals = Some(2);
    let fields = vec![
        field("held", "乙丑事项", "个", DataType::Integer),
        field("count", "丙寅事项", "个", DataType::Integer),
        area,
        kind,
        field("text", "丁卯说明", "", DataType::Text),
        field("date", "戊辰日期", "", DataType::Date),
        field("flag", "是否己巳", "", DataType::Bool),
        field("people", "常住人口", "人", DataType::Integer),
    ];
    pb::FormTemplate { valid_until: "2028-12-31".to_owned(), ..form("cun", Level::Village, Frequency::Annual, fields) }
}

/// The township's form: one figure that its villages give, and one of its own.
pub fn township_form() -> pb::FormTemplate {
    let fields = vec![field("people", "常住人口", "人", DataType::Integer), field("own", "癸酉事项", "个", DataType::Integer)];
    form("zhen", Level::Township, Frequency::Annual, fields)
}

impl Ground {
    pub async fn prepare() -> Self {
        let world = World::start().await;
        let officer = world.officer.templates();
        let register = |form: pb::FormTemplate| {
            let mut officer = officer.clone();
            async move { officer.register_template(register_request(&form.form_id.clone(), form)).await.expect("a good form registers") }
        };
        register(village_form()).await;
        register(township_form()).await;
        register(form("xian", Level::County, Frequency::Monthly, vec![field("monthly", "庚午事项", "个", DataType::Integer)])).await;
        let other = form("bie", Level::County, Frequency::Annual, vec![field("other", "辛未事项", "个", DataType::Integer)]);
        world.other_officer.templates().register_template(register_request("bie", other)).await.expect("a good form registers");

        let clerk = world.clerk("clerk", VILLAGE);
        let township_clerk = world.clerk("township-clerk", TOWNSHIPS[0]);
        let inputs = consolidated_form(&clerk, VILLAGE, DUE).await.inputs;
        let cells: HashMap<String, (String, String)> = inputs.into_iter().map(|i| (i.label, (i.element, i.period))).collect();
        let submit = pb::SubmitRequest {
            request_id: "held".to_owned(),
            unit: VILLAGE.to_owned(),
            due: DUE.to_owned(),
            figures: vec![typed(&cells["乙丑事项"].0, "2026", "7")],
            partial: true,
            validate_only: false,
            draft_version: 0,
        };
        let receipt = clerk.collection().submit(submit).await.expect("a good figure is stored").into_inner().receipt.expect("a receipt").id;
        let officer_secret = world.server.token("officer-by-hand", "data_officer", &["--organisation", "mzt"]);
        let [expired, revoked] = put_ended_tokens(&world).await;
        Self { officer_secret, expired, revoked, clerk, township_clerk, cells, receipt, world }
    }

    /// Element of the village's cell with this label.
    pub fn element(&self, label: &str) -> &str {
        &self.cells[label].0
    }

    /// Period of the village's cell with this label: the year, or standing for what stays until it changes.
    pub fn period(&self, label: &str) -> &str {
        &self.cells[label].1
    }

    /// Everything that is stored.
    pub async fn stored(&self) -> Stored {
        let bureau = &self.world.bureau;
        let store = open(&self.world).await;
        let stored = Stored {
            n_observations: store.n_observations().await.expect("a count"),
            n_audit_records: store.audit_records(0, 100_000).await.expect("audit records").len(),
            n_tokens: store.tokens().await.expect("tokens").len(),
            forms: bureau.templates().list_templates(pb::ListTemplatesRequest::default()).await.expect("forms").into_inner().templates,
            organisations: bureau
                .organisations()
                .list_organisations(pb::ListOrganisationsRequest::default())
                .await
                .expect("organisations")
                .into_inner()
                .organisations,
            units: bureau.units().list_units(pb::ListUnitsRequest::default()).await.expect("units").into_inner().units,
            receipts: self
                .clerk
                .collection()
                .list_receipts(pb::ListReceiptsRequest { unit: VILLAGE.to_owned(), ..Default::default() })
                .await
                .expect("receipts")
                .into_inner()
                .receipts,
        };
        store.close().await;
        stored
    }

    /// The server says that it serves.
    pub async fn expect_health(&self) {
        let answer = HealthClient::new(self.clerk.channel()).check(HealthCheckRequest::default()).await.expect("health answers");
        assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    }
}

async fn open(world: &World) -> SqliteStore {
    let path = crate::outside::server::database_of(world.data());
    SqliteStore::open(&path, SqliteOptions::default()).await.expect("the database opens beside the server")
}

/// Puts an expired and a revoked token of the village's clerk into the store, which no command makes.
async fn put_ended_tokens(world: &World) -> [Caller; 2] {
    let store = open(world).await;
    let past: Timestamp = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let mut callers = Vec::new();
    for (account, expires_at, revoked_at) in [("expired", Some(past), None), ("revoked", None, Some(past))] {
        let secret = format!("byc_{account}{}", "x".repeat(32));
        let record = TokenRecord {
            account: AccountId::from_stored(account),
            digest: blake3::hash(secret.as_bytes()).to_hex().to_string(),
            role: Role::Clerk,
            scope: Scope::Unit(UnitCode::from_stored(VILLAGE)),
            expires_at,
            revoked_at,
        };
        let mut transaction = store.begin().await.expect("a transaction");
        transaction.put_token(&record).await.expect("a token is stored");
        transaction.commit().await.expect("a commit");
        callers.push(world.operator.with_secret(&secret));
    }
    store.close().await;
    callers.try_into().unwrap_or_else(|_| panic!("two callers"))
}
