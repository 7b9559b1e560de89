//! What is wrong with one value of a card: its type, its form, or what it says.

use regex::Regex;

use crate::deployment::Sdk;
use crate::diagnostic::{Severity, Span};
use crate::formats::yaml::{Node, Style, Value};
use crate::knowledge::{CardKey, CardType, space_card};
use crate::rules::nearest::{nearest, same_but_spelling};

/// A fault of one value.
pub(super) struct Fault {
    pub severity: Severity,
    pub span: Span,
    pub message: String,
    pub help: String,
    /// The text to write instead, and whether that is certainly what was meant.
    pub replacement: Option<(String, bool)>,
}

impl Fault {
    fn new(key: &CardKey, node: &Node, message: String, help: impl Into<String>) -> Self {
        let severity = if key.enforced && !key.open { Severity::Error } else { Severity::Warning };
        Self { severity, span: node.span, message, help: help.into(), replacement: None }
    }

    fn replaced(mut self, text: impl Into<String>, certain: bool) -> Self {
        self.replacement = Some((text.into(), certain));
        self
    }

    fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }
}

/// What is wrong with the value of the key `name`.
pub(super) fn faults(name: &str, key: &CardKey, node: &Node) -> Vec<Fault> {
    if node.is_null() {
        return Vec::new();
    }
    match key.kind {
        CardType::Boolean => boolean(name, key, node).into_iter().collect(),
        CardType::Integer => integer(name, key, node).into_iter().collect(),
        CardType::Version => version(name, key, node).into_iter().collect(),
        CardType::String | CardType::Path | CardType::Duration => text(name, key, node).into_iter().collect(),
        CardType::List => list(name, key, node),
        CardType::StringOrList => match &node.value {
            Value::Sequence(items) => items.iter().filter_map(|item| text(name, key, item)).collect(),
            _ => text(name, key, node).into_iter().collect(),
        },
        CardType::Mapping => mapping(name, key, node),
    }
}

fn wrong_type(name: &str, key: &CardKey, node: &Node) -> Fault {
    let found = match &node.value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::String(_) => "text",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
    };
    let expected = key.kind.expected();
    Fault::new(key, node, format!("`{name}` is {found} where the card holds {expected}"), format!("write {expected}"))
}

fn boolean(name: &str, key: &CardKey, node: &Node) -> Option<Fault> {
    let text = match &node.value {
        Value::Bool(_) => return None,
        Value::String(text) => text.to_ascii_lowercase(),
        _ => return Some(wrong_type(name, key, node)),
    };
    let meant = match text.as_str() {
        "true" | "false" => return None,
        "yes" | "on" | "y" => "true",
        "no" | "off" | "n" => "false",
        _ => return Some(wrong_type(name, key, node)),
    };
    let message = format!("`{name}: {text}` is text: only `true` and `false` are booleans in YAML 1.2");
    Some(Fault::new(key, node, message, format!("write `{name}: {meant}`")).replaced(meant, true))
}

fn integer(name: &str, key: &CardKey, node: &Node) -> Option<Fault> {
    let number = match &node.value {
        Value::Integer(number) => *number,
        Value::String(text) => match text.trim().parse() {
            Ok(number) => number,
            Err(_) => return Some(wrong_type(name, key, node)),
        },
        _ => return Some(wrong_type(name, key, node)),
    };
    let minimum = key.minimum.filter(|minimum| number < *minimum);
    let maximum = key.maximum.filter(|maximum| number > *maximum);
    let limit = match (minimum, maximum) {
        (Some(minimum), _) => format!("at least {minimum}"),
        (_, Some(maximum)) => format!("at most {maximum}"),
        _ => return None,
    };
    let message = format!("`{name}` is {number}, and it must be {limit}");
    Some(Fault::new(key, node, message, format!("write a number that is {limit}")))
}

