//! HF002 short-description-too-long: the Hub refuses a push whose card has too long a `short_description`.

use crate::deployment::Deployment;
use crate::diagnostic::{Fix, Location, RuleId};
use crate::knowledge::space_card;
use crate::rules::{Reporter, Rule};

/// HF002 short-description-too-long.
pub struct ShortDescriptionTooLong;

impl Rule for ShortDescriptionTooLong {
    fn id(&self) -> RuleId {
        RuleId { code: "HF002", name: "short-description-too-long" }
    }

    fn check_deployment(&self, deployment: &Deployment<'_>, report: &mut Reporter) {
        let Some(card) = super::card_of(deployment) else { return };
        let Some(node) = card.node().get("short_description") else { return };
        let Some(text) = node.as_str().map(str::trim_end) else { return };
        let limit = space_card().limits.short_description;
        let length = text.chars().count();
        if length <= limit {
            return;
        }
        let shorter = shortened(text, limit);
        let message =
            format!("`short_description` has {length} characters, and the Hub refuses a push with more than {limit}");
        report
            .error(Location::new(card.readme(), node.span), message)
            .remark(format!("{} too many", length - limit))
            .help(format!("shorten it to {limit} characters or fewer, for example: {shorter}"))
            .fix(Fix::display(format!("Shorten it to `{shorter}`")).replace(
                card.readme(),
                node.span,
                format!("\"{}\"", shorter.replace('\\', "\\\\").replace('"', "\\\"")),
            ));
    }
}

/// The words of `text` that fit into `limit` characters: whole sentences and clauses where one is long enough.
fn shortened(text: &str, limit: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let head: String = line.chars().take(limit).collect();
    if head.len() == line.len() {
        return head;
    }
    let next = line.chars().nth(limit);
    let whole_words = match next {
        Some(' ') | None => head.as_str(),
        // A script without spaces between words can be cut anywhere.
        Some(_) => head.rsplit_once(' ').map_or(head.as_str(), |(words, _)| words),
    };
    // A stop within "3.3" or "app.py" ends no clause.
    let ends_a_clause = |(at, mark): &(usize, char)| {
        let rest = line.get(at + mark.len_utf8()..).unwrap_or_default();
        matches!(mark, '.' | ';' | '—' | '–' | '|') && rest.starts_with(char::is_whitespace)
    };
    let clause = whole_words.char_indices().rev().find(ends_a_clause).map(|(at, _)| at);
    let clause = clause.filter(|at| whole_words[..*at].chars().count() * 2 > limit);
    let kept = clause.map_or(whole_words, |at| &whole_words[..at]);
    let mut kept = trim_end(kept);
    // A text does not end in "and" or "with the".
    while let Some((rest, last)) = kept.rsplit_once(' ') {
        if !DANGLING.contains(&last.to_lowercase().as_str()) {
            break;
        }
        kept = trim_end(rest);
    }
    kept.to_owned()
}

const DANGLING: &[&str] = &[
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "using", "via",
    "with", "&", "+", "-",
];

fn trim_end(text: &str) -> &str {
    text.trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '|', '.', '、', '，', '。'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_texts_fit_and_read_well() {
        for (text, short) in [
            (
                "Finds what breaks a deployment before it does, with the evidence and a fix",
                "Finds what breaks a deployment before it does",
            ),
            (
                "An agent that reads code and writes tests for it, and runs the tests too",
                "An agent that reads code and writes tests for it, and runs",
            ),
            (
                "Self-healing code agent. It reads, runs and repairs whole programs for you",
                "Self-healing code agent. It reads, runs and repairs whole",
            ),
            (
                "A board of three agents that runs on the big model Llama 3.3 of 70B and more",
                "A board of three agents that runs on the big model Llama 3.3",
            ),
            (
                "短い説明は六十文字までしか書けませんが、これはそれよりずっと長い文章なので、ハブはプッシュを断ってしまいます、本当に困ったことに、直しましょう",
                "短い説明は六十文字までしか書けませんが、これはそれよりずっと長い文章なので、ハブはプッシュを断ってしまいます、本当に困っ",
            ),
        ] {
            assert_eq!(shortened(text, 60), short);
            assert!(short.chars().count() <= 60);
        }
    }
}
