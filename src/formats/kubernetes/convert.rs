//! From YAML to the model.

use super::{
    Body, ConfigurationReference, Container, EnvironmentSource, Manifest, Object, Probe, ProbeKind, Service,
    ServicePort, Variable, Workload,
};
use crate::diagnostic::Spanned;
use crate::formats::image::ImageReference;
use crate::formats::shell::Word;
use crate::formats::yaml::{self, Node};

/// Whether YAML text is a template that is rendered before anyone reads it: Helm's, or any other where it is no YAML.
#[must_use]
pub fn looks_like_template(text: &str) -> bool {
    let marks = [".Values", ".Release", ".Chart", ".Files", "include \"", "template \"", "{{-", "-}}"];
    text.contains("{{") && text.contains("}}") && marks.iter().any(|mark| text.contains(mark))
}

impl Manifest {
    /// Reads the whole text of a YAML file.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if looks_like_template(text) {
            return Self::Template;
        }
        match yaml::parse(text, 0) {
            Ok(documents) => {
                Self::Objects(documents.iter().flat_map(|document| objects(&document.root, text)).collect())
            }
            Err(_) if text.contains("{{") || text.contains("{%") => Self::Template,
            Err(error) => Self::Invalid(error),
        }
    }

    /// The objects; none for a template or what is not YAML.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        match self {
            Self::Objects(objects) => objects,
            Self::Template | Self::Invalid(_) => &[],
        }
    }
}

impl Object {
    /// Reads an object. `None` where the document lacks `apiVersion` or `kind`. `text` is the file's whole text.
    #[must_use]
    pub fn from_node(node: &Node, text: &str) -> Option<Self> {
        let kind = node.text_at("kind")?;
        let api_version = node.text_at("apiVersion")?;
        let body = match kind.value.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
                workload(node.path(&["spec", "template"]), text)
            }
            // Knative's Service is a workload by another name.
            "Service" if api_version.value.starts_with("serving.knative.dev/") => {
                workload(node.path(&["spec", "template"]), text)
            }
            "CronJob" => workload(node.path(&["spec", "jobTemplate", "spec", "template"]), text),
            "Pod" => workload(Some(node), text),
            "Service" => Body::Service(service(node)),
            "ConfigMap" | "Secret" => Body::Configuration(configuration(node)),
            _ => Body::Other,
        };
        Some(Self {
            name: node.path(&["metadata", "name"]).and_then(Node::spanned_text),
            namespace: node.path(&["metadata", "namespace"]).and_then(Node::spanned_text),
            kind,
            api_version,
            body,
            node: node.clone(),
        })
    }
}

fn objects(node: &Node, text: &str) -> Vec<Object> {
    let is_list = node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
    match node.get("items").filter(|_| is_list) {
        Some(items) => items.items().iter().filter_map(|item| Object::from_node(item, text)).collect(),
        None => Object::from_node(node, text).into_iter().collect(),
    }
}

fn workload(pod: Option<&Node>, text: &str) -> Body {
    let Some(pod) = pod else { return Body::Other };
    let containers = |key: &str| -> Vec<Container> {
        let containers = pod.path(&["spec", key]).map(Node::items).unwrap_or_default();
        containers.iter().filter(|node| node.is_mapping()).map(|node| container(node, text)).collect()
    };
    Body::Workload(Workload {
        labels: pod.path(&["metadata", "labels"]).map(Node::text_entries).unwrap_or_default(),
        containers: containers("containers"),
        init_containers: containers("initContainers"),
        references: references(pod),
    })
}

/// What the containers and volumes of a pod take from ConfigMaps and Secrets, but for what is marked as optional.
fn references(pod: &Node) -> Vec<ConfigurationReference> {
    let reference = |node: &Node, secret: bool, name: &str| {
        let optional = node.get("optional").and_then(Node::as_bool).unwrap_or(false);
        let name = node.text_at(name).filter(|_| !optional)?;
        Some(ConfigurationReference { secret, name, key: node.text_at("key") })
    };
    let mut found = Vec::new();
    let containers = ["initContainers", "containers"].into_iter().filter_map(|key| pod.path(&["spec", key]));
    for container in containers.flat_map(Node::items) {
        for variable in container.get("env").map(Node::items).unwrap_or_default() {
            for (key, secret) in [("configMapKeyRef", false), ("secretKeyRef", true)] {
                found.extend(variable.path(&["valueFrom", key]).and_then(|node| reference(node, secret, "name")));
            }
        }
        for source in container.get("envFrom").map(Node::items).unwrap_or_default() {
            for (key, secret) in [("configMapRef", false), ("secretRef", true)] {
                found.extend(source.get(key).and_then(|node| reference(node, secret, "name")));
            }
        }
    }
    for volume in pod.path(&["spec", "volumes"]).map(Node::items).unwrap_or_default() {
        found.extend(volume.get("configMap").and_then(|node| reference(node, false, "name")));
        found.extend(volume.get("secret").and_then(|node| reference(node, true, "secretName")));
    }
    found
}