/// A version: without quotes, YAML takes `3.10` for the number 3.1.
fn version(name: &str, key: &CardKey, node: &Node) -> Option<Fault> {
    let written = match &node.value {
        Value::Sequence(_) | Value::Mapping(_) | Value::Bool(_) => return Some(wrong_type(name, key, node)),
        _ => node.scalar_text()?.trim(),
    };
    if let Value::Float(number) = node.value
        && loses_its_end(written)
    {
        let message = format!("`{name}: {written}` is the number {number} in YAML, not the version {written}");
        let fault = Fault::new(key, node, message, format!("put the version in quotes: \"{written}\""));
        return Some(fault.replaced(format!("\"{written}\""), true));
    }
    pattern(name, key, node, written)
}

/// Whether a version read as a number names another release: `3.10` and 3.1 differ, `5.0` and 5 do not.
fn loses_its_end(version: &str) -> bool {
    version.split_once('.').is_some_and(|(_, minor)| {
        minor.ends_with('0')
            && !minor.trim_end_matches('0').is_empty()
            && minor.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn pattern(name: &str, key: &CardKey, node: &Node, written: &str) -> Option<Fault> {
    let (pattern, expected) = (key.pattern.as_ref()?, key.expected.as_ref()?);
    if Regex::new(pattern).ok()?.is_match(written) {
        return None;
    }
    let message = format!("`{name}` is `{}`, and it must be {expected}", shown(written));
    Some(Fault::new(key, node, message, format!("write {expected}")))
}

fn text(name: &str, key: &CardKey, node: &Node) -> Option<Fault> {
    let written = match &node.value {
        Value::String(text) => text.trim(),
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {
            let literal = node.scalar_text()?;
            if !space_card().values(key).is_empty() {
                return value(name, key, node, literal);
            }
            let mut fault = wrong_type(name, key, node).at_most(Severity::Warning);
            fault.help = "put it in quotes".to_owned();
            return Some(fault.replaced(format!("\"{literal}\""), true));
        }
        _ => return Some(wrong_type(name, key, node)),
    };
    value(name, key, node, written)
        .or_else(|| pattern(name, key, node, written))
        .or_else(|| emoji(name, key, node, written))
}

fn value(name: &str, key: &CardKey, node: &Node, written: &str) -> Option<Fault> {
    let allowed = space_card().values(key);
    if let Some(reason) = key.deprecated_values.get(written) {
        let fault = Fault::new(key, node, format!("`{name}: {written}` is deprecated"), reason.as_str());
        return Some(fault.at_most(Severity::Warning));
    }
    if allowed.is_empty() || allowed.iter().any(|value| value == written) {
        return None;
    }
    let meant = nearest(written, allowed.iter().map(String::as_str));
    let refusal = if key.enforced { ", and the Hub refuses the push" } else { "" };
    let message = format!("`{}` is not a valid `{name}`{refusal}", shown(written));
    let list = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if allowed.len() <= 25 => format!("write one of {}", allowed.join(", ")),
        None if name == "license" => {
            "write one of the Hub's licence ids, or `other` with license_name and license_link".to_owned()
        }
        None => "see the reference of the card for the values allowed".to_owned(),
    };
    let fault = Fault::new(key, node, message, list);
    Some(match meant {
        Some(meant) => fault.replaced(meant, same_but_spelling(meant, written)),
        None => fault,
    })
}

/// Letters are never emoji; anything else is given the benefit of the doubt.
fn emoji(name: &str, key: &CardKey, node: &Node, written: &str) -> Option<Fault> {
    if !key.emoji || !(written.is_empty() || written.chars().any(char::is_alphabetic)) {
        return None;
    }
    let message = format!("`{name}` is `{}`, and it must be an emoji", shown(written));
    Some(Fault::new(key, node, message, "write one emoji character, such as 🚀"))
}

fn list(name: &str, key: &CardKey, node: &Node) -> Vec<Fault> {
    let Value::Sequence(items) = &node.value else {
        let mut fault = wrong_type(name, key, node);
        if let (Value::String(text), Style::Plain) = (&node.value, node.style)
            && !text.contains([',', '\n'])
        {
            fault = fault.replaced(format!("[{text}]"), true);
        }
        return vec![fault];
    };
    let item = |item: &Node| {
        let Value::String(text) = &item.value else {
            let literal = item.scalar_text()?;
            let message = format!("`{literal}` in `{name}` is not text");
            let fault = Fault::new(key, item, message, "put it in quotes").at_most(Severity::Warning);
            return Some(fault.replaced(format!("\"{literal}\""), true));
        };
        match name {
            "models" | "datasets" => repository(name, key, item, text),
            "preload_from_hub" => preload(name, key, item, text),
            _ => value(name, key, item, text),
        }
    };
    items.iter().filter_map(item).collect()
}

/// `user/name` or `name`, as the Hub writes them.
fn is_repository_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    parts.len() <= 2 && parts.iter().all(plain)
}

fn repository(name: &str, key: &CardKey, node: &Node, text: &str) -> Option<Fault> {
    let text = text.trim();
    if is_repository_id(text) {
        return None;
    }
    let message = format!("`{}` in `{name}` is not the id of a repository on the Hub", shown(text));
    let fault = Fault::new(key, node, message, "write it as `user/name`");
    let address = ["https://huggingface.co/", "https://hf.co/"].iter().find_map(|host| text.strip_prefix(host));
    let tail = address.unwrap_or(text);
    let id = ["datasets/", "models/"].iter().find_map(|kind| tail.strip_prefix(kind)).unwrap_or(tail);
    let id = Some(id.trim_end_matches('/')).filter(|id| is_repository_id(id));
    Some(match id {
        Some(id) => fault.replaced(id, true),
        None => fault,
    })
}

/// `repository`, `repository file,file` or `repository file,file commit`.
fn preload(name: &str, key: &CardKey, node: &Node, text: &str) -> Option<Fault> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let right = match words.as_slice() {
        [repository] | [repository, _] => is_repository_id(repository),
        [repository, _, commit] => is_repository_id(repository) && commit.chars().all(|c| c.is_ascii_hexdigit()),
        _ => false,
    };
    if right {
        return None;
    }
    let message = format!("`{}` in `{name}` does not name a repository, its files and a commit", shown(text));
    Some(Fault::new(key, node, message, "write `user/name`, `user/name file1,file2` or `user/name file1,file2 commit`"))
}

