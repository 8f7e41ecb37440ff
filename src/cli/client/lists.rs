//! `templates`, `units` and `organisations`: what is registered.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::cli::client::answer::{Answer, Format, finish};
use crate::cli::client::connection::ServerArgs;
use crate::cli::client::failure::Failure;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::json::to_json;
use crate::cli::client::words::{frequency, full_label, level, organisation_kind};
use crate::domain::message::Language;
use crate::pb;

/// List registered form templates, or show one
#[derive(clap::Args, Debug)]
pub struct TemplatesArgs {
    #[command(subcommand)]
    what: TemplatesWhat,
}

#[derive(clap::Subcommand, Debug)]
enum TemplatesWhat {
    /// The newest version of each form that the caller may see
    List(ListArgs),
    /// One form with its fields
    Show(ShowArgs),
}

/// List reporting units
#[derive(clap::Args, Debug)]
pub struct UnitsArgs {
    #[command(subcommand)]
    what: UnitsWhat,
}

#[derive(clap::Subcommand, Debug)]
enum UnitsWhat {
    /// Units as they stand on a day, by code
    List(UnitListArgs),
}

/// List organisations
#[derive(clap::Args, Debug)]
pub struct OrganisationsArgs {
    #[command(subcommand)]
    what: OrganisationsWhat,
}

#[derive(clap::Subcommand, Debug)]
enum OrganisationsWhat {
    /// Organisations by id
    List(ListArgs),
}

