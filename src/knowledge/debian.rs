//! Which Debian or Ubuntu an image is built on, and what its package lists lack: `rules/platforms/debian.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

/// A release of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DebianRelease {
    /// Debian, by its number.
    Debian(u32),
    /// Ubuntu, by year and month.
    Ubuntu(u32, u32),
}

impl fmt::Display for DebianRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Debian(8) => f.write_str("Debian 8 (jessie)"),
            Self::Debian(9) => f.write_str("Debian 9 (stretch)"),
            Self::Debian(10) => f.write_str("Debian 10 (buster)"),
            Self::Debian(11) => f.write_str("Debian 11 (bullseye)"),
            Self::Debian(12) => f.write_str("Debian 12 (bookworm)"),
            Self::Debian(13) => f.write_str("Debian 13 (trixie)"),
            Self::Debian(number) => write!(f, "Debian {number}"),
            Self::Ubuntu(year, month) => write!(f, "Ubuntu {year}.{month:02}"),
        }
    }
}

/// A package that a release no longer has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GonePackage {
    gone: u32,
    #[serde(default)]
    gone_ubuntu: Option<String>,
    /// The package to ask for instead.
    #[serde(default)]
    pub instead: Option<String>,
}

/// An image that others publish.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicImage {
    lacks: Vec<String>,
    /// Where that is from.
    pub evidence: String,
}

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debian {
    /// Where the list of packages is from.
    pub source: String,
    /// Where the releases of the python images are from.
    pub python_evidence: String,
    /// Where the commands that images lack are from.
    pub commands_evidence: String,
    /// Commands that slim images lack; each is in the package of its name.
    slim_lacks: Vec<String>,
    /// Packages that depend on none of those, and recommend none.
    pub leaves: Vec<String>,
    /// Programs that install no commands of the system.
    pub brings_no_commands: Vec<String>,
    /// Which of the commands other packages bring along.
    pub brings: BTreeMap<String, Vec<String>>,
    image_lacks: BTreeMap<String, PublicImage>,
    /// Where it is from that releases are archived.
    pub archived_evidence: String,
    archived_to: u32,
    /// Where it is from that `apt-key` is gone.
    pub apt_key_evidence: String,
    apt_key_gone: u32,
    python_trixie_from: BTreeMap<String, u32>,
    package: BTreeMap<String, GonePackage>,
}

impl Debian {
    /// What is known of `package`, where `release` no longer has it.
    #[must_use]
    pub fn missing(&self, package: &str, release: DebianRelease) -> Option<&GonePackage> {
        let known = self.package.get(package)?;
        let gone = match release {
            DebianRelease::Debian(number) => number >= known.gone,
            DebianRelease::Ubuntu(year, month) => {
                let (first_year, first_month) = known.gone_ubuntu.as_deref()?.split_once('.')?;
                (year, month) >= (first_year.parse().ok()?, first_month.parse().ok()?)
            }
        };
        gone.then_some(known)
    }

    /// Whether the mirrors that images ask no longer have the packages of a release.
    #[must_use]
    pub fn is_archived(&self, release: DebianRelease) -> bool {
        matches!(release, DebianRelease::Debian(number) if number <= self.archived_to)
    }

    /// Whether a release has no `apt-key`.
    #[must_use]
    pub fn lacks_apt_key(&self, release: DebianRelease) -> bool {
        matches!(release, DebianRelease::Debian(number) if number >= self.apt_key_gone)
    }

    /// The commands that an image of Docker Hub is known to lack.
    pub fn commands_lacking(&self, name: &str, tag: &str) -> impl Iterator<Item = &str> {
        let plain = !["alpine", "windows"].iter().any(|other| tag.contains(other));
        let slim = plain && matches!(name, "python" | "debian") && tag.contains("slim");
        let of_image = self.image_lacks.get(name).filter(|_| plain).map(|image| &image.lacks);
        self.slim_lacks.iter().filter(move |_| slim).chain(of_image.into_iter().flatten()).map(String::as_str)
    }

    /// The release that an image of Docker Hub is built on, by its name and tag.
    #[must_use]
    pub fn release_of_image(&self, name: &str, tag: &str) -> Option<DebianRelease> {
        const NAMES: &[(&str, u32)] =
            &[("jessie", 8), ("stretch", 9), ("buster", 10), ("bullseye", 11), ("bookworm", 12), ("trixie", 13)];
        if let Some((_, number)) = NAMES.iter().find(|(codename, _)| tag.contains(codename)) {
            return Some(DebianRelease::Debian(*number));
        }
        if let Some((_, ubuntu)) = tag.split_once("ubuntu") {
            return ubuntu_release(ubuntu);
        }
        match name {
            "debian" => tag.split(['.', '-']).next()?.parse().ok().map(DebianRelease::Debian),
            "ubuntu" => ubuntu_release(tag),
            "python" => {
                let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
                let plain = matches!(rest, "" | "slim");
                plain.then(|| self.release_of_python(version)).flatten()
            }
            _ => None,
        }
    }

    /// The release under the official python image of that version: `3.11`, `3.11.4`.
    #[must_use]
    pub fn release_of_python(&self, version: &str) -> Option<DebianRelease> {
        let mut parts = version.splitn(3, '.');
        let minor = format!("{}.{}", parts.next()?, parts.next()?);
        let first = *self.python_trixie_from.get(&minor)?;
        let trixie = match parts.next() {
            Some(patch) => patch.parse::<u32>().ok()? >= first,
            None => true,
        };
        trixie.then_some(DebianRelease::Debian(13))
    }
}

fn ubuntu_release(text: &str) -> Option<DebianRelease> {
    let (year, rest) = text.split_once('.')?;
    let month: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(DebianRelease::Ubuntu(year.parse().ok()?, month.parse().ok()?))
}

/// The table.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn debian() -> &'static Debian {
    static DEBIAN: LazyLock<Debian> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/debian.toml")).expect("debian.toml fits its types")
    });
    &DEBIAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_lead_to_releases() {
        for (name, tag, release) in [
            ("python", "3.9-slim", Some(DebianRelease::Debian(13))),
            ("python", "3.11.4-slim", None),
            ("python", "3.11.13-slim", Some(DebianRelease::Debian(13))),
            ("python", "3.11-slim-bookworm", Some(DebianRelease::Debian(12))),
            ("python", "3.12-alpine", None),
            ("python", "3.8-slim", None),
            ("debian", "12-slim", Some(DebianRelease::Debian(12))),
            ("ubuntu", "24.04", Some(DebianRelease::Ubuntu(24, 4))),
            ("nvidia/cuda", "12.1.0-base-ubuntu22.04", Some(DebianRelease::Ubuntu(22, 4))),
            ("node", "20", None),
        ] {
            assert_eq!(debian().release_of_image(name, tag), release, "{name}:{tag}");
        }
        assert!(debian().missing("libgl1-mesa-glx", DebianRelease::Debian(13)).is_some());
        assert!(debian().missing("libgl1-mesa-glx", DebianRelease::Debian(12)).is_none());
        assert!(debian().missing("libgl1-mesa-glx", DebianRelease::Ubuntu(24, 4)).is_some());
        assert!(debian().missing("libgl1-mesa-glx", DebianRelease::Ubuntu(22, 4)).is_none());
    }
}