fn container(node: &Node, text: &str) -> Container {
    let words = |key: &str| -> Vec<Word> {
        let items = node.get(key).map(Node::items_or_self).unwrap_or_default();
        let word = |item: &Node| item.scalar_text().map(|value| Word::literal(value, item.span, item.text_map(text)));
        items.iter().filter_map(word).collect()
    };
    let list = |key: &str| node.get(key).map(Node::items).unwrap_or_default();
    let image = node.text_at("image");
    let probes = [
        ("startupProbe", ProbeKind::Startup),
        ("readinessProbe", ProbeKind::Readiness),
        ("livenessProbe", ProbeKind::Liveness),
    ];
    Container {
        name: node.text_at("name"),
        image_reference: image.as_ref().and_then(|image| ImageReference::parse(&image.value)),
        image,
        is_never_pulled: node.text_at("imagePullPolicy").is_some_and(|policy| policy.value == "Never"),
        command: words("command"),
        args: words("args"),
        env: list("env").iter().filter_map(variable).collect(),
        env_from: list("envFrom").iter().filter_map(environment_source).collect(),
        ports: list("ports").iter().filter_map(|port| number(port.get("containerPort")?)).collect(),
        named_ports: list("ports")
            .iter()
            .filter_map(|port| Some((port.text_at("name")?.value, number(port.get("containerPort")?)?)))
            .collect(),
        probes: probes.into_iter().filter_map(|(key, kind)| Some(probe(node.get(key)?, kind))).collect(),
        span: node.span,
    }
}

fn variable(node: &Node) -> Option<Variable> {
    Some(Variable {
        name: node.text_at("name")?,
        value: node.text_at("value"),
        from_elsewhere: node.get("valueFrom").is_some(),
    })
}

fn environment_source(node: &Node) -> Option<EnvironmentSource> {
    let secret = node.get("secretRef");
    let name = secret.or_else(|| node.get("configMapRef"))?.text_at("name")?;
    let prefix = node.get("prefix").and_then(Node::scalar_text).map(str::to_owned);
    Some(EnvironmentSource { secret: secret.is_some(), name, prefix })
}

fn probe(node: &Node, kind: ProbeKind) -> Probe {
    let action = ["httpGet", "tcpSocket", "grpc"].into_iter().find_map(|action| node.get(action));
    Probe { kind, port: action.and_then(|action| action.text_at("port")), span: node.span }
}

fn number(node: &Node) -> Option<Spanned<u16>> {
    Some(Spanned::new(node.scalar_text()?.parse().ok()?, node.span))
}

fn service(node: &Node) -> Service {
    let ports = node.path(&["spec", "ports"]).map(Node::items).unwrap_or_default();
    let port = |node: &Node| {
        let port = node.get("port");
        let target = node.text_at("targetPort").or_else(|| port?.spanned_text());
        ServicePort { port: port.and_then(number), target }
    };
    Service {
        selector: node.path(&["spec", "selector"]).map(Node::text_entries).unwrap_or_default(),
        ports: ports.iter().map(port).collect(),
    }
}

fn configuration(node: &Node) -> Vec<(Spanned<String>, Option<Spanned<String>>)> {
    let data =
        ["data", "stringData", "binaryData"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::merged_entries);
    data.filter_map(|(key, value)| Some((key.spanned_text()?, value.spanned_text()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: é}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: i, image: busybox}]
      containers:
        - name: web
          image: ghcr.io/a/b:latest
          command: ["uvicorn", "app:app"]
          args: ["--host", "127.0.0.1"]
          env:
            - {name: A, value: "1"}
            - name: B
              valueFrom: {secretKeyRef: {name: s, key: k}}
          envFrom: [{configMapRef: {name: c}}, {secretRef: {name: s}, prefix: P_}]
          ports: [{containerPort: 8000, name: http}]
          livenessProbe: {httpGet: {path: /, port: http}}
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}, {port: 81}]}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {X: "1"}}
---
apiVersion: batch/v1
kind: CronJob
spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: x}]}}}}}
---
# nothing
---
just: a mapping
"#;

    #[test]
    fn objects_of_a_manifest() {
        let manifest = Manifest::parse(FILE);
        let objects = manifest.objects();
        let kinds: Vec<_> = objects.iter().map(|object| object.kind.value.as_str()).collect();
        assert_eq!(kinds, ["Deployment", "Service", "ConfigMap", "CronJob"]);
        let Body::Workload(workload) = &objects[0].body else { panic!() };
        let container = &workload.containers[0];
        assert_eq!(container.args[1].span.of(FILE), "\"127.0.0.1\"");
        assert_eq!(container.ports[0].value, 8000);
        assert_eq!(container.probes[0].port.as_ref().unwrap().value, "http");
        assert!(container.env[1].from_elsewhere && container.env_from[1].secret);
        assert_eq!(container.image_reference.as_ref().unwrap().tag.as_deref(), Some("latest"));
        let Body::Service(service) = &objects[1].body else { panic!() };
        let targets: Vec<_> = service.ports.iter().map(|port| port.target.as_ref().unwrap().value.as_str()).collect();
        assert_eq!(targets, ["http", "81"]);
        assert!(matches!(&objects[2].body, Body::Configuration(data) if data.len() == 1));
        assert!(matches!(&objects[3].body, Body::Workload(workload) if workload.containers.len() == 1));
    }

    #[test]
    fn templates_are_passed_over() {
        for text in [
            "kind: X\napiVersion: v1\nmetadata: {{ include \"x\" . }}",
            "{{- if .Values.x }}\na: 1\n{{- end }}",
            "a: {{ b }}\n c: d: e",
        ] {
            assert_eq!(Manifest::parse(text), Manifest::Template, "{text}");
        }
        assert!(matches!(Manifest::parse("a: [b"), Manifest::Invalid(_)));
        assert!(matches!(Manifest::parse("args: [\"{{inputs.x}}\"]"), Manifest::Objects(_)));
    }
}
