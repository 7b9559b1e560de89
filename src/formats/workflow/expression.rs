//! GitHub's `${{ … }}`: where they stand in a text, and what is plainly wrong in one.

use super::{Job, Step};
use crate::diagnostic::Span;

/// What an expression may begin with: <https://docs.github.com/en/actions/reference/workflows-and-actions/contexts>.
const CONTEXTS: &[&str] = &[
    "github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix", "needs", "inputs",
    "true", "false", "null", "nan", "infinity",
];

/// What an expression may call.
const FUNCTIONS: &[&str] = &[
    "contains",
    "startswith",
    "endswith",
    "format",
    "join",
    "tojson",
    "fromjson",
    "hashfiles",
    "success",
    "always",
    "cancelled",
    "failure",
    "case",
];

/// Whether the `if` of a job or a step is plainly never true.
fn is_never(condition: &str) -> bool {
    let text = condition.trim();
    let inner = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")).unwrap_or(text).trim();
    inner == "false" || (inner.starts_with("false &&") && !inner.contains("||"))
}

impl Job {
    /// Whether its condition is plainly never true.
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        self.condition.as_ref().is_some_and(|condition| is_never(&condition.value))
    }
}

impl Step {
    /// Whether its condition is plainly never true.
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        self.condition.as_ref().is_some_and(|condition| is_never(&condition.value))
    }
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionFault {
    /// `${{` without its `}}`.
    Open,
    /// Nothing between the braces.
    Empty,
    /// A name that is no context and no function.
    UnknownName(String),
    /// A text without quotes that nobody would give as a name: most likely a secret itself, which must not be shown.
    BareValue,
    /// A text in double quotes, which expressions do not know.
    DoubleQuotes,
}

/// The faults of all expressions in `text`, with their places in it.
#[must_use]
pub fn expression_faults(text: &str) -> Vec<(Span, ExpressionFault)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("${{")).map(|at| from + at) {
        let body_start = start + 3;
        let Some(end) = closing(text, body_start) else {
            let line = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| start + at);
            found.push((Span::new(start, line), ExpressionFault::Open));
            break;
        };
        let body = Span::new(body_start, end);
        if body.of(text).trim().is_empty() {
            found.push((Span::new(start, end + 2), ExpressionFault::Empty));
        } else {
            found.extend(body_fault(body.of(text)).map(|(span, fault)| (span.shifted(body_start), fault)));
        }
        from = end + 2;
    }
    found
}

/// The contexts that the expressions of `text` read, each with its place. The text of an `if` is an expression as a whole
/// where it holds none in braces.
#[must_use]
pub fn contexts_in(text: &str, is_condition: bool) -> Vec<(Span, String)> {
    let mut bodies = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("${{")).map(|at| from + at + 3) {
        let Some(end) = closing(text, start) else { break };
        bodies.push(Span::new(start, end));
        from = end;
    }
    if bodies.is_empty() && is_condition {
        bodies.push(Span::new(0, text.len()));
    }
    let names = |body: Span| {
        names(body.of(text)).into_iter().map(move |(at, name, called)| (at.shifted(body.start), name, called))
    };
    bodies
        .into_iter()
        .flat_map(names)
        .filter(|(_, _, called)| !called)
        .map(|(at, name, _)| (at, name.to_ascii_lowercase()))
        .filter(|(_, name)| CONTEXTS.contains(&name.as_str()))
        .collect()
}

/// The names in an expression that are no members of something, and whether each is called.
fn names(body: &str) -> Vec<(Span, &str, bool)> {
    let mut found = Vec::new();
    let mut rest = body.char_indices().peekable();
    let mut before = ' ';
    while let Some((start, character)) = rest.next() {
        if character == '\'' {
            while rest.next_if(|(_, c)| *c != '\'').is_some() {}
            rest.next();
        } else if character.is_ascii_digit() {
            while rest.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '.').is_some() {}
        } else if character.is_alphabetic() || character == '_' {
            let mut end = start + character.len_utf8();
            while let Some((at, c)) = rest.next_if(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                end = at + c.len_utf8();
            }
            let called = body.get(end..).is_some_and(|rest| rest.trim_start().starts_with('('));
            if before != '.' {
                found.push((Span::new(start, end), Span::new(start, end).of(body), called));
            }
        }
        before = if character.is_whitespace() { before } else { character };
    }
    found
}