fn mapping(name: &str, key: &CardKey, node: &Node) -> Vec<Fault> {
    if !node.is_mapping() {
        return vec![wrong_type(name, key, node)];
    }
    let unknown = node.entries().iter().filter_map(|(entry, _)| {
        let written = entry.scalar_text()?;
        if key.keys.iter().any(|allowed| allowed == written) {
            return None;
        }
        let message = format!("`{}` is not a key of `{name}`", shown(written));
        let fault = Fault::new(key, entry, message, format!("the keys are {}", key.keys.join(", ")));
        let meant = key.keys.iter().find(|allowed| allowed.eq_ignore_ascii_case(written));
        Some(match meant {
            Some(meant) => fault.replaced(meant.as_str(), true),
            None => fault,
        })
    });
    let capitals = node.entries().iter().filter_map(|(_, value)| {
        let written = value.as_str().filter(|text| text.chars().any(char::is_uppercase))?;
        let message =
            format!("`{}` in `{name}` has capitals, and the Hub takes such a value in lower case only", shown(written));
        let lower = written.to_lowercase();
        Some(Fault::new(key, value, message, format!("write `{lower}`")).replaced(lower, true))
    });
    unknown.chain(capitals).collect()
}

fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 60 {
        format!("{}…", line.chars().take(59).collect::<String>())
    } else {
        line.to_owned()
    }
}

/// The SDK's name in the card, for those that have one.
pub(super) fn sdk_name(sdk: Sdk) -> Option<&'static str> {
    Some(match sdk {
        Sdk::Gradio => "gradio",
        Sdk::Docker => "docker",
        Sdk::Streamlit => "streamlit",
        Sdk::Static => "static",
        Sdk::Unknown => return None,
    })
}