#[derive(clap::Args, Debug)]
struct ListArgs {
    /// How many are listed; 0 for all
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    limit: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct ShowArgs {
    /// Form id
    #[arg(value_name = "FORM")]
    form: String,
    /// Version of the form [default: the newest]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    version: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(clap::Args, Debug)]
struct UnitListArgs {
    /// Only units below this one, itself included
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    within: String,
    /// Only units of this level
    #[arg(long, value_enum)]
    level: Option<LevelArg>,
    /// The day [default: today]
    #[arg(long, value_name = "DATE", default_value = "", hide_default_value = true)]
    as_of: String,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LevelArg {
    Household,
    Village,
    Township,
    County,
    City,
    Province,
}

impl LevelArg {
    fn to_pb(self) -> pb::Level {
        match self {
            Self::Household => pb::Level::Household,
            Self::Village => pb::Level::Village,
            Self::Township => pb::Level::Township,
            Self::County => pb::Level::County,
            Self::City => pb::Level::City,
            Self::Province => pb::Level::Province,
        }
    }
}

/// Runs `templates`.
pub async fn run_templates(args: TemplatesArgs) -> anyhow::Result<ExitCode> {
    Ok(match args.what {
        TemplatesWhat::List(args) => finish(args.server.language, list_templates(&args).await),
        TemplatesWhat::Show(args) => finish(args.server.language, show_template(&args).await),
    })
}

/// Runs `units`.
pub async fn run_units(args: UnitsArgs) -> anyhow::Result<ExitCode> {
    let UnitsWhat::List(args) = args.what;
    Ok(finish(args.list.server.language, list_units(&args).await))
}

/// Runs `organisations`.
pub async fn run_organisations(args: OrganisationsArgs) -> anyhow::Result<ExitCode> {
    let OrganisationsWhat::List(args) = args.what;
    Ok(finish(args.server.language, list_organisations(&args).await))
}

async fn list_templates(args: &ListArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.template_list(args.limit).await?;
    let mut grid = Grid::new(&[
        ("form_id", "表单标识", "form"),
        ("version", "版本", "version"),
        ("organisation", "单位", "organisation"),
        ("number", "表号", "number"),
        ("level", "层级", "level"),
        ("frequency", "频率", "frequency"),
        ("year", "年份", "year"),
        ("valid_until", "有效期至", "valid until"),
        ("fields", "指标数", "fields"),
        ("title", "表名", "title"),
    ]);
    for form in &answer.templates {
        grid.push(vec![
            text(form.form_id.clone()),
            number(form.version),
            text(form.organisation.clone()),
            text(form.number.clone()),
            text(level(language, form.level)),
            text(frequency(language, form.frequency)),
            number(form.year),
            text(form.valid_until.clone()),
            number(form.fields),
            text(form.title.clone()),
        ]);
    }
    let shown = Answer::of_grid(args.format, language, "", &grid, || to_json(&answer, "ListTemplatesResponse"));
    Ok(shown.with_more(language, &answer.next_cursor))
}

async fn show_template(args: &ShowArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.template(&args.form, args.version).await?;
    let form = answer.template.clone().unwrap_or_default();
    let head = template_head(language, &form, answer.version);
    let grid = template_grid(&form.fields);
    Ok(Answer::of_grid(args.format, language, &head, &grid, || to_json(&answer, "GetTemplateResponse")))
}

fn template_head(language: Language, form: &pb::FormTemplate, version: u32) -> String {
    let (level, frequency) = (level(language, form.level), frequency(language, form.frequency));
    match language {
        Language::Zh => format!(
            "《{}》 {} 第 {version} 版，{} 年\n表号 {}　制定机关 {}　批准文号 {}　有效期至 {}\n{level}，{frequency}，{} 项\n",
            form.title,
            form.form_id,
            form.year,
            form.number,
            form.authority,
            form.approval,
            form.valid_until,
            form.fields.len()
        ),
        Language::En => format!(
            "{} {}, version {version}, {}\nnumber {}, authority {}, approval {}, valid until {}\n{level}, {frequency}, {} fields\n",
            form.title,
            form.form_id,
            form.year,
            form.number,
            form.authority,
            form.approval,
            form.valid_until,
            form.fields.len()
        ),
    }
}

fn template_grid(fields: &[pb::Field]) -> Grid {
    let mut grid = Grid::new(&[
        ("field_id", "指标", "field"),
        ("code", "代码", "code"),
        ("label", "名称", "label"),
        ("unit", "单位", "unit"),
        ("options", "可选", "options"),
        ("note", "口径", "definition"),
    ]);
    for field in fields {
        grid.push(vec![
            text(field.field_id.clone()),
            text(field.code.clone()),
            text(full_label(&field.path, &field.label, &field.column)),
            text(field.unit.clone()),
            text(field.options.join(" ")),
            text(field.note.clone()),
        ]);
    }
    grid
}

async fn list_units(args: &UnitListArgs) -> Result<Answer, Failure> {
    let language = args.list.server.language;
    let level_wanted = args.level.map_or(pb::Level::Unspecified, LevelArg::to_pb);
    let request =
        pb::ListUnitsRequest { within: args.within.clone(), level: level_wanted.into(), as_of: args.as_of.clone(), ..Default::default() };
    let answer = args.list.server.connect()?.unit_list(request, args.list.limit).await?;
    let mut grid = Grid::new(&[
        ("code", "代码", "code"),
        ("name", "名称", "name"),
        ("level", "层级", "level"),
        ("parent", "上级", "parent"),
        ("valid_from", "起", "from"),
        ("valid_to", "止", "to"),
    ]);
    for unit in &answer.units {
        // Files and other commands name levels by their English words; so does the CSV that is written here.
        let in_words = if args.list.format == Format::Csv { Language::En } else { language };
        let texts = [unit.code.as_str(), &unit.name, level(in_words, unit.level), &unit.parent, &unit.valid_from, &unit.valid_to];
        grid.push(texts.into_iter().map(text).collect());
    }
    let shown = Answer::of_grid(args.list.format, language, "", &grid, || to_json(&answer, "ListUnitsResponse"));
    Ok(shown.with_more(language, &answer.next_cursor))
}

async fn list_organisations(args: &ListArgs) -> Result<Answer, Failure> {
    let language = args.server.language;
    let answer = args.server.connect()?.organisation_list(args.limit).await?;
    let mut grid = Grid::new(&[("id", "标识", "id"), ("name", "名称", "name"), ("kind", "类别", "kind"), ("parent", "上级", "parent")]);
    for organisation in &answer.organisations {
        let in_words = if args.format == Format::Csv { Language::En } else { language };
        let kind = organisation_kind(in_words, organisation.kind);
        grid.push([organisation.id.as_str(), &organisation.name, kind, &organisation.parent].into_iter().map(text).collect());
    }
    let shown = Answer::of_grid(args.format, language, "", &grid, || to_json(&answer, "ListOrganisationsResponse"));
    Ok(shown.with_more(language, &answer.next_cursor))
}
