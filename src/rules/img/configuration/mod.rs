//! ConfigMaps and Secrets that a Kubernetes workload needs and that the manifests beside it do not define.

use std::collections::{BTreeMap, BTreeSet};

use crate::deployment::reach::is_aside;
use crate::deployment::{Documents, Project};
use crate::diagnostic::{Fix, Location, RepoPath, Severity, Spanned};
use crate::formats::kubernetes::{Body, ConfigurationReference, Object};
use crate::repo::FileKind;
use crate::rules::Reporter;

/// What is defined of one kind: the keys by name, with the place of the name and the namespaces that are written there.
type Defined<'d> = BTreeMap<&'d str, Keys<'d>>;

/// All keys of the objects of one name.
struct Keys<'d> {
    at: Location,
    keys: BTreeSet<&'d str>,
    namespaces: BTreeSet<Option<&'d str>>,
}

/// Reports each name once, at the first workload that needs it.
pub(super) fn check(project: &Project<'_>, report: &mut Reporter) {
    let documents = project.documents();
    let objects: Vec<(&RepoPath, &Object)> = manifests(documents).collect();
    let mut reported: BTreeSet<(bool, &str, Option<&str>)> = BTreeSet::new();
    let (config_maps, secrets) = (defined(&objects, "ConfigMap"), defined(&objects, "Secret"));
    for (path, object) in &objects {
        let Body::Workload(workload) = &object.body else { continue };
        for reference in &workload.references {
            let defined = if reference.secret { &secrets } else { &config_maps };
            let key = reference.key.as_ref().map(|key| key.value.as_str());
            match defined.get(reference.name.value.as_str()) {
                Some(own) => {
                    let is_unknown = |key: &&Spanned<String>| !own.keys.contains(key.value.as_str());
                    let Some(written) = reference.key.as_ref().filter(is_unknown) else { continue };
                    // An object of another namespace is another one, and so is one that somebody makes by hand.
                    let is_another = !own.namespaces.contains(&namespace(object))
                        || is_made_by_hand(documents, &reference.name.value);
                    if !is_another
                        && !own.keys.is_empty()
                        && reported.insert((reference.secret, &reference.name.value, key))
                    {
                        missing_key(documents, path, reference, &written.value, written.span, own, report);
                    }
                }
                None => {
                    let is_new = reported.insert((reference.secret, &reference.name.value, None));
                    if is_new && !defined.is_empty() && !is_made_elsewhere(documents, &objects, &reference.name.value) {
                        missing_name(documents, path, reference, defined, report);
                    }
                }
            }
        }
    }
}

fn manifests(documents: &Documents) -> impl Iterator<Item = (&RepoPath, &Object)> {
    let entries = documents.repository().of_kind(FileKind::Yaml).map(|entry| entry.path());
    entries.filter(|path| !is_aside(path, &RepoPath::root())).flat_map(|path| {
        let objects = documents.kubernetes(path).map(|manifest| manifest.objects()).unwrap_or_default();
        objects.iter().map(move |object| (path, object))
    })
}

fn defined<'d>(objects: &[(&'d RepoPath, &'d Object)], kind: &str) -> Defined<'d> {
    let mut found: Defined<'d> = BTreeMap::new();
    for (path, object) in objects.iter().filter(|(_, object)| object.kind.value == kind) {
        let (Some(name), Body::Configuration(entries)) = (&object.name, &object.body) else { continue };
        let own = found.entry(&name.value).or_insert_with(|| Keys {
            at: Location::new(path, name.span),
            keys: BTreeSet::new(),
            namespaces: BTreeSet::new(),
        });
        own.keys.extend(entries.iter().map(|(key, _)| key.value.as_str()));
        own.namespaces.insert(namespace(object));
    }
    found
}

fn namespace(object: &Object) -> Option<&str> {
    object.namespace.as_ref().map(|name| name.value.as_str())
}

/// Whether a script or a document makes a ConfigMap or Secret of that name with kubectl.
fn is_made_by_hand(documents: &Documents, name: &str) -> bool {
    let commands = [
        format!("secret generic {name}"),
        format!("secret tls {name}"),
        format!("configmap {name}"),
        format!("secret docker-registry {name}"),
    ];
    let entries = documents.repository().entries().filter(|entry| entry.kind() != FileKind::Python);
    entries
        .filter_map(|entry| entry.source().ok())
        .any(|source| commands.iter().any(|command| source.text().contains(command.as_str())))
}

