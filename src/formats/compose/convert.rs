//! From YAML to the model.

use super::{Build, Compose, EnvironmentFile, Healthcheck, PublishedPort, Service, Setting, Volume};
use crate::diagnostic::{Span, Spanned};
use crate::formats::image::ImageReference;
use crate::formats::shell::{self, Command, Word};
use crate::formats::variables::with_defaults;
use crate::formats::yaml::{Node, Value};

impl Compose {
    /// Reads a Compose file from a document of the file whose whole text is `text`. `None` where it has no services.
    #[must_use]
    pub fn from_node(node: &Node, text: &str) -> Option<Self> {
        let services = node.get("services").filter(|services| services.is_mapping())?;
        let services = services.merged_entries().into_iter().filter_map(|(name, node)| service(name, node, text));
        Some(Self { services: services.collect(), node: node.clone() })
    }

    /// The service called `name`.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.value == name)
    }
}

fn service(name: &Node, node: &Node, text: &str) -> Option<Service> {
    let image = node.text_at("image");
    let list = |key: &str| node.get(key).map(Node::items_or_self).unwrap_or_default();
    Some(Service {
        name: name.spanned_text()?,
        image_reference: image
            .as_ref()
            .and_then(|image| with_defaults(&image.value))
            .and_then(|image| ImageReference::parse(&image)),
        image,
        build: node.get("build").and_then(build),
        command: node.get("command").and_then(|node| commands(node, text)),
        entrypoint: node.get("entrypoint").and_then(|node| commands(node, text)),
        environment: node.get("environment").map(settings).unwrap_or_default(),
        env_files: list("env_file").iter().filter_map(environment_file).collect(),
        ports: list("ports").iter().filter_map(port).collect(),
        expose: node.texts_at("expose"),
        volumes: list("volumes").iter().filter_map(volume).collect(),
        healthcheck: node.get("healthcheck").map(|node| healthcheck(node, text)),
        depends_on: match node.get("depends_on") {
            Some(on) if on.is_mapping() => {
                on.merged_entries().into_iter().filter_map(|(name, _)| name.spanned_text()).collect()
            }
            Some(on) => on.texts(),
            None => Vec::new(),
        },
        waits_for: node.get("depends_on").map(waits_for).unwrap_or_default(),
        working_dir: node.text_at("working_dir"),
        node: node.clone(),
    })
}

fn waits_for(depends_on: &Node) -> Vec<Spanned<String>> {
    let healthy = |(name, how): (&Node, &Node)| {
        let condition = how.get("condition")?.scalar_text()?;
        (condition == "service_healthy").then(|| name.spanned_text()).flatten()
    };
    if depends_on.is_mapping() { depends_on.merged_entries().into_iter().filter_map(healthy).collect() } else { vec![] }
}

fn build(node: &Node) -> Option<Build> {
    if let Some(context) = node.spanned_text() {
        return Some(Build { span: context.span, context, dockerfile: None, target: None, args: Vec::new() });
    }
    node.is_mapping().then(|| Build {
        context: node.text_at("context").unwrap_or_else(|| Spanned::new(".".to_owned(), node.span)),
        dockerfile: node.text_at("dockerfile"),
        target: node.text_at("target"),
        args: node.get("args").map(settings).unwrap_or_default(),
        span: node.span,
    })
}

/// A command as a string, which Compose splits into words without a shell, or as a list. `None` for null.
fn commands(node: &Node, text: &str) -> Option<Vec<Command>> {
    match &node.value {
        Value::Null => None,
        Value::Sequence(items) => {
            let words: Vec<_> = items.iter().filter_map(|item| exec_word(item, text)).collect();
            Some(if words.is_empty() { Vec::new() } else { vec![Command::from_words(words)] })
        }
        _ => {
            let value = node.scalar_text()?;
            Some(shell::commands_in(value, &node.text_map(text)))
        }
    }
}

fn exec_word(node: &Node, text: &str) -> Option<Word> {
    node.scalar_text().map(|value| Word::literal(value, node.span, node.text_map(text)))
}

fn settings(node: &Node) -> Vec<Setting> {
    if node.is_mapping() {
        let entries = node.merged_entries().into_iter();
        return entries.filter_map(|(name, value)| Some(setting(name.spanned_text()?, value.spanned_text()))).collect();
    }
    let pair = |item: Spanned<String>| {
        // The places inside a quoted scalar are off by its quote.
        let quote = item.span.len().saturating_sub(item.value.len()) / 2;
        let start = item.span.start + quote;
        match item.value.split_once('=') {
            Some((name, value)) => {
                let name_end = (start + name.len()).min(item.span.end);
                let value_start = (name_end + 1).min(item.span.end);
                let name = Spanned::new(name.to_owned(), Span::new(start, name_end));
                let value_end = (value_start + value.len()).min(item.span.end);
                setting(name, Some(Spanned::new(value.to_owned(), Span::new(value_start, value_end))))
            }
            None => setting(item, None),
        }
    };
    node.texts().into_iter().map(pair).collect()
}

