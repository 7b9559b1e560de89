//! Images and jobs that come with packages of Python: `rules/packages/images.toml`.

use std::sync::LazyLock;

use pep440_rs::Version;
use serde::Deserialize;

/// An image that comes with packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseImage {
    /// The image's names, without registry and tag.
    pub names: Vec<String>,
    /// The package whose release the tag begins with.
    pub tag_is: Option<String>,
    /// Whether no other packages come with it.
    #[serde(default)]
    pub whole: bool,
    /// The packages, normalised.
    pub packages: Vec<String>,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

impl BaseImage {
    /// The release of a package that comes with the image of this tag, where it is known.
    #[must_use]
    pub fn release(&self, package: &str, tag: &str) -> Option<Version> {
        self.tag_is.as_deref().filter(|known| *known == package)?;
        let tag = tag.strip_prefix('v').unwrap_or(tag);
        let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
        let version = tag.get(..end)?.trim_end_matches('.');
        // `2.1` may be any patch of it.
        (version.split('.').count() > 2).then(|| version.parse().ok()).flatten()
    }
}

/// A call that sends a folder of the repository to an image which comes with packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimator {
    /// The calls; `*` at the end stands for any name below.
    pub calls: Vec<String>,
    /// The packages, normalised.
    pub packages: Vec<String>,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

impl Estimator {
    /// Whether a call of this name is one.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.calls.iter().any(|call| call.strip_suffix('*').is_some_and(|start| name.starts_with(start)))
    }
}

/// What the build of a Space installs beside the requirements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceBuild {
    sdk: String,
    asks: Vec<String>,
    #[allow(dead_code, reason = "for people who read the table")]
    evidence: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    plain: Vec<String>,
    space: Vec<SpaceBuild>,
    image: Vec<BaseImage>,
    estimator: Vec<Estimator>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(super::table_text("packages/images.toml")).unwrap_or_default());

/// The image of this name, without registry and tag, where it is known what comes with it.
#[must_use]
pub fn base_image(name: &str) -> Option<&'static BaseImage> {
    TABLE.image.iter().find(|image| image.names.iter().any(|known| known == name))
}

/// Whether the image of this name, without registry and tag, brings Python and no packages.
#[must_use]
pub fn is_plain_image(name: &str) -> bool {
    base_image(name).is_none() && TABLE.plain.iter().any(|plain| name.rsplit('/').next() == Some(plain))
}

/// What the build of a Space with this `sdk` installs beside the requirements: names of distributions, each with its extras.
pub fn beside_requirements(sdk: &str) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let asks = TABLE.space.iter().filter(move |space| space.sdk == sdk).flat_map(|space| &space.asks);
    asks.map(|asked| match asked.split_once('[') {
        Some((name, extras)) => (name, extras.trim_end_matches(']').split(',').collect()),
        None => (asked.as_str(), Vec::new()),
    })
}

/// The calls that send a folder to such an image.
#[must_use]
pub fn estimators() -> &'static [Estimator] {
    &TABLE.estimator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_names_packages_as_installers_do() {
        let packages = TABLE.image.iter().flat_map(|image| image.packages.iter().chain(&image.tag_is));
        for package in packages.chain(TABLE.estimator.iter().flat_map(|one| &one.packages)) {
            assert_eq!(*package, crate::knowledge::normalized_name(package));
        }
        assert!(base_image("pytorch/pytorch").is_some() && base_image("python").is_none());
        assert!(estimators().iter().any(|one| one.is_called("sagemaker.pytorch.PyTorch")));
    }

    #[test]
    fn a_tag_tells_the_release_of_the_package_that_it_is_named_after() {
        let release = |image: &str, package: &str, tag: &str| {
            base_image(image).and_then(|image| image.release(package, tag)).map(|version| version.to_string())
        };
        for (image, package, tag, expected) in [
            ("pytorch/pytorch", "torch", "2.1.0-cuda11.8-cudnn8-runtime", Some("2.1.0")),
            ("pytorch/pytorch", "numpy", "2.1.0-cuda11.8-cudnn8-runtime", None),
            ("pytorch/pytorch", "torch", "latest", None),
            ("vllm/vllm-openai", "vllm", "v0.8.4", Some("0.8.4")),
            ("tensorflow/tensorflow", "tensorflow", "2.15.0-gpu-jupyter", Some("2.15.0")),
            ("tensorflow/tensorflow", "tensorflow", "nightly-gpu", None),
            ("apache/airflow", "apache-airflow", "2.7-python3.10", None),
        ] {
            assert_eq!(release(image, package, tag).as_deref(), expected, "{image}:{tag}");
        }
    }
}
