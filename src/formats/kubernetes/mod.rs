//! Kubernetes manifests: workloads and their containers, services, configuration. Helm templates are recognised and left.

mod convert;

use super::image::ImageReference;
use super::shell::Word;
use super::yaml::{Node, YamlError};
use crate::diagnostic::{Span, Spanned};

pub use convert::looks_like_template;

/// What a YAML file holds for Kubernetes.
#[derive(Debug, Clone, PartialEq)]
pub enum Manifest {
    /// Documents with `apiVersion` and `kind`. Empty where none has both.
    Objects(Vec<Object>),
    /// A template (`{{ … }}`) that is no YAML before it is rendered.
    Template,
    /// Not YAML.
    Invalid(YamlError),
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// `kind`
    pub kind: Spanned<String>,
    /// `apiVersion`
    pub api_version: Spanned<String>,
    /// `metadata.name`
    pub name: Option<Spanned<String>>,
    /// `metadata.namespace`
    pub namespace: Option<Spanned<String>>,
    /// What it is.
    pub body: Body,
    /// The document.
    pub node: Node,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob or Pod.
    Workload(Workload),
    /// Service
    Service(Service),
    /// ConfigMap or Secret: the keys of `data` and `stringData`.
    Configuration(Vec<(Spanned<String>, Option<Spanned<String>>)>),
    /// Anything else.
    Other,
}

/// A workload's pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Labels of its pods.
    pub labels: Vec<(Spanned<String>, Spanned<String>)>,
    /// Its containers.
    pub containers: Vec<Container>,
    /// Those that run before them.
    pub init_containers: Vec<Container>,
    /// The ConfigMaps and Secrets that it can't start without.
    pub references: Vec<ConfigurationReference>,
}

/// A ConfigMap or Secret that a pod needs, and the key of it, where one is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationReference {
    /// Whether it is a Secret.
    pub secret: bool,
    /// Its name.
    pub name: Spanned<String>,
    /// The key.
    pub key: Option<Spanned<String>>,
}

/// A container.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `image` as written.
    pub image: Option<Spanned<String>>,
    /// `image` taken apart.
    pub image_reference: Option<ImageReference>,
    /// Whether the image must be on the node already: `imagePullPolicy: Never`.
    pub is_never_pulled: bool,
    /// `command`: replaces the image's ENTRYPOINT and drops its CMD.
    pub command: Vec<Word>,
    /// `args`: replaces the image's CMD.
    pub args: Vec<Word>,
    /// `env`
    pub env: Vec<Variable>,
    /// `envFrom`: names of ConfigMaps and Secrets.
    pub env_from: Vec<EnvironmentSource>,
    /// `ports[].containerPort`
    pub ports: Vec<Spanned<u16>>,
    /// Those of the ports that have a name, by which Services and probes may ask for them.
    pub named_ports: Vec<(String, Spanned<u16>)>,
    /// Its probes.
    pub probes: Vec<Probe>,
    /// Where it stands.
    pub span: Span,
}

/// A variable of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: Spanned<String>,
    /// `value`; `None` where it comes from elsewhere.
    pub value: Option<Spanned<String>>,
    /// Whether it comes from a Secret, a ConfigMap or a field.
    pub from_elsewhere: bool,
}

/// A ConfigMap or Secret all of whose keys become variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentSource {
    /// Whether it is a Secret.
    pub secret: bool,
    /// Its name.
    pub name: Spanned<String>,
    /// Put before every key.
    pub prefix: Option<String>,
}

/// When a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeKind {
    /// `startupProbe`
    Startup,
    /// `readinessProbe`
    Readiness,
    /// `livenessProbe`
    Liveness,
}

/// A probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// When it asks.
    pub kind: ProbeKind,
    /// The port of `httpGet`, `tcpSocket` or `grpc`: a number or a name.
    pub port: Option<Spanned<String>>,
    /// Where it stands.
    pub span: Span,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The labels of the pods that it sends to.
    pub selector: Vec<(Spanned<String>, Spanned<String>)>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// `port`
    pub port: Option<Spanned<u16>>,
    /// `targetPort`: a number or a container port's name; `port` where not written.
    pub target: Option<Spanned<String>>,
}
