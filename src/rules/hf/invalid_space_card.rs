//! HF001 invalid-space-card: a Space card that the Hub can't read, refuses, or takes otherwise than it was meant.

use std::collections::BTreeMap;

use crate::deployment::space::{self, BrokenCard, Card};
use crate::deployment::{Deployment, Project};
use crate::diagnostic::{Fix, Location, RuleId, Severity, Span};
use crate::formats::yaml::Node;
use crate::knowledge::space_card;
use crate::rules::nearest::{nearest, same_but_spelling};
use crate::rules::{Reporter, Rule};

use super::card_values::{faults, sdk_name};

/// HF001 invalid-space-card.
pub struct InvalidSpaceCard;

impl Rule for InvalidSpaceCard {
    fn id(&self) -> RuleId {
        RuleId { code: "HF001", name: "invalid-space-card" }
    }

    fn check(&self, project: &Project<'_>, report: &mut Reporter) {
        for broken in space::broken_cards(project.documents()) {
            report_broken(&broken, report);
        }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Some(card) = super::card_of(deployment) else { return };
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for (key, value) in card.node().entries() {
            let Some(name) = key.scalar_text() else { continue };
            if let Some(earlier) = first.get(name) {
                report
                    .warning(Location::new(card.readme(), key.span), format!("`{name}` stands in the card twice"))
                    .label(Location::new(card.readme(), *earlier), "first here")
                    .help("delete one of them: some readers refuse the card, others take the last");
                continue;
            }
            first.insert(name, key.span);
            check_entry(&card, name, key, value, report);
        }
        check_sdk(&card, report);
        check_oauth(deployment, &card, report);
    }
}

fn report_broken(broken: &BrokenCard, report: &mut Reporter) {
    match broken {
        BrokenCard::Unterminated { opening, end } => {
            let finding = report.error(opening.clone(), "the card is never closed, so the Hub reads none of it");
            finding.help("close it with a line `---` after its last key");
            if let Some((offset, text)) = end {
                let fix = Fix::unsafe_("Close the card after its last key");
                finding.fix(fix.insert(&opening.path, *offset, text.clone()));
            }
        }
        BrokenCard::Invalid { at, reason } => {
            report
                .error(at.clone(), format!("the card is not valid YAML: {reason}"))
                .help("text that holds `: `, ` #` or begins with a sign such as `@` or `*` needs quotes");
        }
        BrokenCard::Misplaced { at, why } => {
            report
                .error(at.clone(), format!("the Hub does not read this card: {why}"))
                .help("the first line of README.md must be `---` and nothing else");
        }
    }
}

fn check_entry(card: &Card<'_>, name: &str, key: &Node, value: &Node, report: &mut Reporter) {
    let Some(known) = space_card().key(name) else { return check_unknown(card, name, key, report) };
    let other_sdk =
        sdk_name(card.sdk()).filter(|sdk| !known.sdks.is_empty() && !known.sdks.iter().any(|one| one == sdk));
    // What means nothing needs no form, unless the Hub refuses it all the same.
    let counts = |severity: Severity| other_sdk.is_none() || severity == Severity::Error;
    for fault in faults(name, known, value).into_iter().filter(|fault| counts(fault.severity)) {
        let at = Location::new(card.readme(), fault.span);
        let finding = report.report(fault.severity, at, fault.message);
        finding.help(fault.help);
        if let Some((text, certain)) = fault.replacement {
            let message = format!("Write `{text}`");
            let fix = if certain { Fix::safe(message) } else { Fix::unsafe_(message) };
            // `"true"` is to be no text any more; what stays text keeps its quotes.
            let stays_text = value.span == fault.span && !matches!(text.as_str(), "true" | "false");
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            let text = if stays_text && !is_number { value.in_same_quotes(&text) } else { text };
            finding.fix(fix.replace(card.readme(), fault.span, text));
        }
    }
    let at = Location::new(card.readme(), key.span);
    if let Some(why) = &known.ignored {
        report.advice(at, format!("`{name}` does nothing: {why}")).help("delete the line");
    } else if let Some(sdk) = other_sdk.filter(|_| !value.is_null()) {
        // A port that is never asked is a belief about the deployment that is wrong; the rest is left over.
        let severity = if name == "app_port" { Severity::Warning } else { Severity::Advice };
        report
            .report(severity, at, format!("`{name}` means nothing to a Space with `sdk: {sdk}`"))
            .help(format!("delete the line, or choose another sdk: `{name}` is for {}", known.sdks.join(" and ")));
    }
}