/// Whether anything but a reference speaks of the name: an operator's object, a generator, a script, a document.
fn is_made_elsewhere(documents: &Documents, objects: &[(&RepoPath, &Object)], name: &str) -> bool {
    let whole = |text: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        text.match_indices(name).any(|(at, _)| {
            !text[..at].chars().next_back().is_some_and(is_part)
                && !text[at + name.len()..].chars().next().is_some_and(is_part)
        })
    };
    let manifests: BTreeSet<&RepoPath> = objects.iter().map(|(path, _)| *path).collect();
    let in_other_object = objects.iter().any(|(path, object)| {
        let text = documents.repository().source(path).map_or("", |source| source.text());
        !matches!(object.body, Body::Workload(_)) && whole(object.node.span.of(text))
    });
    in_other_object
        || documents
            .repository()
            .entries()
            .filter(|entry| {
                !manifests.contains(entry.path()) && !matches!(entry.kind(), FileKind::Python | FileKind::Rust)
            })
            .filter_map(|entry| entry.source().ok())
            .any(|source| whole(source.text()))
}

/// A name in the quotes that stand at a place.
fn quoted(documents: &Documents, at: &Location, name: &str) -> String {
    let source = documents.repository().source(&at.path);
    source.map_or_else(|| name.to_owned(), |source| source.in_same_quotes(at.span, name))
}

fn word(secret: bool) -> &'static str {
    if secret { "Secret" } else { "ConfigMap" }
}

fn missing_name(
    documents: &Documents,
    path: &RepoPath,
    reference: &ConfigurationReference,
    defined: &Defined<'_>,
    report: &mut Reporter,
) {
    let name = reference.name.value.as_str();
    let near = defined
        .iter()
        .map(|(known, own)| (strsim::damerau_levenshtein(known, name), *known, &own.at))
        .filter(|(distance, known, _)| *distance <= 2 && known.len().min(name.len()) > 4)
        .min_by_key(|(distance, _, _)| *distance);
    let kind = word(reference.secret);
    let location = Location::new(path, reference.name.span);
    let severity = if near.is_some() { Severity::Error } else { Severity::Warning };
    let message = match near {
        Some(_) => format!("no manifest defines the {kind} {name}: the pod waits in CreateContainerConfigError"),
        None => format!(
            "no manifest here defines the {kind} {name}: unless something else creates it, the pod waits in \
             CreateContainerConfigError"
        ),
    };
    let finding = report.report(severity, location.clone(), message);
    match near {
        Some((_, meant, at)) => {
            finding.label(at.clone(), format!("the {kind} is called {meant} here"));
            finding.help(format!("did you mean `{meant}`?"));
            let fix = Fix::unsafe_(format!("Write `{meant}`"));
            finding.fix(fix.replace(&location.path, location.span, quoted(documents, &location, meant)));
        }
        None => {
            if let Some((other, own)) = defined.iter().next() {
                finding.label(own.at.clone(), format!("the manifests define the {kind} {other}, and not this one"));
            }
            finding.help(format!(
                "add the {kind}, or say in the README how it is created; `optional: true` starts without it"
            ));
        }
    }
}

fn missing_key(
    documents: &Documents,
    path: &RepoPath,
    reference: &ConfigurationReference,
    key: &str,
    span: crate::diagnostic::Span,
    defined: &Keys<'_>,
    report: &mut Reporter,
) {
    let (kind, name) = (word(reference.secret), &reference.name.value);
    let message = format!("the {kind} {name} has no key {key}: the pod waits in CreateContainerConfigError");
    let finding = report.error(Location::new(path, span), message);
    let keys = &defined.keys;
    finding.label(defined.at.clone(), format!("its keys are {}", keys.iter().copied().collect::<Vec<_>>().join(", ")));
    let near = keys.iter().find(|known| strsim::damerau_levenshtein(known, key) <= 2 && key.len() > 4);
    match near {
        Some(near) => {
            finding.help(format!("did you mean `{near}`?"));
            let text = quoted(documents, &Location::new(path, span), near);
            finding.fix(Fix::unsafe_(format!("Write `{near}`")).replace(path, span, text));
        }
        None => {
            finding.help(format!("add the key to the {kind}, or name one that it has"));
        }
    }
}
