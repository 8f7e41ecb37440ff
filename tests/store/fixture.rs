//! Backends under test and sample values.

use baoyici::domain::audit::NewAuditRecord;
use baoyici::domain::caller::{Role, Scope, TokenRecord};
use baoyici::domain::element::CataloguedField;
use baoyici::domain::facet::{FacetEvidence, Facets, Meaning, TimeBasis};
use baoyici::domain::figure::Figure;
use baoyici::domain::id::{AccountId, ElementId, FieldId, FieldKey, FormId, OrganisationId, ReceiptId, RequestId};
use baoyici::domain::observation::{NewObservation, ObservationKey, Receipt, digest_of};
use baoyici::domain::organisation::{Organisation, OrganisationKind};
use baoyici::domain::period::{Frequency, ReferencePeriod};
use baoyici::domain::template::{DataType, Field, FormTemplate, RegisteredTemplate};
use baoyici::domain::unit::{Level, UnitCode, UnitRow};
use baoyici::store::postgres::{PostgresOptions, PostgresStore};
use baoyici::store::sqlite::{SqliteOptions, SqliteStore};
use baoyici::store::{Error, Store, StoredForm, WriteTransaction, write};
use futures::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use std::sync::Arc;
use tempfile::TempDir;

use crate::harness::postgres::{Cluster, Database};

/// A store with the means to stop it and start it again on the same data.
pub trait Backend: Sized {
    /// A store with nothing in it.
    async fn fresh() -> Self;
    /// The store.
    fn store(&self) -> Arc<dyn Store>;
    /// Drops the store without closing it and opens it again.
    async fn reopen(&mut self);
    /// Changes what is stored behind the store's back.
    async fn tamper(&self, sql: &'static str);
    /// Tries to change what is stored by a statement of one's own, as somebody with access to the database may; whether that was refused.
    async fn refuses(&self, sql: &'static str) -> bool;
    /// Waits until everything whose future was dropped has ended.
    async fn settle(&self);
}

/// A SQLite file in a folder of its own.
pub struct SqliteBackend {
    folder: TempDir,
    store: Option<Arc<SqliteStore>>,
}

impl SqliteBackend {
    async fn open(folder: &TempDir) -> Arc<SqliteStore> {
        let path = folder.path().join("baoyici.db");
        Arc::new(SqliteStore::open(&path, SqliteOptions::default()).await.expect("the file opens"))
    }
}

impl Backend for SqliteBackend {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let store = Some(Self::open(&folder).await);
        Self { folder, store }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().expect("open")
    }

    async fn reopen(&mut self) {
        self.store = None;
        self.store = Some(Self::open(&self.folder).await);
    }

    async fn tamper(&self, sql: &'static str) {
        let path = self.folder.path().join("baoyici.db");
        let mut connection = SqliteConnectOptions::new().filename(path).foreign_keys(false).connect().await.expect("connects");
        let triggers: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            .fetch_all(&mut connection)
            .await
            .expect("lists triggers");
        for trigger in triggers {
            sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER {trigger}"))).execute(&mut connection).await.expect("drops");
        }
        let changed = sqlx::query(sql).execute(&mut connection).await.expect("changes").rows_affected();
        assert!(changed > 0, "{sql} changed nothing");
        connection.close().await.expect("closes");
    }

    async fn refuses(&self, sql: &'static str) -> bool {
        let path = self.folder.path().join("baoyici.db");
        let mut connection = SqliteConnectOptions::new().filename(path).connect().await.expect("connects");
        sqlx::query(sql).execute(&mut connection).await.is_err()
    }

    async fn settle(&self) {
        // The next turn comes after whatever was given up.
        drop(self.store().begin().await.expect("begins"));
    }
}

/// A database of its own on a PostgreSQL server.
pub struct PostgresBackend {
    store: Option<Arc<PostgresStore>>,
    /// Dropped last.
    pub database: Database,
}

impl PostgresBackend {
    /// Another store on the same database, as another server has it.
    pub async fn another(&self, options: PostgresOptions) -> Arc<PostgresStore> {
        Arc::new(PostgresStore::open(&self.database.address(), options).await.expect("the database opens"))
    }
}

impl Backend for PostgresBackend {
    async fn fresh() -> Self {
        let database = Cluster::shared().database().await;
        let mut backend = Self { store: None, database };
        backend.store = Some(backend.another(PostgresOptions::default()).await);
        backend
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone().expect("open")
    }

