//! Uses of changed APIs in words: what they are, and what to do about them.

use crate::diagnostic::enumerated;
use crate::knowledge::{ChangeKind, NoReplacement};

use super::super::usage::Use;
use super::{Installed, Kind};

/// Names told in full; of more, the number.
const TOLD: usize = 4;

/// What is used, each once, and the verb that goes with it: "`css=` and `theme=` of gradio.Blocks", `plural`.
pub(in crate::rules::api) fn all_in_words(
    uses: &[Use],
    singular: &'static str,
    plural: &'static str,
) -> (String, &'static str) {
    let arguments = uses.iter().all(|one| one.change.kind == ChangeKind::Parameter && one.change.passed.is_none());
    let symbol = uses.first().map_or("", |one| &one.symbol);
    let all: Vec<String> = if arguments && uses.iter().all(|one| one.symbol == symbol) {
        uses.iter().filter_map(|one| Some(format!("`{}=`", one.change.parameter.as_ref()?))).collect()
    } else {
        uses.iter().map(Use::in_words).collect()
    };
    let all = each_once(all);
    let verb = if all.len() == 1 { singular } else { plural };
    let listed = listed(&all);
    (if arguments { format!("{listed} of {symbol}") } else { listed }, verb)
}

/// What is used, one by one, each once.
pub(super) fn each_in_words(uses: &[Use]) -> Vec<String> {
    each_once(uses.iter().map(Use::in_words).collect())
}

/// What to write instead of uses, as an advice: "use `b`, from c"; empty where there is nothing.
pub(super) fn advice(uses: &[Use]) -> String {
    let new = replacements(uses);
    let same =
        uses.iter().all(|one| one.change.requires == uses.first().and_then(|first| first.change.requires.clone()));
    let package = uses.first().and_then(|one| one.change.requires.as_ref()).filter(|_| same);
    match package {
        _ if new.is_empty() => String::new(),
        Some(package) => format!("use {new}, from {package}"),
        None => format!("use {new}"),
    }
}

/// What to write instead, of all uses, each once; and for which of them, where that would not be clear.
pub(super) fn replacements(uses: &[Use]) -> String {
    let replaced = || uses.iter().filter_map(|one| Some((one, one.change.use_instead()?)));
    let all = each_once(replaced().map(|(_, new)| new.to_owned()).collect());
    if all.len() < 2 || !all.iter().any(|new| new.contains(" or ")) {
        return listed(&all);
    }
    listed(&each_once(replaced().map(|(one, new)| format!("{new} for `{}`", old_name(one))).collect()))
}

/// The name that changed, as short as it can be told.
fn old_name(one: &Use) -> String {
    match (&one.change.parameter, one.change.kind) {
        (Some(parameter), ChangeKind::Parameter) => format!("{parameter}="),
        _ => one.symbol.rsplit('.').next().unwrap_or_default().to_owned(),
    }
}

/// What is said of a use that nothing stands in for.
fn without_replacement(one: &Use) -> Option<String> {
    let old = old_name(one);
    Some(match one.change.no_replacement()? {
        NoReplacement::Needless(why) => format!("leave `{old}` out: {why}"),
        NoReplacement::Missing(Some(why)) => format!("nothing replaces `{old}` yet: {why}"),
        NoReplacement::Missing(None) if one.change.parameter.is_some() => format!("leave `{old}` out"),
        NoReplacement::Missing(None) => format!("nothing replaces `{old}`"),
    })
}

/// What to do, and what the log says.
pub(super) fn help(uses: &[Use], installed: &Installed<'_>, kind: Kind) -> String {
    let Some(one) = uses.first() else { return String::new() };
    let change = one.change;
    let mut help: Vec<String> = change.help.clone().into_iter().collect();
    let fits = change.works.as_ref().is_none_or(|works| installed.next_within(works));
    let new = replacements(uses);
    if !new.is_empty() {
        let same = uses.iter().all(|one| one.change.requires == change.requires);
        let package = change.requires.as_ref().filter(|_| same);
        let package = package.map_or_else(String::new, |package| format!(", from {package}"));
        help.push(if fits {
            format!("use {new}{package}")
        } else {
            let works = change.works.as_ref().map_or_else(String::new, |works| format!(" (it needs {works})"));
            format!("use {new}{package}{works}, or another version of the package")
        });
    }
    help.extend(each_once(uses.iter().filter_map(without_replacement).collect()));
    match kind {
        Kind::Failure => help.extend(change.failure(&one.symbol, one.imported).map(|line| format!("it says: {line}"))),
        Kind::Deprecation => {
            help.extend(change.warning(&one.symbol).map(|line| format!("it says: {line}")));
            let later = change.breaks.as_ref().zip(change.failure(&one.symbol, one.imported));
            help.extend(later.map(|(breaks, line)| format!("with {breaks} it fails: {line}")));
        }
    }
    // A line of a log that ends in a full stop goes on here.
    let advice: Vec<&str> = help.iter().map(|part| part.trim_end_matches('.')).collect();
    let advice = (!advice.is_empty()).then(|| advice.join("; "));
    let advice = match installed.because() {
        Some(because) => Some(format!("{} ({because})", advice.as_deref().unwrap_or("choose an older Python"))),
        None => advice,
    };
    let notes = each_once(uses.iter().filter_map(|one| one.change.note.clone()).collect());
    advice.into_iter().chain(notes).collect::<Vec<_>>().join(". ")
}

fn each_once(all: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// "a", "a and b", "a, b and c", "a, b, c, d and 3 more".
fn listed(all: &[String]) -> String {
    match all.get(..TOLD) {
        Some(first) if all.len() > TOLD => format!("{} and {} more", first.join(", "), all.len() - TOLD),
        _ => enumerated(all),
    }
}
