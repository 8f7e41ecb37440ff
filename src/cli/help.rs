//! Help in the reader's language. The English texts are the doc comments of commands and arguments; `schemas/messages/zh/help.toml` has the
//! Chinese ones by them, so that an argument that several commands share is translated once.

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};

use crate::domain::message::Language;

type Texts = HashMap<String, String>;

/// A folder of words that cannot be read is a fault of the build; the test sees it first, and English is better than nothing.
static ZH: LazyLock<Texts> = LazyLock::new(|| toml::from_str(include_str!("../../schemas/messages/zh/help.toml")).unwrap_or_default());

/// Layout of a command's help; the headings that clap would put in are the translated ones.
const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}";

/// The language that the command line or the environment asks for, before anything is parsed.
pub(super) fn language(mut arguments: impl Iterator<Item = OsString>, environment: Option<OsString>) -> Language {
    let mut asked = environment;
    while let Some(argument) = arguments.next() {
        if argument == "--language" {
            asked = arguments.next();
        } else if let Some(value) = argument.to_str().and_then(|a| a.strip_prefix("--language=")) {
            asked = Some(value.into());
        }
    }
    if asked.is_some_and(|a| a == "en") { Language::En } else { Language::Zh }
}

/// The command with its help in a language.
pub(super) fn in_language(command: Command, language: Language) -> Command {
    match language {
        Language::En => command,
        Language::Zh => chinese(command),
    }
}

fn zh(english: &str) -> String {
    ZH.get(english.trim()).cloned().unwrap_or_else(|| english.to_owned())
}

fn chinese(command: Command) -> Command {
    let about = command.get_about().map(|text| zh(&text.to_string()));
    let long_about = command.get_long_about().map(|text| zh(&text.to_string()));
    let is_top = command.get_version().is_some();
    let has_subcommands = command.has_subcommands();
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .mut_args(argument)
        .mut_subcommands(chinese);
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(long_about) = long_about {
        command = command.long_about(long_about);
    }
    if has_subcommands {
        command = command.subcommand_value_name("命令");
    }
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项");
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本").help_heading("选项");
    let command = command.arg(help);
    if is_top { command.arg(version) } else { command }
}

fn argument(argument: Arg) -> Arg {
    let heading = match argument.get_help_heading() {
        Some(heading) => zh(heading),
        None if argument.is_positional() => "参数".to_owned(),
        None => "选项".to_owned(),
    };
    let help = argument.get_help().map(|text| zh(&text.to_string()));
    let long_help = argument.get_long_help().map(|text| zh(&text.to_string()));
    let values: Vec<PossibleValue> = if argument.is_hide_possible_values_set() || !argument.get_action().takes_values() {
        Vec::new()
    } else {
        argument.get_possible_values()
    };
    // Where a heading is as long as the program it is kept for good: there are a few of them.
    let argument = argument.help_heading(Some(&*heading.leak()));
    let Some(help) = long_help.or(help) else { return argument };
    if values.is_empty() {
        return argument.help(help);
    }
    let of_value = |value: &PossibleValue| match value.get_help() {
        Some(text) => format!("{}（{}）", value.get_name(), zh(&text.to_string())),
        None => value.get_name().to_owned(),
    };
    let list: Vec<String> = values.iter().filter(|v| !v.is_hide_set()).map(of_value).collect();
    argument.help(format!("{help}；可取：{}", list.join("、"))).hide_possible_values(true)
}

/// Every English text of a command and what is below it.
#[cfg(test)]
fn texts(command: &Command, found: &mut std::collections::BTreeSet<String>) {
    let mut put = |text: String| _ = found.insert(text.trim().to_owned());
    command.get_about().into_iter().chain(command.get_long_about()).for_each(|t| put(t.to_string()));
    for argument in command.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str())) {
        argument.get_help().into_iter().chain(argument.get_long_help()).for_each(|t| put(t.to_string()));
        argument.get_help_heading().into_iter().for_each(|t| put(t.to_owned()));
        argument.get_possible_values().iter().filter_map(PossibleValue::get_help).for_each(|t| put(t.to_string()));
    }
    command.get_subcommands().filter(|c| c.get_name() != "help").for_each(|c| texts(c, found));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn command() -> Command {
        <super::super::Cli as clap::CommandFactory>::command()
    }

    #[test]
    fn every_help_text_exists_in_chinese_and_none_is_left_over() {
        let known: Texts = toml::from_str(include_str!("../../schemas/messages/zh/help.toml")).expect("a table of texts");
        let mut used = BTreeSet::new();
        texts(&command(), &mut used);
        let missing: Vec<&String> = used.iter().filter(|t| !known.contains_key(*t)).collect();
        assert!(
            missing.is_empty(),
            "no Chinese for {} texts:\n{}",
            missing.len(),
            toml::to_string(&missing.iter().map(|t| (t.as_str(), "")).collect::<HashMap<_, _>>()).expect("writes")
        );
        let idle: Vec<&String> = known.keys().filter(|t| !used.contains(*t)).collect();
        assert!(idle.is_empty(), "nobody uses {idle:#?}");
    }

    #[test]
    fn help_is_chinese_unless_english_is_asked_for() {
        let of = |arguments: &[&str], environment: Option<&str>| language(arguments.iter().map(Into::into), environment.map(Into::into));
        assert_eq!(of(&["baoyici", "--help"], None), Language::Zh);
        assert_eq!(of(&["baoyici", "queue", "--language", "en", "--help"], None), Language::En);
        assert_eq!(of(&["baoyici", "queue", "--language=zh"], Some("en")), Language::Zh);
        assert_eq!(of(&["baoyici"], Some("en")), Language::En);
        let mut chinese = in_language(command(), Language::Zh);
        chinese.clone().debug_assert();
        let text = chinese.render_help().to_string();
        assert!(text.contains("用法：") && text.contains("命令:") && !text.contains("Usage"), "{text}");
        assert!(in_language(command(), Language::En).render_help().to_string().contains("Usage:"));
    }
}