    async fn reopen(&mut self) {
        self.store = None;
        self.store = Some(self.another(PostgresOptions::default()).await);
    }

    async fn tamper(&self, sql: &'static str) {
        let mut connection = self.database.connect().await;
        connection.execute("SET session_replication_role = replica").await.expect("leaves triggers out");
        let changed = connection.execute(sql).await.expect("changes").rows_affected();
        assert!(changed > 0, "{sql} changed nothing");
        connection.close().await.expect("closes");
    }

    async fn refuses(&self, sql: &'static str) -> bool {
        self.database.connect().await.execute(sql).await.is_err()
    }

    async fn settle(&self) {
        let mut connection = self.database.connect().await;
        let busy = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'";
        while sqlx::query_scalar::<_, i64>(busy).fetch_one(&mut connection).await.expect("counts") > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Runs work in one transaction; the answer must be there.
pub async fn done<'a, T: Send>(
    store: &dyn Store,
    work: impl for<'t> FnMut(&'t mut (dyn WriteTransaction + 'a)) -> BoxFuture<'t, Result<T, Error>> + Send,
) -> T {
    write(store, work).await.expect("the transaction commits")
}

/// An instant that grows with `n`.
pub fn instant(n: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + n).expect("in range")
}

/// An organisation.
pub fn organisation(id: &str, parent: Option<&str>) -> Organisation {
    let kind = if parent.is_some() { OrganisationKind::Office } else { OrganisationKind::Department };
    Organisation { id: OrganisationId::from_stored(id), name: format!("{id}局"), kind, parent: parent.map(OrganisationId::from_stored) }
}

/// A unit.
pub fn unit(n: u32) -> UnitCode {
    UnitCode::from_stored(format!("3301{n:08}"))
}

/// A row of a unit.
pub fn unit_row(n: u32, from: Date, to: Option<Date>) -> UnitRow {
    UnitRow { code: unit(n), name: format!("第{n}村"), level: Level::Village, parent: Some(unit(0)), valid_from: from, valid_to: to }
}

/// The first day of most rows.
pub const FROM: Date = date(2020, 1, 1);

/// An element.
pub fn element(n: u32) -> ElementId {
    ElementId::of_key(&format!("element {n}"))
}

/// A year.
pub fn year(year: i16) -> ReferencePeriod {
    ReferencePeriod::Year { year }
}

/// What a figure is about: unit, element, 2026.
pub fn key(unit_number: u32, element_number: u32) -> ObservationKey {
    ObservationKey { unit: unit(unit_number), element: element(element_number), period: year(2026) }
}

/// A field of a form.
pub fn field_key(n: u32) -> FieldKey {
    FieldKey { form: FormId::from_stored("农基1表"), field: FieldId::from_stored(format!("f{n}")), since: 1 }
}

/// A figure under a key.
pub fn figure(key: ObservationKey, value: i64) -> NewObservation {
    NewObservation { key, figure: Figure::Number(Decimal::new(value, 1)), unit_of_measure: "万人".to_owned(), via: field_key(1) }
}

/// A receipt of figures as first versions.
pub fn receipt(id: &str, figures: &[NewObservation]) -> Receipt {
    let versioned: Vec<(NewObservation, u32)> = figures.iter().map(|f| (f.clone(), 1)).collect();
    receipt_of(id, &versioned)
}

/// A receipt of figures with their versions. The unit is the first figure's.
pub fn receipt_of(id: &str, figures: &[(NewObservation, u32)]) -> Receipt {
    Receipt {
        id: ReceiptId::from_stored(id),
        unit: figures.first().map_or_else(|| unit(1), |(f, _)| f.key.unit.clone()),
        reporter: AccountId::from_stored(format!("clerk-{id}")),
        request: RequestId::from_stored(format!("request-{id}")),
        n_figures: figures.len() as u32,
        digest: digest_of(figures),
        stored_at: instant(1),
    }
}

/// Submits figures under a receipt id; none may be held.
pub async fn submit(store: &dyn Store, id: &str, figures: &[NewObservation]) -> Receipt {
    let receipt = receipt(id, figures);
    let held = done(store, |tx| Box::pin(tx.insert_observations(&receipt, figures))).await;
    assert_eq!(held, []);
    receipt
}

/// A token.
pub fn token(account: &str, digest: &str) -> TokenRecord {
    TokenRecord {
        account: AccountId::from_stored(account),
        digest: digest.to_owned(),
        role: Role::Clerk,
        scope: Scope::Unit(unit(1)),
        expires_at: None,
        revoked_at: None,
    }
}

/// An audit record.
pub fn act(n: i64) -> NewAuditRecord {
    NewAuditRecord {
        at: instant(n),
        account: AccountId::from_stored("统计员"),
        act: "template.register".to_owned(),
        object: format!("form-{n}"),
        detail: format!("{{\"n\":{n},\"说明\":\"第\\\"{n}\\\"次\"}}"),
    }
}

/// A version of a form with `n_fields` fields.
pub fn form(id: &str, version: u32, n_fields: u32) -> StoredForm {
    let field = |n: u32| Field {
        id: FieldId::from_stored(format!("f{n}")),
        code: format!("{n:02}"),
        label: format!("常住人口（第{n}栏）"),
        path: vec!["一、人口".to_owned(), "其中：\"女\"".to_owned()],
        column: "本年/上年".to_owned(),
        unit: "万人".to_owned(),
        dtype: DataType::Decimal,
        decimals: Some(2),
        note: "含外来人口\n不含户籍外出".to_owned(),
        options: vec![],
        classified: false,
        not_personal_because: String::new(),
    };
    let template = FormTemplate {
        id: FormId::from_stored(id),
        organisation: OrganisationId::from_stored("agriculture"),
        title: format!("{id} 年报"),
        department: "农业农村厅".to_owned(),
        authority: "国家统计局".to_owned(),
        number: "农基1表".to_owned(),
        approval: "国统制〔2026〕1号".to_owned(),
        valid_until: "2027年8月".to_owned(),
        level: Level::Village,
        frequency: Frequency::Annual,
        year: 2026,
        due_days_after: Some(20),
        fields: (0..n_fields).map(field).collect(),
        rules: vec!["03=07+08".to_owned()],
    };
    let field_keys = template.field_keys(version, None);
    let fields = field_keys.iter().map(|key| CataloguedField::new(key.clone(), meaning(&key.field))).collect();
    let template = RegisteredTemplate { template, version, field_keys, registered_at: instant(i64::from(version)) };
    StoredForm { template, fields, vocabulary: "digest of the vocabulary".to_owned() }
}

fn meaning(field: &FieldId) -> Meaning {
    Meaning {
        facets: Facets {
            measure: Some("人口".to_owned()),
            population: ["常住".to_owned()].into(),
            time_basis: Some(TimeBasis::Stock),
            ..Facets::default()
        },
        residue: vec![field.to_string()],
        key: format!("人口|常住|{field}"),
        offset_years: -1,
        sums_over_units: true,
        is_certain: false,
        evidence: vec![FacetEvidence {
            facet: "measure".to_owned(),
            value: "人口".to_owned(),
            words: "人口".to_owned(),
            source: "label".to_owned(),
        }],
    }
}

/// Whether two stored forms are the same in all parts.
pub fn same_form(a: &StoredForm, b: &StoredForm) -> bool {
    a.template == b.template && a.fields == b.fields && a.vocabulary == b.vocabulary
}