fn check_unknown(card: &Card<'_>, name: &str, key: &Node, report: &mut Reporter) {
    let table = space_card();
    if table.tolerates(name) {
        return;
    }
    let at = Location::new(card.readme(), key.span);
    if let Some(mistaken) = table.mistaken(name) {
        let severity = if mistaken.harmless { Severity::Advice } else { Severity::Warning };
        let finding = report.report(severity, at, format!("`{name}` is not a key of a Space's card and does nothing"));
        finding.help(mistaken.why.as_str());
        if let Some(right) = mistaken.key.as_deref().filter(|right| card.node().get(right).is_none()) {
            let fix = Fix::unsafe_(format!("Write `{right}`"));
            finding.fix(fix.replace(card.readme(), key.span, key.in_same_quotes(right)));
        }
        return;
    }
    let known = table.keys().map(|(key, _)| key).filter(|key| card.node().get(key).is_none());
    let Some(meant) = nearest(name, known) else {
        report
            .advice(at, format!("`{name}` is not a key of a Space's card and does nothing"))
            .help("delete the line, unless a tool of yours reads it");
        return;
    };
    let required = table.key(meant).is_some_and(|key| key.required);
    let severity = if required { Severity::Error } else { Severity::Warning };
    let message = format!("Write `{meant}`");
    let fix = if same_but_spelling(name, meant) { Fix::safe(message) } else { Fix::unsafe_(message) };
    report
        .report(severity, at, format!("`{name}` is not a key of a Space's card and does nothing"))
        .help(format!("did you mean `{meant}`?"))
        .fix(fix.replace(card.readme(), key.span, key.in_same_quotes(meant)));
}

/// Without an SDK the Hub has nothing to build. A misspelt one is reported where it stands.
fn check_sdk(card: &Card<'_>, report: &mut Reporter) {
    let written = card.node().get("sdk").filter(|value| !value.is_null());
    let misspelt = card.node().entries().iter().filter_map(|(key, _)| key.scalar_text());
    if written.is_some() || misspelt.into_iter().any(|name| nearest(name, ["sdk"]).is_some() && name != "sdk") {
        return;
    }
    let at = card.node().entry("sdk").map_or(Span::at(card.node().span.start), |(key, _)| key.span);
    report
        .error(Location::new(card.readme(), at), "the card names no `sdk`, so the Hub can't build the Space")
        .help("add `sdk: gradio`, `sdk: docker` or `sdk: static`");
}

fn check_oauth(deployment: &Deployment<'_>, card: &Card<'_>, report: &mut Reporter) {
    if card.node().get("hf_oauth").is_some() {
        return;
    }
    for name in ["hf_oauth_scopes", "hf_oauth_expiration_minutes", "hf_oauth_authorized_org"] {
        let Some((key, _)) = card.node().entry(name) else { continue };
        let newline = deployment.documents().repository().source(card.readme()).map_or("\n", |source| source.newline());
        report
            .warning(
                Location::new(card.readme(), key.span),
                format!("`{name}` has no effect without `hf_oauth: true`, so visitors can't sign in"),
            )
            .help("add `hf_oauth: true`")
            .fix(Fix::unsafe_("Add `hf_oauth: true`").insert(
                card.readme(),
                key.span.start,
                format!("hf_oauth: true{newline}"),
            ));
        return;
    }
}