fn setting(name: Spanned<String>, value: Option<Spanned<String>>) -> Setting {
    let resolved = value.as_ref().and_then(|value| with_defaults(&value.value));
    Setting { name, value, resolved }
}

fn environment_file(node: &Node) -> Option<EnvironmentFile> {
    let path = node.spanned_text().or_else(|| node.text_at("path"))?;
    Some(EnvironmentFile { path, required: node.get("required").and_then(Node::as_bool).unwrap_or(true) })
}

fn port(node: &Node) -> Option<PublishedPort> {
    if node.is_mapping() {
        let number = |key: &str| with_defaults(node.get(key)?.scalar_text()?)?.parse().ok();
        return Some(PublishedPort {
            text: Spanned::new(String::new(), node.span),
            host_address: node.get("host_ip").and_then(Node::scalar_text).map(str::to_owned),
            published: number("published"),
            target: number("target"),
            protocol: node.get("protocol").and_then(Node::scalar_text).unwrap_or("tcp").to_owned(),
        });
    }
    let text = node.spanned_text()?;
    let resolved = with_defaults(&text.value);
    let mut found =
        PublishedPort { host_address: None, published: None, target: None, protocol: "tcp".to_owned(), text };
    // `[[address:]published:]target[/protocol]`; the address may be IPv6 in brackets.
    let Some(resolved) = resolved else {
        // What follows the last colon may be plain though the rest is not.
        found.target = found.text.value.rsplit_once("}:").and_then(|(_, target)| target.parse().ok());
        return Some(found);
    };
    let (ports, protocol) = resolved.split_once('/').unwrap_or((&resolved, "tcp"));
    found.protocol = protocol.to_owned();
    match ports.rsplit_once(':') {
        None => found.target = ports.parse().ok(),
        Some((host, target)) => {
            found.target = target.parse().ok();
            match host.rsplit_once(':') {
                Some((address, published)) => {
                    found.host_address = Some(address.trim_matches(['[', ']']).to_owned());
                    found.published = published.parse().ok();
                }
                None => found.published = host.parse().ok(),
            }
        }
    }
    Some(found)
}

fn volume(node: &Node) -> Option<Volume> {
    if node.is_mapping() {
        let text = |key: &str| node.get(key).and_then(Node::scalar_text).map(str::to_owned);
        return Some(Volume { source: text("source"), target: text("target")?, span: node.span });
    }
    let text = node.scalar_text()?;
    let resolved = with_defaults(text).unwrap_or_else(|| text.to_owned());
    // A Windows drive (`C:\data:/data`) has a colon of its own; so has a variable's default that is not known.
    let drive = resolved.as_bytes().get(1) == Some(&b':') && resolved.contains('\\');
    let from = if drive { 2 } else { resolved.rfind('}').unwrap_or(0) };
    let colon = resolved.get(from..).and_then(|rest| rest.find(':')).map(|at| from + at);
    let (source, rest) = match colon {
        Some(at) => (resolved.get(..at).map(str::to_owned), resolved.get(at + 1..)?),
        None => (None, resolved.as_str()),
    };
    let target = rest.split(':').next().unwrap_or(rest).to_owned();
    Some(Volume { source, target, span: node.span })
}

fn healthcheck(node: &Node, text: &str) -> Healthcheck {
    let off = node.get("disable").and_then(Node::as_bool).unwrap_or(false);
    let test = node.get("test");
    let words: Vec<_> =
        test.map(Node::items).unwrap_or_default().iter().filter_map(|item| exec_word(item, text)).collect();
    let (disabled, commands) = match words.split_first() {
        Some((kind, _)) if kind.text == "NONE" => (true, Vec::new()),
        Some((kind, rest)) if kind.text == "CMD" => (false, vec![Command::from_words(rest.to_vec())]),
        Some((kind, rest)) if kind.text == "CMD-SHELL" => {
            (false, rest.iter().flat_map(|script| shell::commands_in(&script.text, &script.map)).collect())
        }
        _ => match test.and_then(|test| Some((test.scalar_text()?, test.text_map(text)))) {
            Some((script, map)) => (false, shell::commands_in(script, &map)),
            None => (false, Vec::new()),
        },
    };
    Healthcheck { disabled: off || disabled, commands: if off { Vec::new() } else { commands }, span: node.span }
}
