//! Container image references: `registry/name:tag@digest`.

/// An image as a registry knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// The registry's host, with a port where written; `None` for Docker Hub by default.
    pub registry: Option<String>,
    /// The repository: `python`, `bitnami/redis`.
    pub name: String,
    /// The tag; `None` means `latest` unless there is a digest.
    pub tag: Option<String>,
    /// The digest with its algorithm: `sha256:…`.
    pub digest: Option<String>,
}

impl ImageReference {
    /// Reads a reference. `None` where it is empty, holds white space or an expansion (`$`, `{{`).
    #[must_use]
    pub fn parse(reference: &str) -> Option<Self> {
        if reference.is_empty() || reference.contains(|c: char| c.is_whitespace() || matches!(c, '$' | '{' | '}' | '<'))
        {
            return None;
        }
        let (rest, digest) = match reference.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (reference, None),
        };
        // Docker's rule: the first part is a host only if it could not be a user's name.
        let (registry, rest) = match rest.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host.to_owned()), rest),
            _ => (None, rest),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let registry = registry.filter(|host| host != "docker.io" && host != "index.docker.io");
        let name = if registry.is_none() { name.strip_prefix("library/").unwrap_or(name) } else { name };
        (!name.is_empty()).then(|| Self { registry, name: name.to_owned(), tag, digest })
    }

    /// The tag that is pulled: `latest` where neither tag nor digest is written.
    #[must_use]
    pub fn effective_tag(&self) -> Option<&str> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, None) => Some("latest"),
            (None, Some(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_split_as_docker_splits_them() {
        for (text, registry, name, tag, digest) in [
            ("python", None, "python", None, None),
            ("python:3.12-slim", None, "python", Some("3.12-slim"), None),
            ("docker.io/library/python:3", None, "python", Some("3"), None),
            ("localhost:5000/a/b", Some("localhost:5000"), "a/b", None, None),
            ("ghcr.io/a/b:1@sha256:ff", Some("ghcr.io"), "a/b", Some("1"), Some("sha256:ff")),
            ("bitnami/redis:7", None, "bitnami/redis", Some("7"), None),
        ] {
            let image = ImageReference::parse(text).unwrap();
            assert_eq!(image.registry.as_deref(), registry, "{text}");
            assert_eq!(image.name, name, "{text}");
            assert_eq!(image.tag.as_deref(), tag, "{text}");
            assert_eq!(image.digest.as_deref(), digest, "{text}");
        }
        for text in ["", "python:${V}", "{{ .Values.image }}", "a b"] {
            assert_eq!(ImageReference::parse(text), None, "{text}");
        }
    }
}