/// The place of the `}}` that ends an expression; braces inside `'…'` are text.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut quoted = false;
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes.get(at)? {
            b'\'' => quoted = !quoted,
            b'}' if !quoted && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn body_fault(body: &str) -> Option<(Span, ExpressionFault)> {
    let mut rest = body.char_indices().peekable();
    let mut before = ' ';
    while let Some((start, character)) = rest.next() {
        match character {
            '\'' => while rest.next_if(|(_, c)| *c != '\'').is_some() {},
            '"' => return Some((Span::at(start), ExpressionFault::DoubleQuotes)),
            c if c.is_ascii_digit() => while rest.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '.').is_some() {},
            c if c.is_alphabetic() || c == '_' => {
                let mut end = start + c.len_utf8();
                while let Some((at, c)) = rest.next_if(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                    end = at + c.len_utf8();
                }
                let name = body.get(start..end)?;
                let lower = name.to_ascii_lowercase();
                let called = body.get(end..)?.trim_start().starts_with('(');
                let known = if called { FUNCTIONS } else { CONTEXTS };
                if before != '.' && !known.contains(&lower.as_str()) {
                    let fault = match is_value(name) {
                        true => ExpressionFault::BareValue,
                        false => ExpressionFault::UnknownName(name.to_owned()),
                    };
                    return Some((Span::new(start, end), fault));
                }
            }
            _ => {}
        }
        if character == '\'' {
            rest.next();
        }
        before = if character.is_whitespace() { before } else { character };
    }
    None
}

/// Whether a text is too long and too mixed to be a name, as tokens are.
fn is_value(text: &str) -> bool {
    text.split(['_', '-']).any(|part| {
        let has = |test: fn(&u8) -> bool| part.as_bytes().iter().any(test);
        part.len() >= 16
            && [has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase), has(u8::is_ascii_digit)]
                .iter()
                .filter(|found| **found)
                .count()
                >= 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_are_never_true() {
        for (condition, never) in [
            ("false", true),
            ("${{ false }}", true),
            ("false && github.ref == 'x'", true),
            ("false && a || b", false),
            ("${{ false }} && true", false),
            ("github.event_name == 'push'", false),
        ] {
            assert_eq!(is_never(condition), never, "{condition}");
        }
    }

    #[test]
    fn contexts_are_found() {
        let text =
            "a secrets.X ${{ secrets.A || inputs.secrets.B }} ${{ 'secrets.C' }} ${{ a && fromJSON(env.D).github }}";
        let names = |text: &str, bare| contexts_in(text, bare).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names(text, true), ["secrets", "inputs", "env"]);
        assert_eq!(contexts_in(text, false)[0].0, Span::new(16, 23));
        assert_eq!(names("success() && env.X == 'it''s secrets' && Matrix.os", true), ["env", "matrix"]);
        assert!(names("env.X", false).is_empty());
    }

    #[test]
    fn faults_are_found_and_right_ones_are_not() {
        for text in [
            "${{ secrets.HF_TOKEN }}",
            "a ${{ github.event['x y'].foo-bar }} b ${{ matrix.os == 'it''s }} here' }}",
            "${{ !cancelled() && (steps.a.outputs.b || fromJSON('[1, 2]')[0]) }}",
            "${{ contains(github.event.pull_request.labels.*.name, 'x') && 1e3 >= 0xff }}",
            "${{ env.A }}${{ ENV.B }} $HOME {{ other }}",
            "${{ needs.build.outputs.tag }}\n${{ format('{0}', 'é') }}",
        ] {
            assert_eq!(expression_faults(text), [], "{text}");
        }
        for (text, at, fault) in [
            ("x ${{ hf_token }}", "hf_token", ExpressionFault::UnknownName("hf_token".into())),
            ("${{ hf_aB3dE5fG7hJ9kL1mN2p }}", "hf_aB3dE5fG7hJ9kL1mN2p", ExpressionFault::BareValue),
            (
                "${{ my_hugging_face_write_token }}",
                "my_hugging_face_write_token",
                ExpressionFault::UnknownName("my_hugging_face_write_token".into()),
            ),
            ("${{ upper(github.ref) }}", "upper", ExpressionFault::UnknownName("upper".into())),
            ("${{ github.ref\nnext", "${{ github.ref", ExpressionFault::Open),
            ("${{ }}", "${{ }}", ExpressionFault::Empty),
            ("${{ github.ref == \"x\" }}", "", ExpressionFault::DoubleQuotes),
        ] {
            let found = expression_faults(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!((found[0].0.of(text), &found[0].1), (at, &fault), "{text}");
        }
    }
}
